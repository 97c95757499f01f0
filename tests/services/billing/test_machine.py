"""Bills, payments, claims, credit, credit notes, refunds and voids, in any order and at once: the books agree.

Each step alone is also held against what it should have done, reckoned here; of steps at once only the books are known.
"""

from __future__ import annotations

import uuid
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    customer_service_pb2,
    my_bill_service_pb2,
    payment_pb2,
    payment_service_pb2,
)
from google.protobuf.message import Message
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from services.billing.usecases import invariants
from tests.harness import Refusal
from tests.services.billing import books
from tests.services.billing.trade import ARRIVED, PAYABLE, PENDING, REJECTED, Trade, fair, minor_of, money_of
from tests.services.billing.world import at_once, card, cash, cheque, euros, from_credit, new_id, rupees, upi

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.stateful import MultipleResults

    from tests.services.billing.world import World

_AMOUNTS = st.integers(1, 300)
_LEGS = st.integers(0, 3)
_WAYS = st.lists(st.integers(0, 4), min_size=4, max_size=4)
_WHICH = st.integers(0, 9)
_WHO = st.sampled_from([0, 0, 0, 1])
_SELDOM = st.integers(0, 5).map(lambda number: number == 0)
# How often a call is made: once; once more when it was answered; twice at once.
_TIMES = st.sampled_from(["once", "once", "once", "again", "twice"])
_PRICES = st.lists(_AMOUNTS, min_size=1, max_size=3)
# Of the quantities that trade.py sells: a part, or all but a thousandth.
_PIECES = st.sampled_from(["0.111", "0.222", "0.332", "0.5", "0.999", "1", "2.499"])
# All of something, half of it, a third.
_PARTS = st.integers(1, 3)
_BACK = st.sampled_from(["cash", "upi"])
_DEEDS = st.integers(0, 12)
# Of these, those that leave less to pay of the one bill, or nothing else.
_SETTLING = frozenset((0, 1, 2, 3, 5, 6, 7, 12))


