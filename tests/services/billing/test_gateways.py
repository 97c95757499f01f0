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
    customer_pb2,
    customer_service_pb2,
    gateway_pb2,
    gateway_service_pb2_grpc,
    ledger_pb2,
    ledger_service_pb2,
    payment_pb2,
    payment_service_pb2,
    refund_service_pb2,
)
from billmesh.billing.v1 import gateway_service_pb2 as pb
from google.api import httpbody_pb2
from google.protobuf import field_mask_pb2

from services.billing.config import BillingSettings
from services.billing.usecases import invariants
from services.kit.ids import to_text
from tests.fakes.billing_peers import HELSINKI
from tests.fakes.gateways import (
    RAZORPAY_KEYS,
    STRIPE_KEY,
    WEBHOOK_SECRET,
    razorpay_paid,
    razorpay_refunded,
    razorpay_signature,
    stripe_event,
    stripe_signature,
)
from tests.services.billing.world import SCOPES, at_once, cash, euros, from_credit, line, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.fakes.gateways import FakeGateways
    from tests.services.billing.world import World

_REFUNDS = ledger_pb2.LEDGER_RULE_GATEWAY_REFUNDS
_PAID = gateway_pb2.PAYMENT_LINK_STATE_PAID


def _service(world: World) -> gateway_service_pb2_grpc.GatewayServiceStub:
    """Staff who signed in just now."""
    channel = world.harness.as_merchant(
        world.merchant, account=uuid.uuid4(), scopes=SCOPES, auth_time=world.clock.now()
    )
    return gateway_service_pb2_grpc.GatewayServiceStub(channel)


def _gateway(world: World, **fields: Any) -> gateway_pb2.Gateway:
    """A Razorpay account, turned on."""
    key_id, secret = RAZORPAY_KEYS
    known: dict[str, Any] = {
        "provider": gateway_pb2.GATEWAY_PROVIDER_RAZORPAY,
        "display_name": "Razorpay",
        "enabled": True,
        "key_id": key_id,
        "key_secret": secret,
        "webhook_secret": WEBHOOK_SECRET,
    }
    request = pb.CreateGatewayRequest(gateway=gateway_pb2.Gateway(**(known | fields)), request_id=new_id())
    return _service(world).CreateGateway(request)


def _stripe(world: World) -> gateway_pb2.Gateway:
    return _gateway(world, provider=gateway_pb2.GATEWAY_PROVIDER_STRIPE, key_id="", key_secret=STRIPE_KEY)


def _link(world: World, bill: bill_pb2.Bill, gateway: gateway_pb2.Gateway, **fields: str) -> gateway_pb2.PaymentLink:
    known = {"bill_id": bill.id, "gateway_id": gateway.id, "request_id": new_id()}
    return _service(world).CreatePaymentLink(pb.CreatePaymentLinkRequest(**(known | fields)))


def _links(world: World) -> list[gateway_pb2.PaymentLink]:
    return list(_service(world).ListPaymentLinks(pb.ListPaymentLinksRequest()).payment_links)


def _tell(world: World, gateway_id: str, body: bytes, headers: tuple[tuple[str, str], ...] | None = None) -> None:
    """What the gateway sends; signed as Razorpay does unless headers are given."""
    stub = gateway_service_pb2_grpc.GatewayCallbackServiceStub(world.harness.anonymous())
    request = pb.ReceiveGatewayEventRequest(gateway_id=gateway_id, event=httpbody_pb2.HttpBody(data=body))
    stub.ReceiveGatewayEvent(request, metadata=razorpay_signature(body) if headers is None else headers)


def test_a_gateway_is_off_until_it_is_turned_on(world: World, gateway_server: FakeGateways) -> None:
    gateway = _gateway(world, enabled=False)
    assert not gateway.enabled
    assert (gateway.key_secret, gateway.webhook_secret) == ("", "")
    assert gateway.callback_url.endswith(f"/v1/callbacks/gateways/{gateway.id}")
    bill = world.bill()
    assert refused(lambda: _link(world, bill, gateway)).reason == "GATEWAY_DISABLED"
    assert not gateway_server.asked
    mask = field_mask_pb2.FieldMask(paths=["enabled"])
    change = gateway_pb2.Gateway(id=gateway.id, enabled=True)
    on = _service(world).UpdateGateway(pb.UpdateGatewayRequest(gateway=change, update_mask=mask))
    assert (on.enabled, on.display_name) == (True, "Razorpay")
    assert list(_service(world).ListGateways(pb.ListGatewaysRequest()).gateways) == [on]
    assert _link(world, bill, gateway).url.startswith("https://pay.test/")
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
    answer = refused(lambda: _gateway(world, **fields))
    assert (answer.code, answer.fields) == (grpc.StatusCode.INVALID_ARGUMENT, (named,))


