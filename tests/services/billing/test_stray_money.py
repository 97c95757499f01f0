"""Money at a gateway that no bill takes, and money that went back there: the books tell of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    customer_pb2,
    customer_service_pb2,
    gateway_pb2,
    ledger_pb2,
    ledger_service_pb2,
    payment_pb2,
    payment_service_pb2,
    refund_service_pb2,
)

from services.billing.usecases import invariants
from tests.fakes.gateways import razorpay_paid, razorpay_refunded
from tests.services.billing.gateway_steps import link_to, links, razorpay, tell
from tests.services.billing.world import at_once, from_credit, new_id, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_REFUNDS = ledger_pb2.LEDGER_RULE_GATEWAY_REFUNDS


def _voided(world: World) -> tuple[gateway_pb2.Gateway, bill_pb2.Bill, gateway_pb2.PaymentLink]:
    """A bill that is withdrawn while there is a page to pay it on."""
    gateway, bill = razorpay(world), world.bill()
    link = link_to(world, bill, gateway)
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
    assert at_once(4, lambda _: tell(world, gateway.id, razorpay_paid(link.id, 11800))) == [None] * 4
    (shown,) = links(world)
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
    at_once(6, lambda number: tell(world, gateway.id, events[number % 2]))
    for event in events:
        tell(world, gateway.id, event)
    assert not world.trial_balance()
    assert _alarms(world) == []


def test_such_money_goes_back_otherwise(world: World) -> None:
    gateway, bill, link = _voided(world)
    tell(world, gateway.id, razorpay_paid(link.id, 11800))
    _refund_credit(world, bill, "rfnd_1")
    # The gateway tells of what is entered already.
    tell(world, gateway.id, razorpay_refunded(11800))
    assert not world.trial_balance()
    assert _alarms(world, only_open=False) == []


def test_money_that_went_back_without_our_books_raises_an_alarm_until_it_is_in_them(world: World) -> None:
    gateway, bill, link = _voided(world)
    tell(world, gateway.id, razorpay_paid(link.id, 11800))
    (shown,) = links(world)
    other = world.bill(customer=customer_pb2.Customer(id=bill.customer_id))
    paid = world.pay(other, from_credit(rupees(118)))
    # The credit is spent, and the money goes back all the same.
    for _ in range(2):
        tell(world, gateway.id, razorpay_refunded(11800))
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
    gateway, bill = razorpay(world), world.bill()
    link = link_to(world, bill, gateway)
    tell(world, gateway.id, razorpay_paid(link.id, 5000, currency="EUR"))
    (shown,) = links(world)
    assert (shown.state, shown.problem) == (gateway_pb2.PAYMENT_LINK_STATE_UNPLACED, "CURRENCY_MISMATCH")
    customer = world.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=bill.customer_id))
    assert {(balance.owed.units, balance.credit.units) for balance in customer.balances} == {(118, 0), (0, 50)}
    assert world.get(bill) == bill
    assert _alarms(world) == []


def test_money_for_an_erased_customer_is_still_owed(world: World) -> None:
    gateway, bill, link = _voided(world)
    world.customers.EraseCustomer(customer_service_pb2.EraseCustomerRequest(id=bill.customer_id))
    tell(world, gateway.id, razorpay_paid(link.id, 11800))
    assert world.trial_balance() == {"MONEY:BANK": 11800, "CUSTOMER_CREDIT": -11800}
    _refund_credit(world, bill, "back")
    assert not world.trial_balance()
    assert _alarms(world) == []