class Books(Trade):
    """One merchant's books, anew for every run."""

    bills = Bundle("bills")

    @initialize(target=bills, prices=_PRICES, amount=_AMOUNTS)
    def open_shop(self, prices: list[int], amount: int) -> MultipleResults[bill_pb2.Bill]:
        """Somebody owes, somebody has credit, and somebody has claimed something, from the start."""
        first, second, third = (self.issued(self.draft(prices, 0, 0), "once") for _ in range(3))
        self.pay_off(first, 100 * amount, 1, short=False)
        self.claim(second, 1, reused=False, times="once")
        return multiple(first, second, third)

    @rule(target=bills, prices=_PRICES, discount=st.integers(0, 300), who=_WHO, drops=_SELDOM, times=_TIMES)
    def sell(
        self, prices: list[int], discount: int, who: int, times: str, *, drops: bool
    ) -> MultipleResults[bill_pb2.Bill]:
        draft = self.draft(prices, discount, who)
        if drops:
            self.world.bills.DeleteBill(bill_service_pb2.DeleteBillRequest(id=draft.id))
            return multiple()
        return multiple(self.issued(draft, times))

    @rule(target=bills, prices=_PRICES, count=st.integers(1, 3))
    def sell_at_once(self, prices: list[int], count: int) -> MultipleResults[bill_pb2.Bill]:
        """Two members of the staff issue the same bills: each is issued once, with a number of its own."""
        drafts = [self.draft(prices, 0, number % 2) for number in range(count)]
        answers = at_once(2 * count, lambda number: self.world.issue(drafts[number // 2]))
        issued = [answer for answer in answers if not isinstance(answer, Refusal)]
        assert sorted(bill.id for bill in issued) == sorted(draft.id for draft in drafts), answers
        assert len({bill.number for bill in issued}) == count
        return multiple(*drafts)

    @rule(bill=bills, amounts=st.lists(_AMOUNTS, min_size=1, max_size=4), ways=_WAYS, times=_TIMES, reused=_SELDOM)
    def pay(self, bill: bill_pb2.Bill, amounts: list[int], ways: list[int], times: str, *, reused: bool) -> None:
        legs = [self.leg(way, amount, reused=reused) for way, amount in zip(ways, amounts, strict=False)]
        self.recorded(bill, legs, times)

    @rule(bill=bills, amount=_AMOUNTS)
    def pay_in_euros(self, bill: bill_pb2.Bill, amount: int) -> None:
        assert self.attempt(lambda: self.world.pay(bill, cash(euros(amount)))) is None

    @rule(bill=bills, part=_PARTS, halves=st.booleans())
    def use_credit(self, bill: bill_pb2.Bill, part: int, *, halves: bool) -> None:
        """A part of the customer's credit, after a paisa more than there is, or than is asked for."""
        now = self.world.get(bill)
        credit, left = self.world.credit_of(self.owner(now)), minor_of(now.totals.outstanding)
        for paise in (min(credit, left) + 1, min(credit // part, left)):
            pieces = [piece for piece in ((paise // 2, paise - paise // 2) if halves else (paise,)) if piece]
            if pieces:
                payment = self.recorded(bill, [from_credit(money_of(piece)) for piece in pieces], "once")
                assert (payment is not None) == (paise <= min(credit, left) and now.state in PAYABLE)

    @rule(bill=bills, more=st.sampled_from([0, 0, 1, 5_000, 50_000]), way=st.integers(0, 3), short=_SELDOM)
    def pay_off(self, bill: bill_pb2.Bill, more: int, way: int, *, short: bool) -> None:
        """All that is left, to the paisa; or more, or a paisa less."""
        paise = self.left_of(bill) + (-1 if short else more)
        if paise > 0:
            leg = self.leg(way, 1, reused=False)
            leg.amount.CopyFrom(money_of(paise))
            self.recorded(bill, [leg], "once")

    @rule(bill=bills, amount=_AMOUNTS, times=_TIMES, reused=_SELDOM)
    def claim(self, bill: bill_pb2.Bill, amount: int, times: str, *, reused: bool) -> None:
        leg = upi(rupees(amount), self.reference(reused=reused))
        request = my_bill_service_pb2.ClaimPaymentRequest(id=bill.id, leg=leg, request_id=new_id())
        before = self.world.get(bill)
        waiting = sum(minor_of(leg.amount) for leg in self.legs_of(bill) if leg.state == PENDING)
        claimed = self.attempt(lambda: self.me.ClaimPayment(request), times)
        if claimed is not None:
            self.paid.append(claimed)
            assert amount * 100 <= minor_of(before.totals.outstanding) - waiting
        assert self.world.get(bill) == before

    @rule(which=_WHICH, times=_TIMES)
    def verify(self, which: int, times: str) -> None:
        payment = self.chosen(which)
        if payment is None:
            return
        bill = bill_pb2.Bill(id=payment.bill_id)
        before, left = self.read(payment), self.left_of(bill)
        request = payment_service_pb2.VerifyPaymentRequest(id=payment.id, request_id=new_id())
        after = self.attempt(lambda: self.world.payments.VerifyPayment(request), times)
        if after is None:
            return
        assert any(leg.state in {PENDING, payment_pb2.PAYMENT_LEG_STATE_RECORDED} for leg in before.legs)
        for leg in before.legs:
            left -= min(left, minor_of(leg.amount)) if leg.state == PENDING else 0
        self.agreed(bill, after, left)

    @rule(which=_WHICH, named=st.booleans(), leg=_LEGS, times=_TIMES)
    def reject(self, which: int, leg: int, times: str, *, named: bool) -> None:
        payment = self.chosen(which)
        if payment is None:
            return
        bill, legs = bill_pb2.Bill(id=payment.bill_id), [payment.legs[leg % len(payment.legs)].id] if named else []
        before, left = self.read(payment), self.left_of(bill)
        request = payment_service_pb2.RejectPaymentRequest(
            id=payment.id, request_id=new_id(), reason="No", leg_ids=legs
        )
        after = self.attempt(lambda: self.world.payments.RejectPayment(request), times)
        if after is None:
            return
        for old, new in zip(before.legs, after.legs, strict=True):
            if old.state != REJECTED and new.state == REJECTED:
                # Money that has come in another way is given back, not rejected.
                assert old.state == PENDING or old.WhichOneof("method") == "cheque"
                left += minor_of(old.settled)
        self.agreed(bill, after, left)

    @rule(bill=bills, lines=st.none() | st.dictionaries(st.integers(1, 2), _PIECES, min_size=1), times=_TIMES)
    def credit(self, bill: bill_pb2.Bill, lines: dict[int, str] | None, times: str) -> None:
        for _ in range(3 if lines else 1):
            left, request_id = self.left_of(bill), new_id()
            note = self.attempt(partial(self.world.credit, bill, lines, request_id=request_id), times)
            if note is not None:
                assert minor_of(note.applied) == min(left, minor_of(note.total))
                assert minor_of(note.to_customer_credit) == minor_of(note.total) - minor_of(note.applied)
                left -= minor_of(note.applied)
            assert self.left_of(bill) == left

    @rule(which=_WHICH, leg=_LEGS, part=_PARTS, way=_BACK, times=_TIMES)
    def refund(self, which: int, leg: int, part: int, way: str, times: str) -> None:
        """A part of a leg, after a paisa more than can be given back, and after the wrong way."""
        payment = self.chosen(which)
        if payment is None:
            return
        bill, before = bill_pb2.Bill(id=payment.bill_id), self.read(payment)
        leg, left = leg % len(before.legs), self.left_of(bill)
        was = before.legs[leg]
        spare = min(minor_of(was.credited), self.world.credit_of(self.owner(before)))
        able = spare + minor_of(was.settled) if was.state in ARRIVED else 0
        by_credit = was.WhichOneof("method") == "customer_credit"
        utr = self.reference() if way == "upi" else None
        assert self.attempt(self.refunding(before, leg, 1, to_credit=not by_credit)) is None
        assert self.attempt(self.refunding(before, leg, able + 1, to_credit=by_credit)) is None
        if not able // part:
            return
        made = self.attempt(self.refunding(before, leg, able // part, to_credit=by_credit, utr=utr), times)
        assert made is not None
        credit = min(able // part, spare)
        assert (minor_of(made.from_credit), minor_of(made.reopened)) == (credit, able // part - credit)
        assert self.left_of(bill) == left + able // part - credit
        now = self.read(payment).legs[leg]
        assert (now.state == payment_pb2.PAYMENT_LEG_STATE_REFUNDED) == (now.refunded == now.amount)
        if utr and not by_credit:
            assert self.attempt(self.refunding(before, leg, 1, to_credit=False, utr=utr)) is None

    @rule(part=_PARTS, who=_WHO, times=_TIMES)
    def refund_credit(self, part: int, who: int, times: str) -> None:
        """A part of it, after a paisa more than there is."""
        customer, request_id = self.customers[who], new_id()
        credit = self.world.credit_of(customer)
        assert self.attempt(lambda: self.world.refund_credit(customer, money_of(credit + 1))) is None
        if credit // part:
            back = money_of(credit // part)
            made = self.attempt(lambda: self.world.refund_credit(customer, back, request_id=request_id), times)
            assert made is not None
        # What was made of an amount paid too much cannot be given back with it once more.
        for payment in (*self.paid[:1], *self.paid[-3:]) if part == 1 else ():
            now = self.read(payment)
            for number, leg in enumerate(now.legs):
                if now.customer_id == customer.id and minor_of(leg.credited):
                    by_credit = leg.WhichOneof("method") == "customer_credit"
                    call = self.refunding(now, number, minor_of(leg.settled) + 1, to_credit=by_credit)
                    assert self.attempt(call) is None

    @rule(bill=bills, means_it=_SELDOM, times=_TIMES)
    def void(self, bill: bill_pb2.Bill, times: str, *, means_it: bool) -> None:
        if not means_it:
            return
        before = self.world.get(bill)
        waits = any(leg.state == PENDING for leg in self.legs_of(bill))
        request = bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Wrong")
        voided = self.attempt(lambda: self.world.bills.VoidBill(request), times)
        if voided is not None:
            assert (before.state, waits) == (bill_pb2.BILL_STATE_ISSUED, False)
            assert self.left_of(bill) == 0

    @rule(price=_AMOUNTS, times=_TIMES)
    def withdraw(self, price: int, times: str) -> None:
        """A bill that was withdrawn takes nothing any more."""
        bill = self.issued(self.draft([price], 0, 0), "once")
        leg = upi(rupees(1), self.reference())
        paid = self.attempt(lambda: self.world.pay(bill, cheque(rupees(1), self.reference())))
        assert paid is not None
        void = bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Wrong")
        assert self.attempt(lambda: self.world.bills.VoidBill(void)) is None
        reject = payment_service_pb2.RejectPaymentRequest(id=paid.id, request_id=new_id(), reason="No")
        assert self.attempt(lambda: self.world.payments.RejectPayment(reject), times) is not None
        assert self.attempt(lambda: self.world.bills.VoidBill(void), times) is not None
        claim = my_bill_service_pb2.ClaimPaymentRequest(id=bill.id, leg=leg, request_id=new_id())
        again = bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Wrong")
        verify = payment_service_pb2.VerifyPaymentRequest(id=paid.id, request_id=new_id())
        calls: tuple[Callable[[], Message], ...] = (
            lambda: self.world.pay(bill, cash(rupees(1))),
            lambda: self.world.credit(bill),
            lambda: self.me.ClaimPayment(claim),
            lambda: self.world.bills.VoidBill(again),
            lambda: self.world.payments.VerifyPayment(verify),
            lambda: self.world.issue(bill),
        )
        assert [self.attempt(call) for call in calls] == [None] * len(calls)

    @rule(price=_AMOUNTS, times=_TIMES)
    def open_again(self, price: int, times: str) -> None:
        """A bill that was paid, credited and paid back asks for everything again, and cannot be withdrawn."""
        bill = self.issued(self.draft([price], 0, 0), "once")
        paid = self.recorded(bill, [cash(money_of(self.left_of(bill)))], times)
        assert paid is not None
        self.credit(bill, None, times)
        self.refund(len(self.paid) - 1, 0, 1, "cash", times)
        void = bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Wrong")
        assert self.attempt(lambda: self.world.bills.VoidBill(void)) is None

    @rule(bill=bills, paise=st.integers(1, 200), bounces=st.booleans(), times=_TIMES)
    def bring_cheque(self, bill: bill_pb2.Bill, paise: int, times: str, *, bounces: bool) -> None:
        """Beside cash, and the bank pays it or not, and may take it back."""
        legs = [cash(money_of(paise)), cheque(money_of(2 * paise), self.reference())]
        if self.recorded(bill, legs, "once") is None:
            return
        if not bounces:
            self.verify(len(self.paid) - 1, times)
        self.reject(len(self.paid) - 1, 1, times, named=True)

    @rule(bill=bills, more=_AMOUNTS)
    def spend_cheque(self, bill: bill_pb2.Bill, more: int) -> None:
        """A cheque that was too much does not bounce once that is paid out."""
        leg = cheque(money_of(self.left_of(bill) + more), self.reference(), cleared=True)
        payment = self.recorded(bill, [leg], "once")
        if payment is None:
            return
        owner = self.owner(payment)
        self.world.refund_credit(owner, money_of(self.world.credit_of(owner)))
        request = payment_service_pb2.RejectPaymentRequest(
            id=payment.id, request_id=new_id(), reason="No", leg_ids=[payment.legs[0].id]
        )
        assert self.attempt(lambda: self.world.payments.RejectPayment(request)) is None

    @rule(price=_AMOUNTS)
    def merge(self, price: int) -> None:
        """The second customer, who has credit, was the first all along."""
        bill = self.issued(self.draft([price], 0, 1), "once")
        self.recorded(bill, [cash(rupees(2_000))], "once")
        survivor, duplicate = self.customers
        credits_ = self.world.credit_of(survivor) + self.world.credit_of(duplicate)
        request = customer_service_pb2.MergeCustomersRequest(
            id=survivor.id, duplicate_id=duplicate.id, request_id=new_id()
        )
        self.world.customers.MergeCustomers(request)
        self.customers[1] = self.world.customer()
        assert self.world.credit_of(survivor) == credits_

    @rule(bill=bills)
    def look(self, bill: bill_pb2.Bill) -> None:
        """The parts of a bill are paid one after the other, and are owed together what the bill is."""
        now = self.world.get(bill)
        left = [(minor_of(part.outstanding), minor_of(part.amount)) for part in now.instalments]
        if left:
            assert sum(owed for owed, _ in left) == minor_of(now.totals.outstanding)
            owing = [owed for owed, _ in left if owed]
            assert [owed for owed, _ in left][len(left) - len(owing) :] == owing
            assert all(owed == whole for owed, whole in left[len(left) - len(owing) + 1 :])

    @rule(which=_WHICH, amount=_AMOUNTS, deeds=st.tuples(_DEEDS, _DEEDS).map(lambda two: [*two] * 3))
    def at_once(self, which: int, amount: int, deeds: list[int]) -> None:
        """Several people, with one bill and a payment of it, and the customer's credit. Each wants all of it."""
        payment, other = self.chosen(which), self.chosen(which + 1)
        if payment is None or other is None:
            return
        now, bill = self.read(payment), bill_pb2.Bill(id=payment.bill_id)
        owner, left = self.owner(now), self.left_of(bill)
        credit = self.world.credit_of(owner)
        share = money_of(max(1, min(credit, left)))
        leg = next((number for number, leg in enumerate(now.legs) if leg.state in ARRIVED), 0)
        able = minor_of(now.legs[leg].settled) + min(credit, minor_of(now.legs[leg].credited))
        by_credit = now.legs[leg].WhichOneof("method") == "customer_credit"
        back = {"customer_credit": payment_pb2.CustomerCreditMethod()} if by_credit else {}
        utr = self.reference()
        ways: tuple[Callable[[], Message], ...] = (
            lambda: self.world.pay(bill, cash(rupees(amount))),
            lambda: self.world.pay(bill, card(money_of(max(1, left)))),
            lambda: self.world.pay(bill, upi(rupees(amount), utr)),
            lambda: self.world.pay(bill, from_credit(share)),
            lambda: self.world.pay(bill_pb2.Bill(id=other.bill_id), from_credit(share)),
            lambda: self.world.credit(bill),
            lambda: self.world.credit(bill, {1: "0.222"}),
            lambda: self.world.refund_credit(owner, money_of(max(1, credit))),
            lambda: self.world.refund(now, money_of(max(1, able)), leg=leg, **back),
            lambda: self.world.bills.VoidBill(
                bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Wrong")
            ),
            lambda: self.world.payments.VerifyPayment(
                payment_service_pb2.VerifyPaymentRequest(id=payment.id, request_id=new_id())
            ),
            lambda: self.world.payments.RejectPayment(
                payment_service_pb2.RejectPaymentRequest(id=payment.id, request_id=new_id(), reason="No")
            ),
            lambda: self.me.ClaimPayment(
                my_bill_service_pb2.ClaimPaymentRequest(
                    id=bill.id, leg=upi(money_of(max(1, left)), self.reference()), request_id=new_id()
                )
            ),
        )
        answers = [fair(answer) for answer in at_once(len(deeds), lambda number: ways[deeds[number]]())]
        made = [answer for answer in answers if isinstance(answer, payment_pb2.Payment)]
        for one in made:
            # What was acknowledged is not lost.
            self.read(one)
        if _SETTLING.issuperset(deeds):
            # Each was told another part of what was left.
            told = [(minor_of(leg.outstanding_after), minor_of(leg.settled)) for one in made for leg in one.legs]
            parts = sorted((after, after + settled) for after, settled in told if settled)
            assert all(before <= after for (_, before), (after, _) in pairwise(parts)), parts

    @invariant()
    def books_agree(self) -> None:
        books.agree(self.world)

    def teardown(self) -> None:
        """What looks after the books every day finds nothing either."""
        assert list(invariants.check(self.world.deps, self.world.merchant)) == []


def test_the_books_agree_whatever_happens(world: World) -> None:
    account = uuid.uuid4()
    phone = f"+9197{account.int % 10**8:08}"
    world.link(account, phone)
    machine = type("BooksOfThisTest", (Books,), {"service": world, "me": world.person(account), "phone": phone})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
