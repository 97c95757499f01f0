"""Bills, payments, claims, credit, credit notes, refunds and voids, in any order and at once: the books agree."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar, TypeVar

import grpc
from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    customer_pb2,
    my_bill_service_pb2,
    my_bill_service_pb2_grpc,
    payment_pb2,
    payment_service_pb2,
    refund_pb2,
)
from google.protobuf.message import Message
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.harness import Refusal, refusal
from tests.services.billing import books
from tests.services.billing.world import at_once, card, cash, cheque, from_credit, line, new_id, rupees, upi

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.type import money_pb2
    from hypothesis.stateful import MultipleResults

    from tests.services.billing.world import World

_REFUSALS = frozenset(
    (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)
)
_AMOUNTS = st.integers(1, 300)
_LEGS = st.integers(0, 3)
_WHICH = st.integers(0, 9)
_WHO = st.sampled_from([0, 0, 0, 1])
_SELDOM = st.integers(0, 5).map(lambda number: number == 0)
_QUANTITIES = ("1", "2.5", "0.333")
_PIECES = st.sampled_from(["0.111", "0.5", "1", "2.5"])
# All of something, half of it, a third.
_PARTS = st.integers(1, 3)
M = TypeVar("M", bound=Message)


def _paise(money: money_pb2.Money) -> int:
    return int(money.units) * 100 + money.nanos // 10_000_000


class Books(RuleBasedStateMachine):
    """One merchant's books, anew for every run."""

    # Set by the test.
    service: ClassVar[World]
    me: ClassVar[my_bill_service_pb2_grpc.MyBillServiceStub]
    phone: ClassVar[str]

    bills = Bundle("bills")

    def __init__(self) -> None:
        super().__init__()
        self.world = self.service.neighbour()
        self.customers = (self.world.customer(phone=self.phone), self.world.customer())
        self.used = 0
        self.paid: list[payment_pb2.Payment] = []

    def attempt(self, call: Callable[[], M]) -> M | None:
        """A call that may be refused, but may not fail."""
        try:
            return call()
        except grpc.RpcError as error:
            if refusal(error).code not in _REFUSALS:
                raise
            return None

    @rule(
        target=bills,
        prices=st.lists(_AMOUNTS, min_size=1, max_size=3),
        discount=st.integers(0, 300),
        who=_WHO,
        thinks_again=_SELDOM,
    )
    def sell(self, prices: list[int], discount: int, who: int, *, thinks_again: bool) -> MultipleResults[bill_pb2.Bill]:
        lines = [line(rupees(price, 37), _QUANTITIES[price % 3]) for price in prices]
        taken_off = rupees(min(*prices, discount) // 4)
        draft = self.world.draft(*lines, customer=self.customers[who], discount=taken_off)
        if thinks_again:
            self.world.bills.DeleteBill(bill_service_pb2.DeleteBillRequest(id=draft.id))
            return multiple()
        return multiple(self.world.issue(draft))

    @rule(bill=bills, amounts=st.lists(_AMOUNTS, min_size=1, max_size=4), ways=st.permutations(range(5)))
    def pay(self, bill: bill_pb2.Bill, amounts: list[int], ways: list[int]) -> None:
        legs = [self.leg(way, amount) for way, amount in zip(ways, amounts, strict=False)]
        self.made(lambda: self.world.pay(bill, *legs))

    @rule(bill=bills, part=_PARTS)
    def use_credit(self, bill: bill_pb2.Bill, part: int) -> None:
        now = self.world.get(bill)
        (owner,) = [customer for customer in self.customers if customer.id == now.customer_id]
        paise = min(self.world.credit_of(owner) // part, _paise(now.totals.outstanding))
        if paise == 0 or now.state == bill_pb2.BILL_STATE_VOID:
            return
        self.made(lambda: self.world.pay(bill, from_credit(rupees(*divmod(paise, 100)))))

    @rule(bill=bills, more=_AMOUNTS)
    def pay_too_much(self, bill: bill_pb2.Bill, more: int) -> None:
        left = self.world.get(bill).totals.outstanding
        self.made(lambda: self.world.pay(bill, cash(rupees(int(left.units) + more))))

    @rule(bill=bills, amount=_AMOUNTS)
    def claim(self, bill: bill_pb2.Bill, amount: int) -> None:
        leg = upi(rupees(amount), self.reference())
        request = my_bill_service_pb2.ClaimPaymentRequest(id=bill.id, leg=leg, request_id=new_id())
        self.made(lambda: self.me.ClaimPayment(request))

    @rule(which=_WHICH)
    def verify(self, which: int) -> None:
        payment = self.chosen(which)
        if payment is not None:
            self.attempt(lambda: self.verified(payment))

    @rule(which=_WHICH, named=st.booleans(), leg=_LEGS)
    def reject(self, which: int, leg: int, *, named: bool) -> None:
        payment = self.chosen(which)
        if payment is None:
            return
        legs = [payment.legs[leg % len(payment.legs)].id] if named else []
        self.attempt(lambda: self.rejected(payment, legs))

    @rule(bill=bills, lines=st.none() | st.fixed_dictionaries({1: _PIECES}, optional={2: _PIECES}))
    def credit(self, bill: bill_pb2.Bill, lines: dict[int, str] | None) -> None:
        self.attempt(lambda: self.world.credit(bill, lines))

    @rule(which=_WHICH, leg=_LEGS, part=_PARTS)
    def refund(self, which: int, leg: int, part: int) -> None:
        payment = self.chosen(which)
        if payment is not None:
            self.attempt(lambda: self.refunded(payment, leg, part))

    @rule(part=_PARTS)
    def refund_credit(self, part: int) -> None:
        if not self.credited():
            return
        customer = self.credited()[0]
        paise = max(1, self.world.credit_of(customer) // part)
        self.world.refund_credit(customer, rupees(*divmod(paise, 100)))

    @rule(bill=bills, means_it=_SELDOM)
    def void(self, bill: bill_pb2.Bill, *, means_it: bool) -> None:
        if means_it:
            self.attempt(lambda: self.voided(bill))

    @rule(which=_WHICH, amount=_AMOUNTS, deeds=st.lists(st.integers(0, 6), min_size=3, max_size=6))
    def at_once(self, which: int, amount: int, deeds: list[int]) -> None:
        """Several people, with one bill and a payment of it."""
        payment = self.chosen(which)
        if payment is None:
            return
        bill = bill_pb2.Bill(id=payment.bill_id)
        money = rupees(amount)
        ways: tuple[Callable[[], Message], ...] = (
            lambda: self.world.pay(bill, cash(money)),
            lambda: self.world.pay(bill, from_credit(rupees(1))),
            lambda: self.world.credit(bill, {1: "0.111"}),
            lambda: self.world.refund_credit(self.customers[0], rupees(1)),
            lambda: self.voided(bill),
            lambda: self.verified(payment),
            lambda: self.refunded(payment, 0, 2),
        )
        for answer in at_once(len(deeds), lambda number: ways[deeds[number]]()):
            assert not isinstance(answer, Refusal) or answer.code in _REFUSALS, answer

    @invariant()
    def books_agree(self) -> None:
        books.agree(self.world)

    def made(self, call: Callable[[], payment_pb2.Payment]) -> None:
        """A payment that later steps may choose. Not a bundle: what those hold may not depend on who was faster."""
        payment = self.attempt(call)
        if payment is not None:
            self.paid.append(payment)

    def chosen(self, which: int) -> payment_pb2.Payment | None:
        """One of the payments; None as long as there is none."""
        return self.paid[which % len(self.paid)] if self.paid else None

    def credited(self) -> list[customer_pb2.Customer]:
        """The customers who have credit."""
        return [customer for customer in self.customers if self.world.credit_of(customer)]

    def leg(self, way: int, amount: int) -> payment_pb2.PaymentLeg:
        """One of the five ways to pay."""
        money = rupees(amount)
        match way:
            case 0:
                return card(money)
            case 1:
                return cash(money)
            case 2:
                return upi(money, self.reference())
            case 3:
                return cheque(money, self.reference(), cleared=amount % 2 == 0)
            case _:
                return from_credit(money)

    def reference(self) -> str:
        """One that was not used before."""
        self.used += 1
        return f"4{self.used:011}"

    def verified(self, payment: payment_pb2.Payment) -> payment_pb2.Payment:
        request = payment_service_pb2.VerifyPaymentRequest(id=payment.id, request_id=new_id())
        return self.world.payments.VerifyPayment(request)

    def rejected(self, payment: payment_pb2.Payment, legs: list[str]) -> payment_pb2.Payment:
        request = payment_service_pb2.RejectPaymentRequest(
            id=payment.id, request_id=new_id(), reason="No", leg_ids=legs
        )
        return self.world.payments.RejectPayment(request)

    def refunded(self, payment: payment_pb2.Payment, leg: int, part: int) -> refund_pb2.Refund:
        """Gives back a part of what a leg is now, or of what it was if nothing is left."""
        now = self.world.payments.GetPayment(payment_service_pb2.GetPaymentRequest(id=payment.id))
        number = leg % len(now.legs)
        paise = max(1, (_paise(now.legs[number].settled) + _paise(now.legs[number].credited)) // part)
        paid_by_credit = now.legs[number].WhichOneof("method") == "customer_credit"
        more = {"customer_credit": payment_pb2.CustomerCreditMethod()} if paid_by_credit else {}
        return self.world.refund(now, rupees(*divmod(paise, 100)), leg=number, **more)

    def voided(self, bill: bill_pb2.Bill) -> bill_pb2.Bill:
        request = bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Wrong")
        return self.world.bills.VoidBill(request)


def test_the_books_agree_whatever_happens(world: World) -> None:
    account = uuid.uuid4()
    phone = f"+9197{account.int % 10**8:08}"
    world.link(account, phone)
    machine = type("BooksOfThisTest", (Books,), {"service": world, "me": world.person(account), "phone": phone})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
