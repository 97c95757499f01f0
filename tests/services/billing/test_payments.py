"""Payments: legs, credit, proofs, and many payers at once."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import (
    bill_pb2,
    customer_service_pb2,
    payment_pb2,
    payment_service_pb2,
)
from google.type import money_pb2

from services.billing.domain.notices import PaymentReceived
from services.billing.usecases import tasks
from services.kit.ids import to_text
from tests.fakes.billing_peers import HELSINKI
from tests.harness import Refusal
from tests.services.billing.world import at_once, card, cash, euros, line, new_id, refused, rupees, upi

if TYPE_CHECKING:
    from tests.services.billing.world import World


_list = payment_service_pb2.ListPaymentsRequest


def _transfer(amount: money_pb2.Money) -> payment_pb2.PaymentLeg:
    method = payment_pb2.BankTransferMethod(reference="RF18 5390 0754 7034")
    return payment_pb2.PaymentLeg(amount=amount, bank_transfer=method)


def _read(world: World, payment: payment_pb2.Payment) -> payment_pb2.Payment:
    return world.payments.GetPayment(payment_service_pb2.GetPaymentRequest(id=payment.id))


def test_a_split_payment(world: World) -> None:
    customer = world.customer(phone="+919845012345")
    bill = world.bill(customer=customer)
    payment = world.pay(bill, upi(rupees(50)), card(rupees(40)), cash(rupees(20)))
    assert [leg.WhichOneof("method") for leg in payment.legs] == ["upi", "card", "cash"]
    assert [leg.outstanding_after for leg in payment.legs] == [rupees(68), rupees(28), rupees(8)]
    assert [leg.settled for leg in payment.legs] == [rupees(50), rupees(40), rupees(20)]
    assert {leg.state for leg in payment.legs} == {payment_pb2.PAYMENT_LEG_STATE_RECORDED}
    assert (payment.amount, payment.bill_outstanding) == (rupees(110), rupees(8))
    assert payment.bill_state == bill_pb2.BILL_STATE_PARTLY_PAID
    assert payment.customer_id == customer.id
    assert payment.source == payment_pb2.PAYMENT_SOURCE_MERCHANT
    assert _read(world, payment) == payment
    now = world.get(bill)
    assert (now.state, now.totals.settled, now.totals.outstanding) == (
        bill_pb2.BILL_STATE_PARTLY_PAID,
        rupees(110),
        rupees(8),
    )
    assert world.trial_balance() == {
        "MONEY:UPI": 5000,
        "MONEY:CARD": 4000,
        "MONEY:CASH": 2000,
        "RECEIVABLE": 800,
        "SALES": -10000,
        "TAX:CGST": -900,
        "TAX:SGST": -900,
    }
    world.work(tasks.TELL_RECEIPT)
    world.work(tasks.TELL_RECEIPT)
    (receipt,) = world.messenger.said(PaymentReceived)
    assert (receipt.amount.minor, receipt.outstanding.minor, receipt.bill_number) == (11000, 800, bill.number)


def test_what_is_too_much_becomes_credit(world: World) -> None:
    customer = world.customer()
    bill = world.bill(customer=customer)
    payment = world.pay(bill, cash(rupees(100)), cash(rupees(50)))
    assert [(leg.settled, leg.credited) for leg in payment.legs] == [
        (rupees(100), rupees(0)),
        (rupees(18), rupees(32)),
    ]
    assert payment.bill_state == bill_pb2.BILL_STATE_PAID
    more = world.pay(bill, cash(rupees(5)))
    assert (more.legs[0].settled, more.legs[0].credited) == (rupees(0), rupees(5))
    other = world.bill(customer=customer)
    found = world.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=customer.id))
    (balance,) = found.balances
    assert (balance.owed, balance.credit) == (other.totals.total, rupees(37))


def test_a_transfer_in_euros(world: World) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    bill = world.bill(line(euros(10), tax_code="VAT_STANDARD"))
    payment = world.pay(bill, _transfer(euros(12, 55)))
    assert payment.bill_state == bill_pb2.BILL_STATE_PAID
    assert _read(world, payment).legs[0].bank_transfer.reference == "RF18 5390 0754 7034"
    answer = refused(lambda: world.pay(bill, upi(euros(1))))
    assert answer.fields == ("payment.legs[0].upi",)


@pytest.mark.parametrize(
    ("legs", "field"),
    [
        ([], "payment.legs"),
        ([cash(rupees(0))], "payment.legs[0].amount"),
        ([cash(rupees(1)), cash(rupees(-1))], "payment.legs[1].amount"),
        ([cash(rupees(10**12 + 1))], "payment.legs[0].amount"),
        ([payment_pb2.PaymentLeg(cash=payment_pb2.CashMethod())], "payment.legs[0].amount"),
        ([payment_pb2.PaymentLeg(amount=rupees(1))], "payment.legs[0].method"),
        ([cash(money_pb2.Money(currency_code="INR", nanos=1))], "payment.legs[0].amount"),
        ([cash(euros(1))], "payment.legs[0].amount"),
        ([cash(rupees(1)), cash(euros(1))], "payment.legs[1].amount.currency_code"),
        ([upi(rupees(1), "1234")], "payment.legs[0].upi.utr"),
        ([upi(rupees(1)), upi(rupees(1))], "payment.legs[1].upi.utr"),
        (
            [payment_pb2.PaymentLeg(amount=rupees(1), card=payment_pb2.CardMethod(last_four="42", approval_code="A"))],
            "payment.legs[0].card.last_four",
        ),
        ([cash(rupees(1))] * 21, "payment.legs"),
    ],
)
def test_a_broken_payment_names_the_field_and_moves_nothing(
    world: World, legs: list[payment_pb2.PaymentLeg], field: str
) -> None:
    bill = world.bill()
    answer = refused(lambda: world.pay(bill, *legs))
    assert answer.code in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.ALREADY_EXISTS}
    assert answer.fields == (field,)
    assert world.get(bill) == bill
    assert world.query("SELECT count(*) FROM billing.payments WHERE merchant_id = %s", str(world.merchant)) == [(0,)]


def test_a_draft_takes_no_payment(world: World) -> None:
    assert refused(lambda: world.pay(world.draft(), cash(rupees(1)))).reason == "BILL_NOT_ISSUED"


def test_a_utr_is_entered_once(world: World) -> None:
    first = world.pay(world.bill(), upi(rupees(10), "AXISN1234567890"))
    bill = world.bill()
    answer = refused(lambda: world.pay(bill, cash(rupees(5)), upi(rupees(10), "axisn1234567890")))
    assert (answer.code, answer.reason) == (grpc.StatusCode.ALREADY_EXISTS, "UTR_EXISTS")
    assert answer.metadata == {"payment_id": first.id}
    assert answer.fields == ("payment.legs[1].upi.utr",)
    assert world.get(bill) == bill
    # Another merchant's banks are other banks.
    neighbour = world.neighbour()
    assert neighbour.pay(neighbour.bill(), upi(rupees(10), "AXISN1234567890")).bill_outstanding == rupees(108)


def test_the_same_utr_at_once_is_one_payment(world: World) -> None:
    bills = [world.bill() for _ in range(6)]
    answers = at_once(6, lambda number: world.pay(bills[number], upi(rupees(118))))
    assert sum(isinstance(answer, payment_pb2.Payment) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, Refusal)} == {"UTR_EXISTS"}
    paid = [world.get(bill).state for bill in bills].count(bill_pb2.BILL_STATE_PAID)
    assert paid == 1


def test_fifty_repeats_at_once_are_one_payment(world: World) -> None:
    bill = world.bill()
    request_id = new_id()
    answers = at_once(50, lambda _: world.pay(bill, upi(rupees(100)), cash(rupees(10)), request_id=request_id))
    assert isinstance(answers[0], payment_pb2.Payment)
    assert all(answer == answers[0] for answer in answers)
    assert world.get(bill).totals.outstanding == rupees(8)
    other = refused(lambda: world.pay(bill, cash(rupees(8)), request_id=request_id))
    assert other.reason == "REQUEST_ID_REUSED"
    assert world.get(bill).totals.outstanding == rupees(8)


def test_eight_payers_at_once_never_overpay_and_lose_nothing(world: World) -> None:
    customer = world.customer()
    bill = world.bill(line(rupees(1000), tax_code="GST_EXEMPT"), customer=customer)
    answers = at_once(8, lambda number: world.pay(bill, cash(rupees(100)), card(rupees(50 + number))))
    payments = [answer for answer in answers if isinstance(answer, payment_pb2.Payment)]
    assert len(payments) == 8
    legs = [leg for payment in payments for leg in payment.legs]
    assert sum(leg.settled.units for leg in legs) == 1000
    assert sum(leg.credited.units for leg in legs) == 8 * 150 + 28 - 1000
    # Each leg began where another one ended.
    afters = sorted((leg.outstanding_after.units for leg in legs if leg.settled.units), reverse=True)
    assert len(set(afters)) == len(afters)
    assert afters[-1] == 0
    now = world.get(bill)
    assert (now.state, now.totals.settled) == (bill_pb2.BILL_STATE_PAID, rupees(1000))
    balance = world.trial_balance()
    assert balance["CUSTOMER_CREDIT"] == -22800
    assert "RECEIVABLE" not in balance
    assert sum(balance.values()) == 0


def test_lists_page_and_filter(world: World) -> None:
    one, other = world.bill(), world.bill()
    payments = [world.pay(one, cash(rupees(1))) for _ in range(3)]
    last = world.pay(other, cash(rupees(1)))

    def listed(only: payment_service_pb2.ListPaymentsRequest) -> list[str]:
        found: list[str] = []
        token = ""
        while True:
            request = _list(page_size=2, page_token=token)
            request.MergeFrom(only)
            answer = world.payments.ListPayments(request)
            found += [payment.id for payment in answer.payments]
            assert all(payment.legs for payment in answer.payments)
            token = answer.next_page_token
            if not token:
                return found

    assert listed(_list()) == sorted([last.id, *(payment.id for payment in payments)], reverse=True)
    assert listed(_list(bill_id=other.id)) == [last.id]
    assert listed(_list(customer_id=one.customer_id)) == sorted((payment.id for payment in payments), reverse=True)
    assert not world.payments.ListPayments(_list(pending=True)).payments


def test_the_merchant_may_confirm_what_it_recorded(world: World) -> None:
    payment = world.pay(world.bill(), upi(rupees(100)), cash(rupees(18)))
    request = payment_service_pb2.VerifyPaymentRequest(id=payment.id, request_id=new_id(), leg_ids=[payment.legs[0].id])
    verified = world.payments.VerifyPayment(request)
    assert [leg.state for leg in verified.legs] == [
        payment_pb2.PAYMENT_LEG_STATE_VERIFIED,
        payment_pb2.PAYMENT_LEG_STATE_RECORDED,
    ]
    assert verified.legs[0].settled == rupees(100)
    assert world.payments.VerifyPayment(request) == verified
    request.request_id = new_id()
    answer = refused(lambda: world.payments.VerifyPayment(request))
    assert (answer.reason, answer.metadata) == (
        "PAYMENT_STATE_WRONG",
        {"leg_id": payment.legs[0].id, "state": "VERIFIED"},
    )
    strange = payment_service_pb2.VerifyPaymentRequest(
        id=payment.id, request_id=new_id(), leg_ids=[to_text("leg", uuid.UUID(int=3))]
    )
    answer = refused(lambda: world.payments.VerifyPayment(strange))
    assert (answer.reason, answer.fields) == ("PAYMENT_LEG_NOT_FOUND", ("leg_ids[0]",))
    rejection = payment_service_pb2.RejectPaymentRequest(id=payment.id, request_id=new_id(), reason="No")
    assert refused(lambda: world.payments.RejectPayment(rejection)).reason == "PAYMENT_STATE_WRONG"
    assert world.trial_balance()["MONEY:UPI"] == 10000


def test_another_merchants_payment_is_no_payment(world: World) -> None:
    payment = world.pay(world.bill(), cash(rupees(1)))
    stranger = world.neighbour().payments

    def calls(payment_id: str, bill_id: str) -> list[Refusal]:
        record = payment_service_pb2.RecordPaymentRequest(
            bill_id=bill_id, payment=payment_pb2.Payment(legs=[cash(rupees(1))]), request_id=new_id()
        )
        return [
            refused(lambda: stranger.RecordPayment(record)),
            refused(lambda: stranger.GetPayment(payment_service_pb2.GetPaymentRequest(id=payment_id))),
            refused(
                lambda: stranger.VerifyPayment(
                    payment_service_pb2.VerifyPaymentRequest(id=payment_id, request_id=new_id())
                )
            ),
            refused(
                lambda: stranger.RejectPayment(
                    payment_service_pb2.RejectPaymentRequest(id=payment_id, request_id=new_id(), reason="x")
                )
            ),
        ]

    answers = calls(payment.id, payment.bill_id)
    assert answers == calls(to_text("pay", uuid.UUID(int=1)), to_text("bill", uuid.UUID(int=1)))
    assert [answer.reason for answer in answers] == ["BILL_NOT_FOUND"] + ["PAYMENT_NOT_FOUND"] * 3
    assert not stranger.ListPayments(_list(bill_id=payment.bill_id)).payments
