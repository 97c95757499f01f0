"""Refunds: of legs and of credit, ceilings, and who asks twice."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    payment_pb2,
    payment_service_pb2,
    refund_pb2,
    refund_service_pb2,
    refund_service_pb2_grpc,
)

from services.billing.usecases import tasks
from services.kit.ids import to_text
from services.kit.money import Money
from tests.harness import Refusal
from tests.services.billing.world import (
    SCOPES,
    at_once,
    card,
    cash,
    cheque,
    euros,
    from_credit,
    new_id,
    refused,
    rupees,
    upi,
)

if TYPE_CHECKING:
    from google.type import money_pb2

    from tests.services.billing.world import World

_TO_CREDIT = payment_pb2.CustomerCreditMethod()


def _payment(world: World, payment: payment_pb2.Payment) -> payment_pb2.Payment:
    return world.payments.GetPayment(payment_service_pb2.GetPaymentRequest(id=payment.id))


def test_a_refund_reopens_the_bill(world: World) -> None:
    bill = world.bill()
    payment = world.pay(bill, upi(rupees(100)), cash(rupees(18)))
    refund = world.refund(payment, rupees(30), upi=payment_pb2.UpiMethod(utr="500000000001"))
    assert (refund.amount, refund.reopened, refund.from_credit) == (rupees(30), rupees(30), rupees(0))
    assert (refund.bill_id, refund.payment_id, refund.leg_id) == (bill.id, payment.id, payment.legs[0].id)
    assert (refund.upi.utr, refund.reason) == ("500000000001", "Came back")
    assert refund.create_account_id.startswith("acc_")
    now = world.get(bill)
    assert (now.state, now.totals.outstanding, now.totals.settled) == (
        bill_pb2.BILL_STATE_PARTLY_PAID,
        rupees(30),
        rupees(88),
    )
    leg = _payment(world, payment).legs[0]
    assert (leg.state, leg.settled, leg.refunded) == (
        payment_pb2.PAYMENT_LEG_STATE_RECORDED,
        rupees(70),
        rupees(30),
    )
    world.refund(payment, rupees(70), upi=payment_pb2.UpiMethod(utr="500000000002"))
    world.refund(payment, rupees(18), leg=1)
    assert world.get(bill).state == bill_pb2.BILL_STATE_ISSUED
    after = _payment(world, payment)
    assert {leg.state for leg in after.legs} == {payment_pb2.PAYMENT_LEG_STATE_REFUNDED}
    assert (after.bill_state, after.bill_outstanding) == (bill_pb2.BILL_STATE_ISSUED, rupees(118))
    assert world.trial_balance() == {"RECEIVABLE": 11800, "SALES": -10000, "TAX:CGST": -900, "TAX:SGST": -900}
    assert refused(lambda: world.refund(payment, rupees(1))).reason == "PAYMENT_STATE_WRONG"
    # Nothing is paid any more, so the bill may be withdrawn.
    void = bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Wrong")
    assert world.bills.VoidBill(void).state == bill_pb2.BILL_STATE_VOID
    assert world.trial_balance() == {}


def test_credit_goes_back_first_as_far_as_it_is_there(world: World) -> None:
    customer = world.customer()
    payment = world.pay(world.bill(customer=customer), cash(rupees(158)))
    assert world.credit_of(customer) == 4000
    first = world.refund(payment, rupees(10))
    assert (first.reopened, first.from_credit) == (rupees(0), rupees(10))
    used = world.pay(world.bill(customer=customer), from_credit(rupees(25)))
    answer = refused(lambda: world.refund(payment, rupees(124)))
    assert (answer.code, answer.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REFUND_TOO_HIGH")
    assert (answer.fields, answer.metadata) == (("amount",), {"refundable": "123.00 INR"})
    second = world.refund(payment, rupees(123))
    assert (second.reopened, second.from_credit, world.credit_of(customer)) == (rupees(118), rupees(5), 0)
    # What was paid out of credit goes back to it, and then to the customer.
    assert refused(lambda: world.refund(used, rupees(25))).reason == "REFUND_METHOD_UNFIT"
    back = world.refund(used, rupees(25), customer_credit=_TO_CREDIT)
    assert (back.WhichOneof("method"), world.credit_of(customer)) == ("customer_credit", 2500)
    world.refund(payment, rupees(25))
    assert _payment(world, payment).legs[0].state == payment_pb2.PAYMENT_LEG_STATE_REFUNDED
    assert world.credit_of(customer) == 0
    unfit = refused(
        lambda: world.refund(world.pay(world.bill(), cash(rupees(1))), rupees(1), customer_credit=_TO_CREDIT)
    )
    assert (unfit.reason, unfit.fields) == ("REFUND_METHOD_UNFIT", ("customer_credit",))


def test_credit_is_paid_out(world: World) -> None:
    customer = world.customer()
    world.pay(world.bill(customer=customer), cash(rupees(158)))
    request_id = new_id()
    refund = world.refund_credit(customer, rupees(15), request_id=request_id)
    assert world.refund_credit(customer, rupees(15), request_id=request_id) == refund
    assert (refund.from_credit, refund.reopened, refund.bill_id) == (rupees(15), rupees(0), "")
    assert (world.credit_of(customer), world.trial_balance()["MONEY:CASH"]) == (2500, 14300)
    low = refused(lambda: world.refund_credit(customer, rupees(26)))
    assert (low.reason, low.metadata) == ("CUSTOMER_CREDIT_TOO_LOW", {"credit": "25.00 INR"})
    assert refused(lambda: world.refund_credit(customer, euros(1))).metadata == {"credit": "0.00 EUR"}
    foreign = world.neighbour().customer()
    assert refused(lambda: world.refund_credit(foreign, rupees(1))).reason == "CUSTOMER_NOT_FOUND"


def _as(world: World, **token: object) -> refund_service_pb2_grpc.RefundServiceStub:
    channel = world.harness.as_merchant(world.merchant, **({"account": uuid.uuid4(), "scopes": SCOPES} | token))  # type: ignore[arg-type] # as the test says
    return refund_service_pb2_grpc.RefundServiceStub(channel)


def _request(
    payment: payment_pb2.Payment, amount: money_pb2.Money, request_id: str | None = None
) -> refund_service_pb2.RefundPaymentRequest:
    return refund_service_pb2.RefundPaymentRequest(
        id=payment.id,
        leg_id=payment.legs[0].id,
        amount=amount,
        cash=payment_pb2.CashMethod(),
        reason="Came back",
        request_id=request_id or new_id(),
    )


def test_a_member_stays_within_their_ceiling(world: World) -> None:
    payment = world.pay(world.bill(), cash(rupees(118)))
    cashier = _as(world, refund_ceiling=Money(5000, "INR"), roles=["cashier"])
    answer = refused(lambda: cashier.RefundPayment(_request(payment, rupees(50, 1))))
    assert (answer.code, answer.reason) == (grpc.StatusCode.PERMISSION_DENIED, "REFUND_CEILING_EXCEEDED")
    assert answer.metadata == {"ceiling": "50.00 INR"}
    assert cashier.RefundPayment(_request(payment, rupees(50))).amount == rupees(50)
    customer = world.customer()
    world.pay(world.bill(customer=customer), cash(rupees(300)))
    out = refund_service_pb2.RefundCreditRequest(
        id=customer.id, amount=rupees(51), cash=payment_pb2.CashMethod(), reason="No", request_id=new_id()
    )
    assert refused(lambda: cashier.RefundCredit(out)).reason == "REFUND_CEILING_EXCEEDED"


def test_refunds_ask_for_both_factors_again(world: World) -> None:
    payment = world.pay(world.bill(), cash(rupees(118)))
    stale = _as(world, auth_time=world.clock.now() - timedelta(minutes=6))
    assert refused(lambda: stale.RefundPayment(_request(payment, rupees(1)))).reason == "STEP_UP_REQUIRED"
    assert refused(lambda: _as(world, account=None).RefundPayment(_request(payment, rupees(1)))).reason == (
        "STEP_UP_REQUIRED"
    )


def test_only_money_that_came_goes_back(world: World) -> None:
    bill = world.bill()
    waiting = world.pay(bill, cheque(rupees(10)))
    answer = refused(lambda: world.refund(waiting, rupees(1)))
    assert (answer.code, answer.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "PAYMENT_STATE_WRONG")
    assert answer.metadata["state"] == "PENDING_VERIFICATION"
    payment = world.pay(bill, cash(rupees(10)))
    assert refused(lambda: world.refund(payment, euros(1))).reason == "CURRENCY_MISMATCH"
    assert refused(lambda: world.refund(payment, rupees(11))).reason == "REFUND_TOO_HIGH"
    absent = to_text("leg", uuid.uuid4())
    assert refused(lambda: world.refund(payment, rupees(1), leg_id=absent)).reason == "PAYMENT_LEG_NOT_FOUND"
    assert refused(lambda: world.neighbour().refund(payment, rupees(1))).reason == "PAYMENT_NOT_FOUND"
    for change, field in (
        ({"amount": rupees(0)}, "amount"),
        ({"reason": ""}, "reason"),
        ({"request_id": "x"}, "request_id"),
        ({"card": payment_pb2.CardMethod(last_four="1", approval_code="A")}, "card.last_four"),
    ):
        assert refused(lambda: world.refund(payment, **({"amount": rupees(1)} | change))).fields == (field,)  # noqa: B023 - called at once
    request = _request(payment, rupees(1))
    request.ClearField("cash")
    assert refused(lambda: world.refunds.RefundPayment(request)).fields == ("method",)


def test_the_same_refund_again_is_one_refund(world: World) -> None:
    payment = world.pay(world.bill(), cash(rupees(118)))
    request = _request(payment, rupees(40))
    first = world.refunds.RefundPayment(request)
    assert world.refunds.RefundPayment(request) == first
    request.amount.units = 41
    assert refused(lambda: world.refunds.RefundPayment(request)).reason == "REQUEST_ID_REUSED"
    assert _payment(world, payment).legs[0].refunded == rupees(40)


def test_refunds_at_once_give_back_no_more_than_came(world: World) -> None:
    payment = world.pay(world.bill(), card(rupees(100)))
    same = _request(payment, rupees(40))
    answers = at_once(4, lambda _: world.refunds.RefundPayment(same))
    assert len({answer.id for answer in answers if isinstance(answer, refund_pb2.Refund)}) == 1
    answers = at_once(4, lambda _: world.refunds.RefundPayment(_request(payment, rupees(25))))
    assert sorted(answer.reason for answer in answers if isinstance(answer, Refusal)) == ["REFUND_TOO_HIGH"] * 2
    assert _payment(world, payment).legs[0].refunded == rupees(90)


def test_credit_paid_out_and_used_at_once_is_there_once(world: World) -> None:
    customer = world.customer()
    world.pay(world.bill(customer=customer), cash(rupees(138)))
    other = world.bill(customer=customer)

    def take(number: int) -> object:
        if number % 2:
            return world.refund_credit(customer, rupees(20))
        return world.pay(other, from_credit(rupees(20)))

    answers = at_once(4, take)
    assert len([answer for answer in answers if not isinstance(answer, Refusal)]) == 1
    assert world.credit_of(customer) == 0


def test_a_utr_pays_out_once(world: World) -> None:
    payment = world.pay(world.bill(), cash(rupees(118)))
    out = payment_pb2.UpiMethod(utr="500000000009")
    world.refund(payment, rupees(1), upi=out)
    answer = refused(lambda: world.refund(payment, rupees(1), upi=out))
    assert (answer.code, answer.reason, answer.fields) == (
        grpc.StatusCode.ALREADY_EXISTS,
        "UTR_EXISTS",
        ("upi.utr",),
    )
    assert _payment(world, payment).legs[0].refunded == rupees(1)


def test_refunds_are_read_and_listed(world: World) -> None:
    customer = world.customer()
    bill = world.bill(customer=customer)
    payment = world.pay(bill, cash(rupees(118)))
    made = [world.refund(payment, rupees(number)) for number in (1, 2, 3)]
    made.sort(key=lambda refund: refund.id, reverse=True)
    world.clock.moment += timedelta(minutes=1)
    other = world.refund(world.pay(world.bill(), cash(rupees(5))), rupees(5))
    get, page = refund_service_pb2.GetRefundRequest, refund_service_pb2.ListRefundsRequest
    assert world.refunds.GetRefund(get(id=made[0].id)) == made[0]
    assert refused(lambda: world.neighbour().refunds.GetRefund(get(id=made[0].id))).reason == "REFUND_NOT_FOUND"
    assert list(world.refunds.ListRefunds(page()).refunds) == [other, *made]
    for only in ({"bill_id": bill.id}, {"payment_id": payment.id}, {"customer_id": customer.id}):
        first = world.refunds.ListRefunds(page(page_size=2, **only))
        rest = world.refunds.ListRefunds(page(page_size=2, page_token=first.next_page_token, **only))
        assert [*first.refunds, *rest.refunds] == made
        assert rest.next_page_token == ""
    assert list(world.neighbour().refunds.ListRefunds(page()).refunds) == []


@pytest.mark.parametrize("left", [rupees(0), rupees(18)])
def test_a_refund_is_in_the_audit_log(world: World, left: money_pb2.Money) -> None:
    payment = world.pay(world.bill(), cash(rupees(118 - left.units)))
    refund = world.refund(payment, rupees(10))
    events = [
        event
        for (event,) in world.query(
            "SELECT args->'event' FROM billing.procrastinate_jobs WHERE task_name = 'kit.record_audit_event'"
            " AND args->'event'->>'merchant_id' = %s",
            to_text("mer", world.merchant),
        )
    ]
    (found,) = [event for event in events if event["action"] == "payment.refunded"]
    assert (found["target_id"], found["details"]) == (refund.id, {"payment_id": payment.id, "amount": "10.00 INR"})
    assert world.jobs(tasks.RESTOCK) == []
