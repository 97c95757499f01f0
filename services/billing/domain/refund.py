"""Refunds: how much can be given back of a leg, and what giving it back does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.billing.domain.errors import PaymentStateWrong
from services.billing.domain.money_errors import RefundCeilingExceeded, RefundMethodUnfit, RefundTooHigh
from services.billing.domain.payment import ARRIVED, Allocation, LegState, MethodKind
from services.kit.money import Money

if TYPE_CHECKING:
    from datetime import date, datetime

    from services.billing.domain.ids import (
        AccountId,
        BillId,
        CustomerId,
        LegId,
        MerchantId,
        PaymentId,
        RefundId,
    )
    from services.billing.domain.payment import Method, PaymentLeg


@dataclass(frozen=True, slots=True)
class RefundTerms:
    """What is given back, how and why."""

    amount: Money
    method: Method
    reason: str


@dataclass(frozen=True, slots=True)
class Refunder:
    """Who gives it back: a member of the staff, None for a client; and the most that they may give back at once."""

    account_id: AccountId | None
    ceiling: Money | None


@dataclass(frozen=True, slots=True)
class RefundedLeg:
    """The bill, the payment and the leg that a refund is of."""

    bill_id: BillId
    payment_id: PaymentId
    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A refund as it is stored: amount = reopened + from_credit. `of` is None where credit was paid out."""

    id: RefundId
    merchant_id: MerchantId
    customer_id: CustomerId
    of: RefundedLeg | None
    terms: RefundTerms
    # What the bill asks for again, and what came off the customer's credit.
    reopened: Money
    from_credit: Money
    # The merchant's business day.
    on: date
    create_time: datetime
    account_id: AccountId | None

    @property
    def amount(self) -> Money:
        """How much."""
        return self.terms.amount

    @property
    def method(self) -> Method:
        """How it went back."""
        return self.terms.method


@dataclass(frozen=True, slots=True)
class Split:
    """Where the money of a refund comes from."""

    reopened: Money
    from_credit: Money


def require_allowed(amount: Money, ceiling: Money | None) -> None:
    """The member may give back this much at once. Raises RefundCeilingExceeded."""
    if ceiling is not None and (amount.currency != ceiling.currency or amount.minor > ceiling.minor):
        raise RefundCeilingExceeded(ceiling)


def require_fit(method: Method, paid_by: MethodKind | None) -> None:
    """Credit goes back to credit and nothing else does. `paid_by`: None where credit is paid out.

    Raises RefundMethodUnfit.
    """
    to_credit = method.kind is MethodKind.CUSTOMER_CREDIT
    if to_credit != (paid_by is MethodKind.CUSTOMER_CREDIT):
        raise RefundMethodUnfit(method.kind.lower())


def require_refundable(leg: PaymentLeg, leg_id: str) -> None:
    """The leg's money came and is not all given back. Raises PaymentStateWrong."""
    if leg.state not in ARRIVED:
        raise PaymentStateWrong(leg_id, leg.state.value)


def split(leg: PaymentLeg, amount: Money, *, credit: Money) -> Split:
    """What became credit goes first, as far as the customer still has `credit`; the rest reopens the bill.

    All in one currency. Raises RefundTooHigh.
    """
    spare = min(leg.allocation.credited.minor, credit.minor)
    refundable = leg.allocation.settled.minor + spare
    if amount.minor > refundable:
        raise RefundTooHigh(Money(refundable, amount.currency))
    from_credit = min(amount.minor, spare)
    return Split(Money(amount.minor - from_credit, amount.currency), Money(from_credit, amount.currency))


def refunded(leg: PaymentLeg, parts: Split, *, outstanding: Money) -> PaymentLeg:
    """The leg after it. `outstanding`: what the bill asks for now."""
    back = leg.refunded + parts.reopened + parts.from_credit
    allocation = Allocation(
        leg.allocation.settled - parts.reopened, leg.allocation.credited - parts.from_credit, outstanding
    )
    state = LegState.REFUNDED if back == leg.terms.amount else leg.state
    return replace(leg, state=state, allocation=allocation, refunded=back)
