"""A first bill with native gRPC: a customer, a draft, the issued bill, what its public link shows."""

import json
import os
import secrets
import subprocess
import sys
import uuid
from pathlib import Path

import grpc
from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    bill_service_pb2_grpc,
    customer_pb2,
    customer_service_pb2,
    customer_service_pb2_grpc,
    public_bill_service_pb2,
    public_bill_service_pb2_grpc,
)
from google.type import decimal_pb2, money_pb2

run = json.loads(Path(os.environ.get("BILLMESH_STATE", ".billmesh"), "run.json").read_text())
token = subprocess.check_output([sys.executable, "-m", "tools.token", "merchant-in"], text=True).strip()
credentials = grpc.ssl_channel_credentials(Path(run["edge_ca"]).read_bytes())
channel = grpc.secure_channel(run["edge_url"].removeprefix("https://"), credentials)
as_merchant = (("authorization", f"Bearer {token}"),)

customer = customer_service_pb2_grpc.CustomerServiceStub(channel).CreateCustomer(
    customer_service_pb2.CreateCustomerRequest(
        customer=customer_pb2.Customer(display_name="Asha Rao", phone=f"+91{6 * 10**9 + secrets.randbelow(10**9)}"),
        request_id=str(uuid.uuid4()),
    ),
    metadata=as_merchant,
)
bills = bill_service_pb2_grpc.BillServiceStub(channel)
chai = bill_pb2.BillLine(
    description="Masala chai",
    quantity=decimal_pb2.Decimal(value="2"),
    unit_price=money_pb2.Money(currency_code="INR", units=20),
    price_includes_tax=True,
    tax_code="GST5",
)
draft = bills.CreateBill(
    bill_service_pb2.CreateBillRequest(
        bill=bill_pb2.Bill(customer_id=customer.id, lines=[chai]), request_id=str(uuid.uuid4())
    ),
    metadata=as_merchant,
)
issued = bills.IssueBill(
    bill_service_pb2.IssueBillRequest(id=draft.id, request_id=str(uuid.uuid4())), metadata=as_merchant
)

# No token here: whoever has the link may look.
public = public_bill_service_pb2_grpc.PublicBillServiceStub(channel).GetPublicBill(
    public_bill_service_pb2.GetPublicBillRequest(token=issued.public_url.rsplit("/", 1)[1])
)
print(public.number, public.totals.outstanding.units, public.totals.outstanding.currency_code)