def test_updates_clear_nothing(world: World) -> None:
    gateway = _gateway(world)
    mask = field_mask_pb2.FieldMask(paths=["key_secret", "webhook_secret"])
    empty = pb.UpdateGatewayRequest(gateway=gateway_pb2.Gateway(id=gateway.id), update_mask=mask)
    answer = refused(lambda: _service(world).UpdateGateway(empty))
    assert answer.fields == ("gateway.key_secret", "gateway.webhook_secret")
    everything = pb.UpdateGatewayRequest(
        gateway=gateway_pb2.Gateway(id=gateway.id, display_name="Other"),
        update_mask=field_mask_pb2.FieldMask(paths=["*"]),
    )
    after = _service(world).UpdateGateway(everything)
    assert (after.display_name, after.enabled, after.key_id) == ("Other", False, gateway.key_id)


def test_a_sign_in_long_ago_does_not_do(world: World) -> None:
    channel = world.harness.as_merchant(
        world.merchant, account=uuid.uuid4(), scopes=SCOPES, auth_time=world.clock.now() - timedelta(minutes=6)
    )
    stub = gateway_service_pb2_grpc.GatewayServiceStub(channel)
    assert refused(lambda: stub.CreateGateway(pb.CreateGatewayRequest())).reason == "STEP_UP_REQUIRED"
    assert refused(lambda: stub.UpdateGateway(pb.UpdateGatewayRequest())).reason == "STEP_UP_REQUIRED"


def test_a_link_is_paid(world: World) -> None:
    gateway, bill = _gateway(world), world.bill()
    link = _link(world, bill, gateway)
    assert (link.amount, link.state) == (rupees(118), gateway_pb2.PAYMENT_LINK_STATE_OPEN)
    _tell(world, gateway.id, razorpay_paid(link.id, 11800, payment="pay_Live1"))
    assert world.get(bill).state == bill_pb2.BILL_STATE_PAID
    (paid,) = _links(world)
    assert (paid.state, paid.problem) == (_PAID, "")
    assert world.trial_balance()["MONEY:BANK"] == 11800
    (payment,) = world.query(
        "SELECT bank_reference FROM billing.payment_legs WHERE merchant_id = %s", str(world.merchant)
    )
    assert payment == ("pay_Live1",)
    assert refused(lambda: _link(world, bill, gateway)).reason == "BILL_PAID"


def test_the_same_request_makes_one_page(world: World, gateway_server: FakeGateways) -> None:
    gateway, bill, request_id = _gateway(world), world.bill(), new_id()
    # The answer to the first call is lost; the page is there.
    gateway_server.instead = (502, "")
    answer = refused(lambda: _link(world, bill, gateway, request_id=request_id))
    assert (answer.code, answer.reason) == (grpc.StatusCode.UNAVAILABLE, "GATEWAY_UNAVAILABLE")
    link = _link(world, bill, gateway, request_id=request_id)
    assert _link(world, bill, gateway, request_id=request_id) == link
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
    gateway, bill = _gateway(world), world.bill()
    gateway_server.instead = (status, body)
    answer = refused(lambda: _link(world, bill, gateway))
    assert answer.reason == reason
    assert reason != "GATEWAY_REFUSED" or answer.metadata == {"status": str(status)}
    assert len(gateway_server.asked) == 1
    assert not _links(world)


def test_a_bill_that_takes_no_payment_has_no_link(world: World, gateway_server: FakeGateways) -> None:
    gateway = _gateway(world)
    assert refused(lambda: _link(world, world.draft(), gateway)).reason == "BILL_NOT_ISSUED"
    bill = world.bill()
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=bill.id, reason="x", request_id=new_id()))
    assert refused(lambda: _link(world, bill, gateway)).reason == "BILL_VOID"
    assert not gateway_server.asked


