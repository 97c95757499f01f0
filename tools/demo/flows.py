"""The flows: a bill, a split payment, a shopping trip; each through one dialect, each told as it goes."""

from __future__ import annotations

import re
import secrets
import ssl
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    customer_pb2,
    customer_service_pb2,
    my_bill_pb2,
    my_bill_service_pb2,
    payment_pb2,
    payment_service_pb2,
    public_bill_pb2,
    public_bill_service_pb2,
)
from billmesh.geo.v1 import store_service_pb2, trip_pb2, trip_service_pb2
from billmesh.inventory.v1 import item_service_pb2, shopping_list_pb2, shopping_list_service_pb2
from google.type import decimal_pb2, latlng_pb2, money_pb2

from tools.demo.geometry import decode_polyline, length_metres

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.type.money_pb2 import Money

    from tools.client.dialects import Dialect
    from tools.client.people import Person
    from tools.demo.inbox import Inbox

    Tell = Callable[[str], None]

_BILLING = "billmesh.billing.v1"
_NANOS = 1_000_000_000
_LINK = re.compile(r"https?://\S+/b/([A-Za-z0-9_-]+)")


class FlowError(AssertionError):
    """A flow did not go as it must."""


def expect(*, holds: bool, what: str) -> None:
    """Stops the demo where the product does not keep its word."""
    if not holds:
        raise FlowError(what)


@dataclass(frozen=True)
class Shop:
    """Who sells in flows 1 and 2: an owner, the merchant's id, one of its stores."""

    owner: Person
    merchant_id: str
    store_id: str

    @property
    def token(self) -> str:
        """To act for the merchant."""
        return self.owner.token(self.merchant_id)


@dataclass(frozen=True)
class Issued:
    """What flow 1 leaves for flow 2."""

    bill: bill_pb2.Bill
    link_token: str


def bill(dialect: Dialect, shop: Shop, *, phone: str, inbox: Inbox, tell: Tell) -> Issued:
    """Flow 1: draft from a stock item and a free line, issue, SMS, public link with live outstanding and UPI QR."""
    customer_id = _customer(dialect, shop, phone)
    items = dialect.call(
        "billmesh.inventory.v1.ItemService/ListItems",
        item_service_pb2.ListItemsRequest(page_size=3),
        item_service_pb2.ListItemsResponse,
        token=shop.token,
    ).items
    lines = [bill_pb2.BillLine(item_id=item.id, quantity=_decimal("2")) for item in items[:2]]
    lines.append(
        bill_pb2.BillLine(
            description="Home delivery",
            quantity=_decimal("1"),
            unit_price=money_pb2.Money(currency_code="INR", units=49),
            price_includes_tax=True,
        )
    )
    draft = dialect.call(
        f"{_BILLING}.BillService/CreateBill",
        bill_service_pb2.CreateBillRequest(
            bill=bill_pb2.Bill(customer_id=customer_id, store_id=shop.store_id, lines=lines), request_id=_new()
        ),
        bill_pb2.Bill,
        token=shop.token,
    )
    tell(f"draft of {len(draft.lines)} lines: {_text(draft.totals.net)} net, {_text(draft.totals.total)} in all")
    issued = dialect.call(
        f"{_BILLING}.BillService/IssueBill",
        bill_service_pb2.IssueBillRequest(id=draft.id, request_id=_new()),
        bill_pb2.Bill,
        token=shop.token,
    )
    expect(holds=issued.state == bill_pb2.BILL_STATE_ISSUED, what="an issued bill is ISSUED")
    taxes = ", ".join(f"{tax.display_name} {_text(tax.amount)}" for tax in issued.totals.taxes)
    tell(f"issued as {issued.number}; {taxes or 'no tax'}; outstanding {_text(issued.totals.outstanding)}")
    token = issued.public_url.rsplit("/", 1)[1]
    sms = inbox.wait_for(phone, token)[0]
    tell(f"SMS to the customer: “{sms}”")
    found = _LINK.search(sms)
    expect(holds=found is not None and found.group(1) == token, what="the SMS carries the bill's link")
    public = public_bill(dialect, token)
    expect(holds=public.totals.outstanding == issued.totals.outstanding, what="the link shows what is outstanding")
    expect(holds="<svg" in public.upi.qr_svg, what="the link shows a UPI QR code")
    tell(f"the link shows {_text(public.totals.outstanding)} outstanding and {public.upi.link}")
    return Issued(issued, token)


