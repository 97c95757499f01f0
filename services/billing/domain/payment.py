"""Payments: legs, what proves them, how sure they are, and how they settle a bill."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from services.kit.money import Money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from services.billing.domain.bill import BillState
    from services.billing.domain.ids import AccountId, BillId, CustomerId, LegId, MerchantId, PaymentId


class LegState(StrEnum):
    """How sure it is that a leg's money has come."""

    RECORDED = "RECORDED"
    PENDING_VERIFICATION = "PENDING_VERIFICATION"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"
    REFUNDED = "REFUNDED"


LEG_TRANSITIONS: dict[LegState, frozenset[LegState]] = {
    LegState.RECORDED: frozenset((LegState.VERIFIED, LegState.REFUNDED)),
    LegState.PENDING_VERIFICATION: frozenset((LegState.VERIFIED, LegState.REJECTED)),
    LegState.VERIFIED: frozenset((LegState.REFUNDED,)),
    LegState.REJECTED: frozenset(),
    LegState.REFUNDED: frozenset(),
}
# The states of a leg whose money came and is not all given back.
ARRIVED = frozenset((LegState.RECORDED, LegState.VERIFIED))


class Source(StrEnum):
    """Who entered a payment."""

    MERCHANT = "MERCHANT"
    CUSTOMER = "CUSTOMER"


class MethodKind(StrEnum):
    """How money comes."""

    UPI = "UPI"
    CARD = "CARD"
    CASH = "CASH"
    BANK_TRANSFER = "BANK_TRANSFER"
    CHEQUE = "CHEQUE"
    CUSTOMER_CREDIT = "CUSTOMER_CREDIT"


@dataclass(frozen=True, slots=True)
class Upi:
    """By UPI, with the bank's reference in capital letters."""

    utr: str
    kind = MethodKind.UPI


@dataclass(frozen=True, slots=True)
class Card:
    """By card on the merchant's terminal."""

    last_four: str
    approval_code: str
    kind = MethodKind.CARD


@dataclass(frozen=True, slots=True)
class Cash:
    """In notes and coins."""

    kind = MethodKind.CASH


@dataclass(frozen=True, slots=True)
class BankTransfer:
    """To the merchant's bank account, with the reference of the statement."""

    reference: str
    kind = MethodKind.BANK_TRANSFER


@dataclass(frozen=True, slots=True)
class Cheque:
    """By cheque, which the bank pays or not."""

    number: str
    bank_name: str
    dated: date
    kind = MethodKind.CHEQUE


@dataclass(frozen=True, slots=True)
class CustomerCredit:
    """Out of what the merchant owes the customer."""

    kind = MethodKind.CUSTOMER_CREDIT


Method = Upi | Card | Cash | BankTransfer | Cheque | CustomerCredit

# What a customer may say to have done without the merchant having seen it.
CLAIMABLE = frozenset((MethodKind.UPI, MethodKind.BANK_TRANSFER))


@dataclass(frozen=True, slots=True)
class LegTerms:
    """What is paid and how."""

    amount: Money
    method: Method
    # On the way in alone: it is a cheque that has to be verified before it settles anything.
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a leg does: of money that came, settled + credited = amount less what was refunded; else both are zero."""

    settled: Money
    credited: Money
    outstanding_after: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLeg:
    """A leg as it is stored."""

    id: LegId
    terms: LegTerms
    state: LegState
    allocation: Allocation
    refunded: Money
    reject_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment as it is stored. `bill_state` and `bill_outstanding` are of the moment of its last change."""

    id: PaymentId
    merchant_id: MerchantId
    bill_id: BillId
    customer_id: CustomerId
    legs: tuple[PaymentLeg, ...]
    note: str
    source: Source
    bill_state: BillState
    bill_outstanding: Money
    create_time: datetime
    # Who of the staff entered it; None for a client, and for what the customer claims.
    recorder_id: AccountId | None = None

    @property
    def amount(self) -> Money:
        """All legs together."""
        return total_of([leg.terms for leg in self.legs])

    @property
    def settled(self) -> Money:
        """What all legs settle of the bill."""
        return Money(sum(leg.allocation.settled.minor for leg in self.legs), self.bill_outstanding.currency)


def total_of(legs: Sequence[LegTerms]) -> Money:
    """The sum of one or more legs of one currency."""
    return Money(sum(leg.amount.minor for leg in legs), legs[0].amount.currency)


def settle(outstanding: Money, amounts: Sequence[Money]) -> tuple[Allocation, ...]:
    """Lets amounts settle a bill one after the other; what comes above its outstanding amount is credited."""
    allocations = []
    for amount in amounts:
        settled = min(amount.minor, outstanding.minor)
        outstanding = Money(outstanding.minor - settled, outstanding.currency)
        allocations.append(
            Allocation(
                Money(settled, amount.currency),
                Money(amount.minor - settled, amount.currency),
                outstanding,
            )
        )
    return tuple(allocations)


def allocate(outstanding: Money, legs: Sequence[LegTerms]) -> tuple[Allocation, ...]:
    """What new legs do, one after the other: as `settle`, but nothing for those that wait."""
    allocations = []
    for leg in legs:
        allocation = nothing_settled(outstanding) if leg.waits else settle(outstanding, [leg.amount])[0]
        outstanding = allocation.outstanding_after
        allocations.append(allocation)
    return tuple(allocations)


def first_leg(leg_id: LegId, terms: LegTerms, allocation: Allocation) -> PaymentLeg:
    """A leg that the merchant enters: recorded, unless it waits."""
    state = LegState.PENDING_VERIFICATION if terms.waits else LegState.RECORDED
    return PaymentLeg(
        id=leg_id, terms=terms, state=state, allocation=allocation, refunded=Money.zero(terms.amount.currency)
    )


def with_legs(payment: Payment, changed: Sequence[PaymentLeg]) -> Payment:
    """The payment with these legs in place of what they were."""
    by_id = {leg.id: leg for leg in changed}
    return replace(payment, legs=tuple(by_id.get(leg.id, leg) for leg in payment.legs))


def nothing_settled(outstanding: Money) -> Allocation:
    """What a leg does that waits to be verified or is rejected."""
    zero = Money.zero(outstanding.currency)
    return Allocation(zero, zero, outstanding)


def verified(leg: PaymentLeg, allocation: Allocation) -> PaymentLeg:
    """The leg once the merchant has seen its money."""
    return replace(leg, state=LegState.VERIFIED, allocation=allocation)


def rejected(leg: PaymentLeg, *, reason: str, outstanding: Money) -> PaymentLeg:
    """The leg once the merchant has looked in vain, or the bank did not pay the cheque. It settles nothing any more."""
    allocation = nothing_settled(outstanding) if leg.state in ARRIVED else leg.allocation
    return replace(leg, state=LegState.REJECTED, allocation=allocation, reject_reason=reason)


def may_become(leg: PaymentLeg, to: LegState) -> bool:
    """Whether the leg may go there. A cheque may bounce after it was recorded, unless some of it was refunded."""
    if to is LegState.REJECTED and leg.terms.method.kind is MethodKind.CHEQUE and leg.state in ARRIVED:
        return not leg.refunded.minor
    return to in LEG_TRANSITIONS[leg.state]