def test_a_forged_event_leaves_the_bill_unpaid(world: World) -> None:
    gateway, bill = _gateway(world), world.bill()
    link = _link(world, bill, gateway)
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
        answer = refused(lambda: _tell(world, gateway.id, body, headers))  # noqa: B023 - called at once
        assert (answer.code, answer.reason) == (grpc.StatusCode.PERMISSION_DENIED, "GATEWAY_SIGNATURE_INVALID")
        nobody = refused(lambda: _tell(world, to_text("gtw", uuid.UUID(int=1)), body, headers))  # noqa: B023
        assert nobody == answer
    assert world.get(bill) == bill
    # Another merchant's secret is for that merchant's links.
    neighbour = world.neighbour()
    theirs = _gateway(neighbour)
    _tell(neighbour, theirs.id, body)
    assert world.get(bill) == bill


def test_a_replay_credits_once(world: World) -> None:
    gateway, bill = _gateway(world), world.bill()
    link = _link(world, bill, gateway)
    body = razorpay_paid(link.id, 11800)
    assert at_once(8, lambda _: _tell(world, gateway.id, body)) == [None] * 8
    _tell(world, gateway.id, body)
    assert world.trial_balance()["MONEY:BANK"] == 11800
    assert "CUSTOMER_CREDIT" not in world.trial_balance()
    # A second payment by the same link is money, too.
    _tell(world, gateway.id, razorpay_paid(link.id, 100, payment="pay_2"))
    assert world.trial_balance()["CUSTOMER_CREDIT"] == -100


def test_a_refund_reopens_the_bill_once(world: World) -> None:
    gateway, bill = _gateway(world), world.bill()
    link = _link(world, bill, gateway)
    _tell(world, gateway.id, razorpay_paid(link.id, 11800))
    body = razorpay_refunded(5000)
    assert at_once(4, lambda _: _tell(world, gateway.id, body)) == [None] * 4
    now = world.get(bill)
    assert (now.state, now.totals.outstanding) == (bill_pb2.BILL_STATE_PARTLY_PAID, rupees(50))
    _tell(world, gateway.id, razorpay_refunded(6800, refund="rfnd_2"))
    assert world.get(bill).state == bill_pb2.BILL_STATE_ISSUED
    assert "MONEY:BANK" not in world.trial_balance()
    # More than there was is no refund of ours; the gateway is not asked to send it for ever.
    _tell(world, gateway.id, razorpay_refunded(1, refund="rfnd_3"))
    assert world.get(bill).totals.outstanding == rupees(118)


def test_a_refund_may_come_before_its_payment(world: World) -> None:
    gateway, bill = _gateway(world), world.bill()
    link = _link(world, bill, gateway)
    _tell(world, gateway.id, razorpay_refunded(11800))
    assert world.get(bill) == bill
    _tell(world, gateway.id, razorpay_paid(link.id, 11800))
    assert world.get(bill).state == bill_pb2.BILL_STATE_ISSUED
    _tell(world, gateway.id, razorpay_paid(link.id, 11800))
    _tell(world, gateway.id, razorpay_refunded(11800))
    assert world.get(bill).totals.outstanding == rupees(118)
    assert sum(world.trial_balance().values()) == 0


def test_payment_and_refund_at_once(world: World) -> None:
    gateway, bill = _gateway(world), world.bill()
    link = _link(world, bill, gateway)
    events = [razorpay_paid(link.id, 11800), razorpay_refunded(11800)]
    at_once(8, lambda number: _tell(world, gateway.id, events[number % 2]))
    assert world.get(bill).totals.outstanding == rupees(118)
    listed = refund_service_pb2.ListRefundsRequest(bill_id=bill.id)
    (refund,) = world.refunds.ListRefunds(listed).refunds
    assert refund.bank_transfer.reference == "rfnd_1"


def _voided(world: World) -> tuple[gateway_pb2.Gateway, bill_pb2.Bill, gateway_pb2.PaymentLink]:
    """A bill that is withdrawn while there is a page to pay it on."""
    gateway, bill = _gateway(world), world.bill()
    link = _link(world, bill, gateway)
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=bill.id, reason="x", request_id=new_id()))
    return gateway, bill, link


def _alarms(world: World, *, only_open: bool = True) -> list[tuple[int, str, bool]]:
    invariants.check(world.deps, world.merchant)
    listed = world.ledger.ListAlarms(ledger_service_pb2.ListAlarmsRequest(open=only_open)).alarms
    return [(alarm.rule, alarm.subject, alarm.HasField("resolved_time")) for alarm in listed]