def payment(
    dialect: Dialect, shop: Shop, issued: Issued, customer: Person, *, phone: str, inbox: Inbox, tell: Tell
) -> None:
    """Flow 2: UPI + card + cash in one call; the rest claimed by the person and verified by the merchant; receipts."""
    total = issued.bill.totals.total
    share = Decimal(total.units) // 4
    legs = [
        payment_pb2.PaymentLeg(amount=_money(share, total), upi=payment_pb2.UpiMethod(utr=_utr())),
        payment_pb2.PaymentLeg(
            amount=_money(share, total), card=payment_pb2.CardMethod(last_four="4242", approval_code="A81X07")
        ),
        payment_pb2.PaymentLeg(amount=_money(share, total), cash=payment_pb2.CashMethod()),
    ]
    recorded = dialect.call(
        f"{_BILLING}.PaymentService/RecordPayment",
        payment_service_pb2.RecordPaymentRequest(
            bill_id=issued.bill.id, payment=payment_pb2.Payment(legs=legs), request_id=_new()
        ),
        payment_pb2.Payment,
        token=shop.token,
    )
    for leg in recorded.legs:
        method = leg.WhichOneof("method")
        tell(f"leg by {method}: {_text(leg.amount)}; outstanding after it {_text(leg.outstanding_after)}")
    public = public_bill(dialect, issued.link_token)
    state = bill_pb2.BillState.Name(public.state).removeprefix("BILL_STATE_")
    tell(f"the bill is {state}; its link shows {_text(public.totals.outstanding)} outstanding")
    expect(holds=public.state == bill_pb2.BILL_STATE_PARTLY_PAID, what="a bill paid in part is PARTLY_PAID")
    expect(holds=public.totals.outstanding == recorded.legs[-1].outstanding_after, what="link and legs agree")

    mine = dialect.call(
        f"{_BILLING}.MyBillService/GetMyBill",
        my_bill_service_pb2.GetMyBillRequest(id=issued.bill.id),
        my_bill_pb2.MyBill,
        token=customer.token(),
    )
    claim = dialect.call(
        f"{_BILLING}.MyBillService/ClaimPayment",
        my_bill_service_pb2.ClaimPaymentRequest(
            id=mine.id,
            leg=payment_pb2.PaymentLeg(amount=mine.outstanding, upi=payment_pb2.UpiMethod(utr=_utr())),
            request_id=_new(),
        ),
        payment_pb2.Payment,
        token=customer.token(),
    )
    still = public_bill(dialect, issued.link_token).totals.outstanding
    tell(
        f"the customer claims {_text(claim.legs[0].amount)} by UPI; until it is verified {_text(still)} is outstanding"
    )
    verified = dialect.call(
        f"{_BILLING}.PaymentService/VerifyPayment",
        payment_service_pb2.VerifyPaymentRequest(id=claim.id, request_id=_new()),
        payment_pb2.Payment,
        token=shop.token,
    )
    expect(holds=verified.legs[0].state == payment_pb2.PAYMENT_LEG_STATE_VERIFIED, what="a verified claim is VERIFIED")
    paid = public_bill(dialect, issued.link_token)
    expect(holds=paid.state == bill_pb2.BILL_STATE_PAID, what="a bill with nothing outstanding is PAID")
    expect(holds=_is_zero(paid.totals.outstanding), what="a paid bill has nothing outstanding")
    tell(f"the merchant verifies it: the bill is PAID, outstanding {_text(paid.totals.outstanding)}")
    for receipt in inbox.wait_for(phone, issued.bill.number, "received", count=2):
        tell(f"receipt: “{receipt}”")


def shopping(
    dialect: Dialect, person: Person, *, start: tuple[float, float], lines: tuple[str, ...], tell: Tell
) -> None:
    """Flow 3: free text, products, stores nearby with full and partial matches, the proven-best trip on real roads."""
    token = person.token()
    point = latlng_pb2.LatLng(latitude=start[0], longitude=start[1])
    shopping_list = dialect.call(
        "billmesh.inventory.v1.ShoppingListService/CreateShoppingList",
        shopping_list_service_pb2.CreateShoppingListRequest(display_name="Saturday", lines=lines, request_id=_new()),
        shopping_list_pb2.ShoppingList,
        token=token,
    )
    for item in shopping_list.items:
        tell(f"“{item.text}” is {item.quantity.value} of {item.product.display_name or 'unknown'}")
    near = dialect.call(
        "billmesh.geo.v1.StoreService/FindStores",
        store_service_pb2.FindStoresRequest(latitude=start[0], longitude=start[1], page_size=500),
        store_service_pb2.FindStoresResponse,
    )
    tell(f"{len(near.stores)} stores within 10 km")
    matches = dialect.call(
        "billmesh.geo.v1.TripService/ListMatches",
        trip_service_pb2.ListMatchesRequest(shopping_list_id=shopping_list.id, start=point, page_size=500),
        trip_service_pb2.ListMatchesResponse,
        token=token,
    ).matches
    full = sum(match.kind == trip_pb2.MATCH_KIND_FULL for match in matches)
    tell(f"{len(matches)} of them sell something on the list, {full} sell all of it")
    plan = dialect.call(
        "billmesh.geo.v1.TripService/PlanTrip",
        trip_service_pb2.PlanTripRequest(shopping_list_id=shopping_list.id, start=point),
        trip_pb2.RoutePlan,
        token=token,
    )
    _tell_plan(plan, tell)


