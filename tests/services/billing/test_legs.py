"""Cheques, and payments out of a customer's credit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import bill_pb2, bill_service_pb2, payment_pb2, payment_service_pb2
from google.type import date_pb2

from services.billing.usecases import tasks
from tests.harness import Refusal
from tests.services.billing.world import at_once, cash, cheque, euros, from_credit, line, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_RECORDED = payment_pb2.PAYMENT_LEG_STATE_RECORDED
_PENDING = payment_pb2.PAYMENT_LEG_STATE_PENDING_VERIFICATION
_VERIFIED = payment_pb2.PAYMENT_LEG_STATE_VERIFIED
_REJECTED = payment_pb2.PAYMENT_LEG_STATE_REJECTED


def _verify(world: World, payment: payment_pb2.Payment) -> payment_pb2.Payment:
    return world.payments.VerifyPayment(payment_service_pb2.VerifyPaymentRequest(id=payment.id, request_id=new_id()))


def _bounce(
    world: World, payment: payment_pb2.Payment, *legs: int, request_id: str | None = None
) -> payment_pb2.Payment:
    request = payment_service_pb2.RejectPaymentRequest(
        id=payment.id,
        leg_ids=[payment.legs[leg].id for leg in legs],
        reason="No funds",
        request_id=request_id or new_id(),
    )
    return world.payments.RejectPayment(request)


def test_a_cheque_waits_until_it_is_verified(world: World) -> None:
    customer = world.customer(phone="+919845012399")
    bill = world.bill(customer=customer)
    payment = world.pay(bill, cheque(rupees(50)))
    assert (payment.legs[0].state, payment.legs[0].settled, payment.bill_outstanding) == (
        _PENDING,
        rupees(0),
        rupees(118),
    )
    assert (payment.bill_state, world.get(bill).state) == (bill_pb2.BILL_STATE_ISSUED, bill_pb2.BILL_STATE_ISSUED)
    assert payment.legs[0].cheque == payment_pb2.ChequeMethod(
        number="000123", bank_name="State Bank of India", cheque_date=date_pb2.Date(year=2026, month=6, day=1)
    )
    assert world.trial_balance() == {"RECEIVABLE": 11800, "SALES": -10000, "TAX:CGST": -900, "TAX:SGST": -900}
    assert world.jobs(tasks.TELL_RECEIPT) == []
    # What waits keeps the bill from being voided.
    void = bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Wrong")
    assert refused(lambda: world.bills.VoidBill(void)).reason == "BILL_HAS_PAYMENTS"
    verified = _verify(world, payment)
    assert (verified.legs[0].state, verified.legs[0].settled, verified.bill_outstanding) == (
        _VERIFIED,
        rupees(50),
        rupees(68),
    )
    assert world.trial_balance()["MONEY:CHEQUE"] == 5000
    assert len(world.jobs(tasks.TELL_RECEIPT)) == 1


def test_legs_beside_a_cheque_settle_at_once(world: World) -> None:
    bill = world.bill()
    payment = world.pay(
        bill, cash(rupees(18)), cheque(rupees(60)), cash(rupees(20)), cheque(rupees(1), "000777", cleared=True)
    )
    assert [leg.state for leg in payment.legs] == [_RECORDED, _PENDING, _RECORDED, _RECORDED]
    assert [leg.outstanding_after for leg in payment.legs] == [rupees(100), rupees(100), rupees(80), rupees(79)]
    assert not payment.legs[3].cheque.cleared
    assert (payment.bill_outstanding, payment.bill_state) == (rupees(79), bill_pb2.BILL_STATE_PARTLY_PAID)
    assert world.get(bill).totals.outstanding == rupees(79)


def test_a_cheque_bounces_before_and_after_it_was_recorded(world: World) -> None:
    bill = world.bill()
    for cleared in (False, True):
        request_id = new_id()
        payment = world.pay(bill, cheque(rupees(118), cleared=cleared))
        # Named or not, a leg that waits is refused; one that settled the bill is only if it is named.
        if cleared:
            assert world.get(bill).state == bill_pb2.BILL_STATE_PAID
            assert refused(lambda: _bounce(world, payment)).reason == "PAYMENT_STATE_WRONG"  # noqa: B023 - called at once
        bounced = _bounce(world, payment, *([0] if cleared else []), request_id=request_id)
        assert _bounce(world, payment, *([0] if cleared else []), request_id=request_id) == bounced
        (leg,) = bounced.legs
        assert (leg.state, leg.settled, leg.credited, leg.reject_reason) == (
            _REJECTED,
            rupees(0),
            rupees(0),
            "No funds",
        )
        assert (bounced.bill_state, bounced.bill_outstanding) == (bill_pb2.BILL_STATE_ISSUED, rupees(118))
        assert world.get(bill).totals.outstanding == rupees(118)
        assert world.trial_balance() == {"RECEIVABLE": 11800, "SALES": -10000, "TAX:CGST": -900, "TAX:SGST": -900}
    # The cheque that bounced may be entered again, cash may not be refused.
    payment = world.pay(bill, cheque(rupees(118)), cash(rupees(1)))
    assert refused(lambda: _bounce(world, payment, 1)).reason == "PAYMENT_STATE_WRONG"


def test_a_bounced_cheque_takes_back_the_credit_that_it_made(world: World) -> None:
    customer = world.customer()
    payment = world.pay(world.bill(customer=customer), cheque(rupees(150), cleared=True))
    assert world.credit_of(customer) == 3200
    other = world.bill(customer=customer)
    used = world.pay(other, from_credit(rupees(2)))
    answer = refused(lambda: _bounce(world, payment, 0))
    assert (answer.reason, answer.metadata) == ("CUSTOMER_CREDIT_TOO_LOW", {"credit": "30.00 INR"})
    world.refund(used, rupees(2), customer_credit=payment_pb2.CustomerCreditMethod())
    _bounce(world, payment, 0)
    assert world.credit_of(customer) == 0
    assert world.trial_balance()["RECEIVABLE"] == 23600


def test_a_cheque_is_entered_once(world: World) -> None:
    first, second = world.bill(), world.bill()
    world.pay(first, cheque(rupees(10)))
    answer = refused(lambda: world.pay(second, cash(rupees(1)), cheque(rupees(10))))
    assert (answer.code, answer.reason) == (grpc.StatusCode.ALREADY_EXISTS, "CHEQUE_EXISTS")
    assert answer.fields == ("payment.legs[1].cheque",)
    assert world.get(second).totals.outstanding == rupees(118)
    twice = refused(lambda: world.pay(second, cheque(rupees(10), "9001"), cheque(rupees(10), "9001")))
    assert (twice.reason, twice.fields) == ("CHEQUE_EXISTS", ("payment.legs[1].cheque",))
    world.pay(second, cheque(rupees(10), "000124"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "12"}, "payment.legs[0].cheque.number"),
        ({"bank_name": ""}, "payment.legs[0].cheque.bank_name"),
        ({"cheque_date": None}, "payment.legs[0].cheque.cheque_date"),
        ({"cheque_date": date_pb2.Date(year=2026, month=2, day=30)}, "payment.legs[0].cheque.cheque_date"),
    ],
)
def test_a_broken_cheque_names_the_field(world: World, change: dict[str, object], field: str) -> None:
    fields = {"number": "000123", "bank_name": "SBI", "cheque_date": date_pb2.Date(year=2026, month=6, day=1)} | change
    leg = payment_pb2.PaymentLeg(amount=rupees(1), cheque=payment_pb2.ChequeMethod(**fields))  # type: ignore[arg-type] # some are wrong
    assert refused(lambda: world.pay(world.bill(), leg)).fields == (field,)


def test_credit_pays_a_bill(world: World) -> None:
    customer = world.customer()
    world.pay(world.bill(customer=customer), cash(rupees(218)))
    bill = world.bill(customer=customer)
    payment = world.pay(bill, from_credit(rupees(60)), cash(rupees(8)))
    assert [leg.state for leg in payment.legs] == [_RECORDED, _RECORDED]
    assert (payment.bill_outstanding, world.credit_of(customer)) == (rupees(50), 4000)
    assert world.trial_balance()["CUSTOMER_CREDIT"] == -4000
    low = refused(lambda: world.pay(bill, from_credit(rupees(30)), from_credit(rupees(11))))
    assert (low.code, low.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CUSTOMER_CREDIT_TOO_LOW")
    assert low.metadata == {"credit": "40.00 INR"}
    above = refused(lambda: world.pay(bill, cash(rupees(20)), from_credit(rupees(31))))
    assert (above.reason, above.fields, above.metadata) == (
        "CREDIT_ABOVE_OUTSTANDING",
        ("payment.legs[1].amount",),
        {"outstanding": "30.00 INR"},
    )
    assert world.get(bill).totals.outstanding == rupees(50)
    # Another customer's bill has nothing of it.
    assert refused(lambda: world.pay(world.bill(), from_credit(rupees(1)))).reason == "CUSTOMER_CREDIT_TOO_LOW"


def test_credit_in_one_currency_pays_nothing_in_another(world: World) -> None:
    customer = world.customer()
    world.pay(world.bill(customer=customer), cash(rupees(218)))
    bill = world.bill(line(euros(5)), customer=customer, currency_code="EUR")
    assert refused(lambda: world.pay(bill, from_credit(euros(1)))).metadata == {"credit": "0.00 EUR"}


def test_credit_used_at_once_is_used_once(world: World) -> None:
    customer = world.customer()
    world.pay(world.bill(customer=customer), cash(rupees(168)))
    bills = [world.bill(customer=customer) for _ in range(6)]
    answers = at_once(6, lambda number: world.pay(bills[number], from_credit(rupees(20))))
    done = [answer for answer in answers if not isinstance(answer, Refusal)]
    assert len(done) == 2
    assert {answer.reason for answer in answers if isinstance(answer, Refusal)} == {"CUSTOMER_CREDIT_TOO_LOW"}
    assert world.credit_of(customer) == 1000


def test_eight_clients_pay_one_bill_at_once(world: World) -> None:
    customer = world.customer()
    bill = world.bill(customer=customer)
    answers = at_once(8, lambda _: world.pay(bill, cash(rupees(20))))
    paid = [answer for answer in answers if not isinstance(answer, Refusal)]
    assert len(paid) == 8
    assert world.get(bill).totals.settled == rupees(118)
    # 160 came: 118 for the bill, 42 of credit; every leg says its own part.
    assert sum(leg.settled.units for payment in paid for leg in payment.legs) == 118
    assert world.credit_of(customer) == 4200
    assert sorted(payment.legs[0].outstanding_after.units for payment in paid) == [0, 0, 0, 18, 38, 58, 78, 98]