def _refund_credit(world: World, bill: bill_pb2.Bill, reference: str) -> None:
    method = payment_pb2.BankTransferMethod(reference=reference)
    request = refund_service_pb2.RefundCreditRequest(
        id=bill.customer_id, amount=rupees(118), bank_transfer=method, reason="x", request_id=new_id()
    )
    world.refunds.RefundCredit(request)


def test_money_for_a_bill_that_was_voided_is_the_customers(world: World) -> None:
    gateway, bill, link = _voided(world)
    assert at_once(4, lambda _: _tell(world, gateway.id, razorpay_paid(link.id, 11800))) == [None] * 4
    (shown,) = _links(world)
    assert (shown.state, shown.problem) == (gateway_pb2.PAYMENT_LINK_STATE_UNPLACED, "BILL_VOID")
    payment = world.payments.GetPayment(payment_service_pb2.GetPaymentRequest(id=shown.payment_id))
    assert (payment.bill_id, payment.legs[0].credited) == (bill.id, rupees(118))
    assert world.trial_balance() == {"MONEY:BANK": 11800, "CUSTOMER_CREDIT": -11800}
    assert (world.get(bill).state, world.get(bill).totals.outstanding) == (bill_pb2.BILL_STATE_VOID, rupees(0))
    # Another bill takes it.
    other = world.bill(customer=customer_pb2.Customer(id=bill.customer_id))
    world.pay(other, from_credit(rupees(118)))
    assert world.get(other).state == bill_pb2.BILL_STATE_PAID
    assert "CUSTOMER_CREDIT" not in world.trial_balance()
    assert _alarms(world) == []


def test_such_money_goes_back_at_the_gateway(world: World) -> None:
    gateway, _, link = _voided(world)
    events = [razorpay_paid(link.id, 11800), razorpay_refunded(11800)]
    at_once(6, lambda number: _tell(world, gateway.id, events[number % 2]))
    for event in events:
        _tell(world, gateway.id, event)
    assert not world.trial_balance()
    assert _alarms(world) == []


def test_such_money_goes_back_otherwise(world: World) -> None:
    gateway, bill, link = _voided(world)
    _tell(world, gateway.id, razorpay_paid(link.id, 11800))
    _refund_credit(world, bill, "rfnd_1")
    # The gateway tells of what is entered already.
    _tell(world, gateway.id, razorpay_refunded(11800))
    assert not world.trial_balance()
    assert _alarms(world, only_open=False) == []


def test_money_that_went_back_without_our_books_raises_an_alarm_until_it_is_in_them(world: World) -> None:
    gateway, bill, link = _voided(world)
    _tell(world, gateway.id, razorpay_paid(link.id, 11800))
    (shown,) = _links(world)
    other = world.bill(customer=customer_pb2.Customer(id=bill.customer_id))
    paid = world.pay(other, from_credit(rupees(118)))
    # The credit is spent, and the money goes back all the same.
    for _ in range(2):
        _tell(world, gateway.id, razorpay_refunded(11800))
    listed = world.ledger.ListAlarms(ledger_service_pb2.ListAlarmsRequest(open=True)).alarms
    assert [(alarm.rule, alarm.subject) for alarm in listed] == [(_REFUNDS, shown.payment_id)]
    assert _alarms(world) == [(_REFUNDS, shown.payment_id, False)]
    # So the other bill is not paid, after all.
    request = refund_service_pb2.RefundPaymentRequest(
        id=paid.id,
        leg_id=paid.legs[0].id,
        amount=rupees(118),
        customer_credit=payment_pb2.CustomerCreditMethod(),
        reason="x",
        request_id=new_id(),
    )
    world.refunds.RefundPayment(request)
    _refund_credit(world, bill, "rfnd_1")
    assert _alarms(world, only_open=False) == [(_REFUNDS, shown.payment_id, True)]
    assert world.get(other).totals.outstanding == rupees(118)
    assert "MONEY:BANK" not in world.trial_balance()


