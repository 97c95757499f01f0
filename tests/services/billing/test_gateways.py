"""Payment gateways: off until they are turned on, links, and events that are forged, repeated and out of order."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    gateway_pb2,
    gateway_service_pb2_grpc,
    ledger_pb2,
    refund_service_pb2,
)
from billmesh.billing.v1 import gateway_service_pb2 as pb
from google.protobuf import field_mask_pb2

from services.billing.config import BillingSettings
from services.kit.ids import to_text
from tests.fakes.billing_peers import HELSINKI
from tests.fakes.gateways import (
    STRIPE_KEY,
    razorpay_paid,
    razorpay_refunded,
    razorpay_signature,
    stripe_event,
    stripe_signature,
)
from tests.services.billing.gateway_steps import gateways, link_to, links, razorpay, tell
from tests.services.billing.world import SCOPES, at_once, cash, euros, line, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.fakes.gateways import FakeGateways
    from tests.services.billing.world import World

_REFUNDS = ledger_pb2.LEDGER_RULE_GATEWAY_REFUNDS
_PAID = gateway_pb2.PAYMENT_LINK_STATE_PAID


def _stripe(world: World) -> gateway_pb2.Gateway:
    return razorpay(world, provider=gateway_pb2.GATEWAY_PROVIDER_STRIPE, key_id="", key_secret=STRIPE_KEY)


def test_a_gateway_is_off_until_it_is_turned_on(world: World, gateway_server: FakeGateways) -> None:
    gateway = razorpay(world, enabled=False)
    assert not gateway.enabled
    assert (gateway.key_secret, gateway.webhook_secret) == ("", "")
    assert gateway.callback_url.endswith(f"/v1/callbacks/gateways/{gateway.id}")
    bill = world.bill()
    assert refused(lambda: link_to(world, bill, gateway)).reason == "GATEWAY_DISABLED"
    assert not gateway_server.asked
    mask = field_mask_pb2.FieldMask(paths=["enabled"])
    change = gateway_pb2.Gateway(id=gateway.id, enabled=True)
    on = gateways(world).UpdateGateway(pb.UpdateGatewayRequest(gateway=change, update_mask=mask))
    assert (on.enabled, on.display_name) == (True, "Razorpay")
    assert list(gateways(world).ListGateways(pb.ListGatewaysRequest()).gateways) == [on]
    assert link_to(world, bill, gateway).url.startswith("https://pay.test/")
    rows = world.query(
        "SELECT key_secret, webhook_secret FROM billing.gateways WHERE merchant_id = %s", str(world.merchant)
    )
    assert all(b"secret" not in bytes(sealed) and b"whsec" not in bytes(sealed) for row in rows for sealed in row)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"provider": 0}, "gateway"),
        ({"key_secret": ""}, "gateway"),
        ({"webhook_secret": ""}, "gateway"),
        ({"display_name": ""}, "gateway"),
        ({"key_id": ""}, "gateway"),
        ({"key_id": "rzp_test_Abc"}, "gateway.key_id"),
        ({"key_id": "x"}, "gateway.key_id"),
        ({"key_secret": "with blank"}, "gateway.key_secret"),
        ({"provider": 2, "key_id": "", "key_secret": "sk_test_1"}, "gateway.key_secret"),
    ],
)
def test_what_is_no_gateway(world: World, fields: dict[str, Any], named: str) -> None:
    answer = refused(lambda: razorpay(world, **fields))
    assert (answer.code, answer.fields) == (grpc.StatusCode.INVALID_ARGUMENT, (named,))


def test_updates_clear_nothing(world: World) -> None:
    gateway = razorpay(world)
    mask = field_mask_pb2.FieldMask(paths=["key_secret", "webhook_secret"])
    empty = pb.UpdateGatewayRequest(gateway=gateway_pb2.Gateway(id=gateway.id), update_mask=mask)
    answer = refused(lambda: gateways(world).UpdateGateway(empty))
    assert answer.fields == ("gateway.key_secret", "gateway.webhook_secret")
    everything = pb.UpdateGatewayRequest(
        gateway=gateway_pb2.Gateway(id=gateway.id, display_name="Other"),
        update_mask=field_mask_pb2.FieldMask(paths=["*"]),
    )
    after = gateways(world).UpdateGateway(everything)
    assert (after.display_name, after.enabled, after.key_id) == ("Other", False, gateway.key_id)


def test_a_sign_in_long_ago_does_not_do(world: World) -> None:
    channel = world.harness.as_merchant(
        world.merchant, account=uuid.uuid4(), scopes=SCOPES, auth_time=world.clock.now() - timedelta(minutes=6)
    )
    stub = gateway_service_pb2_grpc.GatewayServiceStub(channel)
    assert refused(lambda: stub.CreateGateway(pb.CreateGatewayRequest())).reason == "STEP_UP_REQUIRED"
    assert refused(lambda: stub.UpdateGateway(pb.UpdateGatewayRequest())).reason == "STEP_UP_REQUIRED"


def test_a_link_is_paid(world: World) -> None:
    gateway, bill = razorpay(world), world.bill()
    link = link_to(world, bill, gateway)
    assert (link.amount, link.state) == (rupees(118), gateway_pb2.PAYMENT_LINK_STATE_OPEN)
    tell(world, gateway.id, razorpay_paid(link.id, 11800, payment="pay_Live1"))
    assert world.get(bill).state == bill_pb2.BILL_STATE_PAID
    (paid,) = links(world)
    assert (paid.state, paid.problem) == (_PAID, "")
    assert world.trial_balance()["MONEY:BANK"] == 11800
    (payment,) = world.query(
        "SELECT bank_reference FROM billing.payment_legs WHERE merchant_id = %s", str(world.merchant)
    )
    assert payment == ("pay_Live1",)
    assert refused(lambda: link_to(world, bill, gateway)).reason == "BILL_PAID"


def test_the_same_request_makes_one_page(world: World, gateway_server: FakeGateways) -> None:
    gateway, bill, request_id = razorpay(world), world.bill(), new_id()
    # The answer to the first call is lost; the page is there.
    gateway_server.instead = (502, "")
    answer = refused(lambda: link_to(world, bill, gateway, request_id=request_id))
    assert (answer.code, answer.reason) == (grpc.StatusCode.UNAVAILABLE, "GATEWAY_UNAVAILABLE")
    link = link_to(world, bill, gateway, request_id=request_id)
    assert link_to(world, bill, gateway, request_id=request_id) == link
    assert len(gateway_server.pages) == 1
    assert [asked.verb for asked in gateway_server.asked] == ["POST", "POST", "GET"]
    assert gateway_server.asked[0].body["amount"] == 11800


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, "{}", "GATEWAY_UNAVAILABLE"),
        (429, "{}", "GATEWAY_UNAVAILABLE"),
        (401, "{}", "GATEWAY_REFUSED"),
        (200, "hello", "GATEWAY_UNAVAILABLE"),
        (200, "[]", "GATEWAY_UNAVAILABLE"),
        (200, '{"short_url": "http://169.254.169.254/"}', "GATEWAY_UNAVAILABLE"),
        (302, "http://169.254.169.254/", "GATEWAY_REFUSED"),
    ],
)
def test_what_a_gateway_may_answer(
    world: World, gateway_server: FakeGateways, status: int, body: str, reason: str
) -> None:
    gateway, bill = razorpay(world), world.bill()
    gateway_server.instead = (status, body)
    answer = refused(lambda: link_to(world, bill, gateway))
    assert answer.reason == reason
    assert reason != "GATEWAY_REFUSED" or answer.metadata == {"status": str(status)}
    assert len(gateway_server.asked) == 1
    assert not links(world)


def test_a_bill_that_takes_no_payment_has_no_link(world: World, gateway_server: FakeGateways) -> None:
    gateway = razorpay(world)
    assert refused(lambda: link_to(world, world.draft(), gateway)).reason == "BILL_NOT_ISSUED"
    bill = world.bill()
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=bill.id, reason="x", request_id=new_id()))
    assert refused(lambda: link_to(world, bill, gateway)).reason == "BILL_VOID"
    assert not gateway_server.asked


def test_a_forged_event_leaves_the_bill_unpaid(world: World) -> None:
    gateway, bill = razorpay(world), world.bill()
    link = link_to(world, bill, gateway)
    body = razorpay_paid(link.id, 11800)
    forged: list[tuple[tuple[str, str], ...]] = [
        (),
        (("x-razorpay-signature", ""),),
        (("x-razorpay-signature", "0" * 64),),
        razorpay_signature(body, "another secret"),
        razorpay_signature(body + b" "),
        stripe_signature(body, int(world.clock.now().timestamp())),
    ]
    for headers in forged:
        answer = refused(lambda: tell(world, gateway.id, body, headers))  # noqa: B023 - called at once
        assert (answer.code, answer.reason) == (grpc.StatusCode.PERMISSION_DENIED, "GATEWAY_SIGNATURE_INVALID")
        nobody = refused(lambda: tell(world, to_text("gtw", uuid.UUID(int=1)), body, headers))  # noqa: B023
        assert nobody == answer
    assert world.get(bill) == bill
    # Another merchant's secret is for that merchant's links.
    neighbour = world.neighbour()
    theirs = razorpay(neighbour)
    tell(neighbour, theirs.id, body)
    assert world.get(bill) == bill


def test_a_replay_credits_once(world: World) -> None:
    gateway, bill = razorpay(world), world.bill()
    link = link_to(world, bill, gateway)
    body = razorpay_paid(link.id, 11800)
    assert at_once(8, lambda _: tell(world, gateway.id, body)) == [None] * 8
    tell(world, gateway.id, body)
    assert world.trial_balance()["MONEY:BANK"] == 11800
    assert "CUSTOMER_CREDIT" not in world.trial_balance()
    # A second payment by the same link is money, too.
    tell(world, gateway.id, razorpay_paid(link.id, 100, payment="pay_2"))
    assert world.trial_balance()["CUSTOMER_CREDIT"] == -100


def test_a_refund_reopens_the_bill_once(world: World) -> None:
    gateway, bill = razorpay(world), world.bill()
    link = link_to(world, bill, gateway)
    tell(world, gateway.id, razorpay_paid(link.id, 11800))
    body = razorpay_refunded(5000)
    assert at_once(4, lambda _: tell(world, gateway.id, body)) == [None] * 4
    now = world.get(bill)
    assert (now.state, now.totals.outstanding) == (bill_pb2.BILL_STATE_PARTLY_PAID, rupees(50))
    tell(world, gateway.id, razorpay_refunded(6800, refund="rfnd_2"))
    assert world.get(bill).state == bill_pb2.BILL_STATE_ISSUED
    assert "MONEY:BANK" not in world.trial_balance()
    # More than there was is no refund of ours; the gateway is not asked to send it for ever.
    tell(world, gateway.id, razorpay_refunded(1, refund="rfnd_3"))
    assert world.get(bill).totals.outstanding == rupees(118)


def test_a_refund_may_come_before_its_payment(world: World) -> None:
    gateway, bill = razorpay(world), world.bill()
    link = link_to(world, bill, gateway)
    tell(world, gateway.id, razorpay_refunded(11800))
    assert world.get(bill) == bill
    tell(world, gateway.id, razorpay_paid(link.id, 11800))
    assert world.get(bill).state == bill_pb2.BILL_STATE_ISSUED
    tell(world, gateway.id, razorpay_paid(link.id, 11800))
    tell(world, gateway.id, razorpay_refunded(11800))
    assert world.get(bill).totals.outstanding == rupees(118)
    assert sum(world.trial_balance().values()) == 0


def test_payment_and_refund_at_once(world: World) -> None:
    gateway, bill = razorpay(world), world.bill()
    link = link_to(world, bill, gateway)
    events = [razorpay_paid(link.id, 11800), razorpay_refunded(11800)]
    at_once(8, lambda number: tell(world, gateway.id, events[number % 2]))
    assert world.get(bill).totals.outstanding == rupees(118)
    listed = refund_service_pb2.ListRefundsRequest(bill_id=bill.id)
    (refund,) = world.refunds.ListRefunds(listed).refunds
    assert refund.bank_transfer.reference == "rfnd_1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 5000,
        b'{"event": 7}',
        b'{"event": "payment_link.paid", "payload": []}',
        b'{"event": "order.paid"}',
        razorpay_paid("pln_nonsense", 100),
        razorpay_paid(to_text("pln", uuid.UUID(int=1)), 100),
        razorpay_paid("", 100),
        razorpay_paid(to_text("pln", uuid.UUID(int=1)), 0),
        razorpay_paid(to_text("pln", uuid.UUID(int=1)), 10**30),
        razorpay_paid(to_text("pln", uuid.UUID(int=1)), 100, currency="XXX"),
        razorpay_refunded(-1),
    ],
)
def test_what_concerns_nobody_is_answered(world: World, body: bytes) -> None:
    gateway = razorpay(world)
    tell(world, gateway.id, body)
    assert not world.trial_balance()


def test_stripe(world: World, gateway_server: FakeGateways) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    gateway = _stripe(world)
    bill = world.bill(line(euros(10), tax_code="VAT_STANDARD"))
    link = link_to(world, bill, gateway)
    (asked,) = gateway_server.asked
    assert asked.body["line_items[0][price_data][unit_amount]"] == "1255"
    assert asked.body["client_reference_id"] == link.id
    assert asked.headers["idempotency-key"] == link.id
    now = int(world.clock.now().timestamp())
    found = {
        "client_reference_id": link.id,
        "payment_intent": "pi_1",
        "amount_total": 1255,
        "currency": "eur",
    }
    unpaid = stripe_event("checkout.session.completed", **found, payment_status="unpaid")
    tell(world, gateway.id, unpaid, stripe_signature(unpaid, now))
    assert world.get(bill) == bill
    paid = stripe_event("checkout.session.async_payment_succeeded", **found, payment_status="paid")
    for wrong in (now - 301, now + 301):
        answer = refused(lambda: tell(world, gateway.id, paid, stripe_signature(paid, wrong)))  # noqa: B023
        assert answer.reason == "GATEWAY_SIGNATURE_INVALID"
    for header in ("", "t=1", f"t={now},v1=", f"t={now},t={now},v1=x", f"t=x{now},v1=x", f"t={'9' * 40},v1=x"):
        answer = refused(lambda: tell(world, gateway.id, paid, (("stripe-signature", header),)))  # noqa: B023
        assert answer.reason == "GATEWAY_SIGNATURE_INVALID"
    assert world.get(bill) == bill
    for seen in (now, now - 200):
        tell(world, gateway.id, paid, stripe_signature(paid, seen))
    assert world.get(bill).state == bill_pb2.BILL_STATE_PAID
    pending = {"id": "re_1", "payment_intent": "pi_1", "amount": 255, "currency": "eur"}
    for kind, status in (
        ("refund.created", "pending"),
        ("refund.updated", "succeeded"),
        ("refund.updated", "succeeded"),
    ):
        body = stripe_event(kind, **pending, status=status)
        tell(world, gateway.id, body, stripe_signature(body, now))
    assert world.get(bill).totals.outstanding == euros(2, 55)


def test_others_gateways_are_none(world: World) -> None:
    gateway, stranger = razorpay(world), world.neighbour()
    bill = stranger.bill()
    for gateway_id in (gateway.id, to_text("gtw", uuid.UUID(int=1))):
        assert refused(lambda: link_to(stranger, bill, gateway, gateway_id=gateway_id)).reason == "GATEWAY_NOT_FOUND"  # noqa: B023
        change = pb.UpdateGatewayRequest(gateway=gateway_pb2.Gateway(id=gateway_id, display_name="Mine"))
        assert refused(lambda: gateways(stranger).UpdateGateway(change)).reason == "GATEWAY_NOT_FOUND"  # noqa: B023
    own = razorpay(stranger)
    assert refused(lambda: link_to(stranger, world.bill(), own)).reason == "BILL_NOT_FOUND"
    assert not gateways(stranger).ListPaymentLinks(pb.ListPaymentLinksRequest()).payment_links


def test_the_hosts_are_theirs_unless_configured() -> None:
    hosts = {name: field.default for name, field in BillingSettings.model_fields.items() if name.endswith("_url")}
    assert hosts["razorpay_url"] == "https://api.razorpay.com"
    assert hosts["stripe_url"] == "https://api.stripe.com"


def test_a_refund_that_is_told_many_times_at_once_is_one(world: World) -> None:
    gateway, bill = razorpay(world), world.bill()
    tell(world, gateway.id, razorpay_paid(link_to(world, bill, gateway).id, 11800))
    assert at_once(6, lambda _: tell(world, gateway.id, razorpay_refunded(1000))) == [None] * 6
    assert world.get(bill).totals.outstanding == rupees(10)


def test_cash_meanwhile_makes_credit_of_it(world: World) -> None:
    gateway, bill = razorpay(world), world.bill()
    link = link_to(world, bill, gateway)
    world.pay(bill, cash(rupees(100)))
    tell(world, gateway.id, razorpay_paid(link.id, 11800))
    assert world.trial_balance()["CUSTOMER_CREDIT"] == -10000
