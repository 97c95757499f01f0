"""What the machine of the books does with a merchant's bills, each step held against what it should have done."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

import grpc
from billmesh.billing.v1 import bill_pb2, customer_pb2, payment_pb2, payment_service_pb2
from google.protobuf.message import Message
from google.type import date_pb2
from hypothesis.stateful import RuleBasedStateMachine

from tests.harness import Refusal, refusal
from tests.services.billing.world import at_once, card, cash, cheque, from_credit, line, new_id, rupees, upi

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from billmesh.billing.v1 import my_bill_service_pb2_grpc, refund_pb2
    from google.type import money_pb2

    from tests.services.billing.world import World

PENDING = payment_pb2.PAYMENT_LEG_STATE_PENDING_VERIFICATION
REJECTED = payment_pb2.PAYMENT_LEG_STATE_REJECTED
ARRIVED = frozenset((payment_pb2.PAYMENT_LEG_STATE_RECORDED, payment_pb2.PAYMENT_LEG_STATE_VERIFIED))
PAYABLE = frozenset((bill_pb2.BILL_STATE_ISSUED, bill_pb2.BILL_STATE_PARTLY_PAID, bill_pb2.BILL_STATE_PAID))
_REFUSALS = frozenset(
    (
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
    )
)
_QUANTITIES = ("1", "2.5", "0.333")
_TAXES = ("GST18", "GST5", "GST_EXEMPT")
M = TypeVar("M", bound=Message)


def minor_of(money: money_pb2.Money) -> int:
    """An amount of INR as a number."""
    return int(money.units) * 100 + money.nanos // 10_000_000


def money_of(amount: int) -> money_pb2.Money:
    """So many paise."""
    return rupees(*divmod(amount, 100))


def fair(answer: M | Refusal) -> M | None:
    """An answer; None for a refusal. Fails for a call that failed."""
    if isinstance(answer, Refusal):
        assert answer.code in _REFUSALS, answer
        return None
    return answer


def _answer(call: Callable[[], M]) -> M | Refusal:
    try:
        return call()
    except grpc.RpcError as error:
        return refusal(error)


class Trade(RuleBasedStateMachine):
    """One merchant with two customers, one of whom is a person with an account."""

    # Set by the test.
    service: ClassVar[World]
    me: ClassVar[my_bill_service_pb2_grpc.MyBillServiceStub]
    phone: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.world = self.service.neighbour()
        self.world.configure(coin=rupees(1))
        self.customers = [self.world.customer(phone=self.phone), self.world.customer()]
        self.used = 0
        self.paid: list[payment_pb2.Payment] = []

    def attempt(self, call: Callable[[], M], times: str = "once") -> M | None:
        """A call that may be refused, but may not fail; None if it was. However often: one effect, one answer."""
        if times == "twice":
            answers = at_once(2, lambda _: call())
        else:
            answers = [_answer(call) for _ in range(2 if times == "again" else 1)]
        assert all(answer == answers[0] for answer in answers), answers
        return fair(answers[0])

    def draft(self, prices: list[int], discount: int, who: int) -> bill_pb2.Bill:
        """A draft; every third is to be paid in two parts."""
        lines = [line(rupees(price, 37), _QUANTITIES[price % 3], tax_code=_TAXES[price % 5 % 3]) for price in prices]
        taken_off = rupees(min(*prices, discount) // 4)
        draft = self.world.draft(*lines, customer=self.customers[who], discount=taken_off)
        total = minor_of(draft.totals.total)
        if prices[0] % 3 or total < 2:
            return draft
        parts = [
            bill_pb2.Instalment(due_date=date_pb2.Date(year=2030, month=1, day=day), amount=money_of(paise))
            for day, paise in ((1, total // 3 or 1), (2, total - (total // 3 or 1)))
        ]
        return self.world.draft(*lines, customer=self.customers[who], discount=taken_off, instalments=parts)

    def issued(self, draft: bill_pb2.Bill, times: str) -> bill_pb2.Bill:
        """The draft, issued."""
        request_id = new_id()
        issued = self.attempt(lambda: self.world.issue(draft, request_id=request_id), times)
        assert issued is not None
        return draft

    def recorded(
        self, bill: bill_pb2.Bill, legs: Sequence[payment_pb2.PaymentLeg], times: str
    ) -> payment_pb2.Payment | None:
        """A payment that later steps may choose. Not a bundle: what those hold may not depend on who was faster."""
        before, request_id = self.world.get(bill), new_id()
        left = minor_of(before.totals.outstanding)
        payment = self.attempt(lambda: self.world.pay(bill, *legs, request_id=request_id), times)
        if payment is None:
            assert self.world.get(bill) == before
            return None
        assert before.state in PAYABLE
        for leg in payment.legs:
            came = minor_of(leg.amount) if leg.state in ARRIVED else 0
            assert (minor_of(leg.settled), minor_of(leg.credited)) == (min(left, came), came - min(left, came))
            left -= min(left, came)
            assert minor_of(leg.outstanding_after) == left
        self.agreed(bill, payment, left)
        self.paid.append(payment)
        return payment

    def agreed(self, bill: bill_pb2.Bill, payment: payment_pb2.Payment, left: int) -> None:
        """What was answered is what is kept, and the bill asks for this much."""
        assert self.read(payment) == payment
        assert (minor_of(payment.bill_outstanding), self.left_of(bill)) == (left, left)

    def refunding(
        self, payment: payment_pb2.Payment, leg: int, paise: int, *, to_credit: bool, utr: str | None = None
    ) -> Callable[[], refund_pb2.Refund]:
        """A call, the same however often it is made: to credit, else by UPI with a UTR, else in cash."""
        more: dict[str, Message | str] = {"request_id": new_id()}
        if to_credit:
            more["customer_credit"] = payment_pb2.CustomerCreditMethod()
        elif utr:
            more["upi"] = payment_pb2.UpiMethod(utr=utr)
        return lambda: self.world.refund(payment, money_of(paise), leg=leg, **more)

    def chosen(self, which: int) -> payment_pb2.Payment | None:
        """One of the payments; None as long as there is none."""
        return self.paid[which % len(self.paid)] if self.paid else None

    def owner(self, of: bill_pb2.Bill | payment_pb2.Payment) -> customer_pb2.Customer:
        """Whose it is."""
        return customer_pb2.Customer(id=of.customer_id)

    def read(self, payment: payment_pb2.Payment) -> payment_pb2.Payment:
        """The payment as it stands now."""
        return self.world.payments.GetPayment(payment_service_pb2.GetPaymentRequest(id=payment.id))

    def left_of(self, bill: bill_pb2.Bill) -> int:
        """What the bill asks for, in paise."""
        return minor_of(self.world.get(bill).totals.outstanding)

    def legs_of(self, bill: bill_pb2.Bill) -> list[payment_pb2.PaymentLeg]:
        """All that was ever paid or claimed on the bill."""
        request = payment_service_pb2.ListPaymentsRequest(bill_id=bill.id, page_size=500)
        return [leg for payment in self.world.payments.ListPayments(request).payments for leg in payment.legs]

    def leg(self, way: int, amount: int, *, reused: bool) -> payment_pb2.PaymentLeg:
        """One of the five ways to pay."""
        money = rupees(amount)
        match way:
            case 0:
                return card(money)
            case 1:
                return cash(money)
            case 2:
                return upi(money, self.reference(reused=reused))
            case 3:
                return cheque(money, self.reference(reused=reused), cleared=amount % 2 == 0)
            case _:
                return from_credit(money)

    def reference(self, *, reused: bool = False) -> str:
        """One that was not used before, or the last one."""
        self.used += not reused
        return f"4{max(self.used, 1):011}"