def public_bill(dialect: Dialect, token: str) -> public_bill_pb2.PublicBill:
    """The bill behind a link, as anybody sees it."""
    return dialect.call(
        f"{_BILLING}.PublicBillService/GetPublicBill",
        public_bill_service_pb2.GetPublicBillRequest(token=token),
        public_bill_pb2.PublicBill,
    )


def bill_page(url: str, *, ca: str) -> str:
    """The page behind a link, as a browser gets it."""
    response = httpx.get(url, verify=ssl.create_default_context(cafile=ca), trust_env=False)
    response.raise_for_status()
    return response.text


def _tell_plan(plan: trip_pb2.RoutePlan, tell: Tell) -> None:
    trip, proof = plan.trip, plan.optimality
    for number, stop in enumerate(trip.stops, 1):
        bought = ", ".join(f"{p.quantity.value} {p.display_name}" for p in stop.purchases)
        tell(f"stop {number}: {stop.display_name}: {bought} ({_text(stop.goods_total)})")
    drawn = sum(length_metres(decode_polyline(leg.polyline)) for leg in trip.legs)
    tell(
        f"goods {_text(trip.goods_total)} + travel {_text(trip.travel_total)} = {_text(trip.total)}; "
        f"{trip.distance_metres / 1000:.2f} km in {trip.duration.seconds // 60} min"
    )
    source = trip_pb2.RoadSource.Name(plan.road_source).removeprefix("ROAD_SOURCE_")
    tell(f"the line drawn on the map is {drawn / 1000:.2f} km long, roads: {source} {plan.attribution}")
    status = trip_pb2.PlanStatus.Name(proof.status).removeprefix("PLAN_STATUS_")
    tell(f"status {status}: chosen {_text(proof.chosen_total)}, proven bound {_text(proof.lower_bound)}")
    for other in plan.alternatives:
        goals = " and ".join(trip_pb2.TripGoal.Name(goal).removeprefix("TRIP_GOAL_").lower() for goal in other.goals)
        tell(f"alternative ({goals}): {len(other.trip.stops)} stops, {_text(other.trip.total)}")
    expect(holds=proof.status == trip_pb2.PLAN_STATUS_OPTIMAL, what=f"the trip is proven OPTIMAL, not {status}")
    expect(holds=plan.road_source == trip_pb2.ROAD_SOURCE_VALHALLA, what="the trip is on real roads")
    expect(holds=drawn > 0, what="the trip can be drawn")


def _customer(dialect: Dialect, shop: Shop, phone: str) -> str:
    found = dialect.call(
        f"{_BILLING}.CustomerService/ListCustomers",
        customer_service_pb2.ListCustomersRequest(phone=phone),
        customer_service_pb2.ListCustomersResponse,
        token=shop.token,
    ).customers
    if found:
        return found[0].id
    created = dialect.call(
        f"{_BILLING}.CustomerService/CreateCustomer",
        customer_service_pb2.CreateCustomerRequest(
            customer=customer_pb2.Customer(display_name="Asha Rao", phone=phone), request_id=_new()
        ),
        customer_pb2.Customer,
        token=shop.token,
    )
    return created.id


def _new() -> str:
    return str(uuid.uuid4())


def _utr() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(12))


def _decimal(value: str) -> decimal_pb2.Decimal:
    return decimal_pb2.Decimal(value=value)


def _money(amount: Decimal, like: Money) -> Money:
    units = int(amount)
    return money_pb2.Money(currency_code=like.currency_code, units=units, nanos=int((amount - units) * _NANOS))


def _is_zero(money: Money) -> bool:
    return money.units == 0 and money.nanos == 0


def _text(money: Money) -> str:
    amount = Decimal(money.units) + Decimal(money.nanos) / _NANOS
    return f"{amount:,.2f} {money.currency_code}"
