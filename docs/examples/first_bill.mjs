// A first bill with gRPC-Web, as browsers and mobile apps speak it. Run it with NODE_EXTRA_CA_CERTS set to the edge's
// CA file, the edge's URL and an access token:  node first_bill.mjs https://localhost:PORT TOKEN
import { randomInt, randomUUID } from "node:crypto";
import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { BillService } from "@billmesh/contract/billmesh/billing/v1/bill_service";
import { CustomerService } from "@billmesh/contract/billmesh/billing/v1/customer_service";
import { PublicBillService } from "@billmesh/contract/billmesh/billing/v1/public_bill_service";

const [edge, token] = process.argv.slice(2);
const transport = createGrpcWebTransport({ baseUrl: edge });
const asMerchant = { headers: { Authorization: `Bearer ${token}` } };

const customer = await createClient(CustomerService, transport).createCustomer(
  {
    customer: { displayName: "Asha Rao", phone: `+91${randomInt(6_000_000_000, 9_999_999_999)}` },
    requestId: randomUUID(),
  },
  asMerchant,
);
const bills = createClient(BillService, transport);
const chai = {
  description: "Masala chai",
  quantity: { value: "2" },
  unitPrice: { currencyCode: "INR", units: 20n },
  priceIncludesTax: true,
  taxCode: "GST5",
};
const draft = await bills.createBill(
  { bill: { customerId: customer.id, lines: [chai] }, requestId: randomUUID() },
  asMerchant,
);
const issued = await bills.issueBill({ id: draft.id, requestId: randomUUID() }, asMerchant);

// No token here: whoever has the link may look.
const bill = await createClient(PublicBillService, transport).getPublicBill({
  token: issued.publicUrl.split("/").pop(),
});
const { units, currencyCode } = bill.totals.outstanding;
console.log(`${bill.number} ${units} ${currencyCode}`);
