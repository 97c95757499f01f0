"""What senders give to be said: values, one class a kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from services.notification.domain.message import MessageKind

if TYPE_CHECKING:
    from datetime import date, timedelta

    from services.kit.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BillIssued:
    """A bill, to its customer. `due_date` None: on receipt."""

    kind: ClassVar = MessageKind.BILL_ISSUED
    merchant_name: str
    bill_number: str
    total: Money
    outstanding: Money
    due_date: date | None
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived:
    """A receipt, to the customer."""

    kind: ClassVar = MessageKind.PAYMENT_RECEIVED
    merchant_name: str
    bill_number: str
    amount: Money
    outstanding: Money
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentClaimed:
    """A payment that a customer says they made, to the merchant."""

    kind: ClassVar = MessageKind.PAYMENT_CLAIMED
    customer_name: str
    bill_number: str
    amount: Money
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneVerification:
    """A code, to whoever holds the phone."""

    kind: ClassVar = MessageKind.PHONE_VERIFICATION
    code: str
    valid_for: timedelta

    def __repr__(self) -> str:
        """Without the code, so that no trace shows it."""
        return "PhoneVerification(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpAttempt:
    """A warning, to someone who has an account already."""

    kind: ClassVar = MessageKind.SIGN_UP_ATTEMPT
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInvited:
    """An invitation, to someone whom a merchant asks to join its staff."""

    kind: ClassVar = MessageKind.MEMBER_INVITED
    merchant_name: str
    inviter_name: str
    link: str


Content = BillIssued | PaymentReceived | PaymentClaimed | PhoneVerification | SignUpAttempt | MemberInvited

# Which service may have which kind sent.
SENDERS: dict[str, frozenset[MessageKind]] = {
    "auth": frozenset((MessageKind.PHONE_VERIFICATION, MessageKind.SIGN_UP_ATTEMPT, MessageKind.MEMBER_INVITED)),
    "billing": frozenset((MessageKind.BILL_ISSUED, MessageKind.PAYMENT_RECEIVED, MessageKind.PAYMENT_CLAIMED)),
}