def test_money_in_another_currency_is_the_customers(world: World) -> None:
    gateway, bill = _gateway(world), world.bill()
    link = _link(world, bill, gateway)
    _tell(world, gateway.id, razorpay_paid(link.id, 5000, currency="EUR"))
    (shown,) = _links(world)
    assert (shown.state, shown.problem) == (gateway_pb2.PAYMENT_LINK_STATE_UNPLACED, "CURRENCY_MISMATCH")
    customer = world.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=bill.customer_id))
    assert {(balance.owed.units, balance.credit.units) for balance in customer.balances} == {(118, 0), (0, 50)}
    assert world.get(bill) == bill
    assert _alarms(world) == []


def test_money_for_an_erased_customer_is_still_owed(world: World) -> None:
    gateway, bill, link = _voided(world)
    world.customers.EraseCustomer(customer_service_pb2.EraseCustomerRequest(id=bill.customer_id))
    _tell(world, gateway.id, razorpay_paid(link.id, 11800))
    assert world.trial_balance() == {"MONEY:BANK": 11800, "CUSTOMER_CREDIT": -11800}
    _refund_credit(world, bill, "back")
    assert not world.trial_balance()
    assert _alarms(world) == []


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
    gateway = _gateway(world)
    _tell(world, gateway.id, body)
    assert not world.trial_balance()


def test_stripe(world: World, gateway_server: FakeGateways) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    gateway = _stripe(world)
    bill = world.bill(line(euros(10), tax_code="VAT_STANDARD"))
    link = _link(world, bill, gateway)
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
    _tell(world, gateway.id, unpaid, stripe_signature(unpaid, now))
    assert world.get(bill) == bill
    paid = stripe_event("checkout.session.async_payment_succeeded", **found, payment_status="paid")
    for wrong in (now - 301, now + 301):
        answer = refused(lambda: _tell(world, gateway.id, paid, stripe_signature(paid, wrong)))  # noqa: B023
        assert answer.reason == "GATEWAY_SIGNATURE_INVALID"
    for header in ("", "t=1", f"t={now},v1=", f"t={now},t={now},v1=x", f"t=x{now},v1=x", f"t={'9' * 40},v1=x"):
        answer = refused(lambda: _tell(world, gateway.id, paid, (("stripe-signature", header),)))  # noqa: B023
        assert answer.reason == "GATEWAY_SIGNATURE_INVALID"
    assert world.get(bill) == bill
    for seen in (now, now - 200):
        _tell(world, gateway.id, paid, stripe_signature(paid, seen))
    assert world.get(bill).state == bill_pb2.BILL_STATE_PAID
    pending = {"id": "re_1", "payment_intent": "pi_1", "amount": 255, "currency": "eur"}
    for kind, status in (
        ("refund.created", "pending"),
        ("refund.updated", "succeeded"),
        ("refund.updated", "succeeded"),
    ):
        body = stripe_event(kind, **pending, status=status)
        _tell(world, gateway.id, body, stripe_signature(body, now))
    assert world.get(bill).totals.outstanding == euros(2, 55)


def test_others_gateways_are_none(world: World) -> None:
    gateway, stranger = _gateway(world), world.neighbour()
    bill = stranger.bill()
    for gateway_id in (gateway.id, to_text("gtw", uuid.UUID(int=1))):
        assert refused(lambda: _link(stranger, bill, gateway, gateway_id=gateway_id)).reason == "GATEWAY_NOT_FOUND"  # noqa: B023
        change = pb.UpdateGatewayRequest(gateway=gateway_pb2.Gateway(id=gateway_id, display_name="Mine"))
        assert refused(lambda: _service(stranger).UpdateGateway(change)).reason == "GATEWAY_NOT_FOUND"  # noqa: B023
    own = _gateway(stranger)
    assert refused(lambda: _link(stranger, world.bill(), own)).reason == "BILL_NOT_FOUND"
    assert not _service(stranger).ListPaymentLinks(pb.ListPaymentLinksRequest()).payment_links


def test_the_hosts_are_theirs_unless_configured() -> None:
    hosts = {name: field.default for name, field in BillingSettings.model_fields.items() if name.endswith("_url")}
    assert hosts["razorpay_url"] == "https://api.razorpay.com"
    assert hosts["stripe_url"] == "https://api.stripe.com"


def test_cash_meanwhile_makes_credit_of_it(world: World) -> None:
    gateway, bill = _gateway(world), world.bill()
    link = _link(world, bill, gateway)
    world.pay(bill, cash(rupees(100)))
    _tell(world, gateway.id, razorpay_paid(link.id, 11800))
    assert world.trial_balance()["CUSTOMER_CREDIT"] == -10000
