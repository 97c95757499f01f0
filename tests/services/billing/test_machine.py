"""Bills, payments, claims and voids in any order: whatever happens, the books agree with the bills."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

import grpc
from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    my_bill_service_pb2,
    my_bill_service_pb2_grpc,
    payment_pb2,
    payment_service_pb2,
)
from google.protobuf.message import Message
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.harness import refusal
from tests.services.billing.world import card, cash, line, new_id, rupees, upi

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.type import money_pb2

    from tests.services.billing.world import World

_REFUSALS = frozenset(
    (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)
)
_AMOUNTS = st.integers(1, 300)


def _books_agree(world: World) -> None:
    """What holds between any two calls."""
    merchant = str(world.merchant)
    balance = world.trial_balance()
    assert sum(balance.values()) == 0
    ((owed,),) = world.query(
        "SELECT coalesce(sum(total_minor - settled_minor), 0)::bigint FROM billing.bills"
        " WHERE merchant_id = %s AND state IN ('ISSUED', 'PARTLY_PAID', 'PAID')",
        merchant,
    )
    assert balance.get("RECEIVABLE", 0) == owed
    ((credited,),) = world.query(
        "SELECT coalesce(sum(credited_minor), 0)::bigint FROM billing.payment_legs WHERE merchant_id = %s", merchant
    )
    assert -balance.get("CUSTOMER_CREDIT", 0) == credited
    wrong = world.query(
        """
        SELECT b.number FROM billing.bills b LEFT JOIN LATERAL (
            SELECT coalesce(sum(settled_minor), 0) AS settled FROM billing.payment_legs l
            WHERE l.merchant_id = b.merchant_id AND l.bill_id = b.id
        ) legs ON true
        LEFT JOIN billing.person_bills p ON p.person_id = b.person_id AND p.bill_id = b.id
        WHERE b.merchant_id = %s AND (
            b.settled_minor <> legs.settled
            OR b.state <> 'VOID' AND b.number <> '' AND b.state <> CASE
                WHEN b.settled_minor >= b.total_minor THEN 'PAID' WHEN b.settled_minor > 0 THEN 'PARTLY_PAID'
                ELSE 'ISSUED' END
            OR b.person_id IS NOT NULL AND (p.state, p.settled_minor) IS DISTINCT FROM (b.state, b.settled_minor)
        )
        """,
        merchant,
    )
    assert wrong == []
    ((given, highest),) = world.query(
        "SELECT count(*), coalesce(max(sequence), 0) FROM billing.bill_numbers WHERE merchant_id = %s", merchant
    )
    assert given == highest


class Books(RuleBasedStateMachine):
    """One merchant's books, anew for every run."""

    # Set by the test.
    service: ClassVar[World]
    me: ClassVar[my_bill_service_pb2_grpc.MyBillServiceStub]
    phone: ClassVar[str]

    drafts = Bundle("drafts")
    bills = Bundle("bills")
    payments = Bundle("payments")

    def __init__(self) -> None:
        super().__init__()
        self.world = self.service.neighbour()
        self.customer = self.world.customer(phone=self.phone)
        self.utr = 0

    def attempt(self, call: Callable[[], Message]) -> Message | None:
        """A call that may be refused, but may not fail."""
        try:
            return call()
        except grpc.RpcError as error:
            if refusal(error).code not in _REFUSALS:
                raise
            return None

    @rule(target=drafts, price=_AMOUNTS, discount=st.integers(0, 300))
    def draft(self, price: int, discount: int) -> bill_pb2.Bill:
        return self.world.draft(line(rupees(price)), customer=self.customer, discount=rupees(min(price, discount)))

    @rule(target=bills, draft=drafts)
    def issue(self, draft: bill_pb2.Bill) -> bill_pb2.Bill:
        self.attempt(lambda: self.world.issue(draft))
        return draft

    @rule(draft=drafts)
    def delete(self, draft: bill_pb2.Bill) -> None:
        self.attempt(lambda: self.world.bills.DeleteBill(bill_service_pb2.DeleteBillRequest(id=draft.id)))

    @rule(target=payments, bill=bills, amounts=st.lists(_AMOUNTS, min_size=1, max_size=3))
    def pay(self, bill: bill_pb2.Bill, amounts: list[int]) -> Message | None:
        make = [card, cash, self.upi]
        legs = [make[number](rupees(amount)) for number, amount in enumerate(amounts)]
        return self.attempt(lambda: self.world.pay(bill, *legs))

    @rule(target=payments, bill=bills, amount=_AMOUNTS)
    def claim(self, bill: bill_pb2.Bill, amount: int) -> Message | None:
        request = my_bill_service_pb2.ClaimPaymentRequest(id=bill.id, leg=self.upi(rupees(amount)), request_id=new_id())
        return self.attempt(lambda: self.me.ClaimPayment(request))

    @rule(payment=payments)
    def verify(self, payment: payment_pb2.Payment | None) -> None:
        if payment is not None:
            request = payment_service_pb2.VerifyPaymentRequest(id=payment.id, request_id=new_id())
            self.attempt(lambda: self.world.payments.VerifyPayment(request))

    @rule(payment=payments)
    def reject(self, payment: payment_pb2.Payment | None) -> None:
        if payment is not None:
            request = payment_service_pb2.RejectPaymentRequest(id=payment.id, request_id=new_id(), reason="No")
            self.attempt(lambda: self.world.payments.RejectPayment(request))

    @rule(bill=bills)
    def void(self, bill: bill_pb2.Bill) -> None:
        request = bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Wrong")
        self.attempt(lambda: self.world.bills.VoidBill(request))

    @invariant()
    def books_agree(self) -> None:
        _books_agree(self.world)

    def upi(self, amount: money_pb2.Money) -> payment_pb2.PaymentLeg:
        self.utr += 1
        return upi(amount, f"4{self.utr:011}")


def test_the_books_agree_whatever_happens(world: World) -> None:
    account = uuid.uuid4()
    phone = f"+9197{account.int % 10**8:08}"
    world.link(account, phone)
    machine = type("BooksOfThisTest", (Books,), {"service": world, "me": world.person(account), "phone": phone})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
