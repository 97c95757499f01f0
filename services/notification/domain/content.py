"""What senders give to be said: values, one class a kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from services.notification.domain.message import MessageKind

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta

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
class BillReminder:
    """A bill waits to be paid; to the customer."""

    kind: ClassVar = MessageKind.BILL_REMINDER
    merchant_name: str
    bill_number: str
    amount: Money
    due_date: date
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceConfirmation:
    """What a customer owes and has by the merchant's books, to the customer."""

    kind: ClassVar = MessageKind.BALANCE_CONFIRMATION
    merchant_name: str
    owed: Money
    credit: Money
    date: date
    link: str


class RefundMethod(StrEnum):
    """How money goes back to a customer."""

    UPI = "UPI"
    CARD = "CARD"
    CASH = "CASH"
    BANK_TRANSFER = "BANK_TRANSFER"
    CHEQUE = "CHEQUE"
    CUSTOMER_CREDIT = "CUSTOMER_CREDIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded:
    """Money of a payment is given back; to the customer."""

    kind: ClassVar = MessageKind.PAYMENT_REFUNDED
    merchant_name: str
    bill_number: str
    amount: Money
    method: RefundMethod
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRefunded:
    """Credit is paid out, to the customer who had it."""

    kind: ClassVar = MessageKind.CREDIT_REFUNDED
    merchant_name: str
    amount: Money
    method: RefundMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNoteIssued:
    """A bill is taken back in part or whole; to the customer. `outstanding`: what is left to pay on the bill."""

    kind: ClassVar = MessageKind.CREDIT_NOTE_ISSUED
    merchant_name: str
    credit_note_number: str
    bill_number: str
    amount: Money
    outstanding: Money
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRejected:
    """A cheque bounced, or what a customer said to have paid did not come; to the customer."""

    kind: ClassVar = MessageKind.PAYMENT_REJECTED
    merchant_name: str
    bill_number: str
    amount: Money
    outstanding: Money
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillVoided:
    """A bill is withdrawn; to the customer who was told of it."""

    kind: ClassVar = MessageKind.BILL_VOIDED
    merchant_name: str
    bill_number: str
    total: Money
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsClaimed:
    """How many payments customers say they made, to the merchant."""

    kind: ClassVar = MessageKind.PAYMENTS_CLAIMED
    count: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneVerification:
    """A code, to whoever holds the phone."""

    kind: ClassVar = MessageKind.PHONE_VERIFICATION
    # No trace shows it.
    code: str = field(repr=False)
    valid_for: timedelta


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerification:
    """A code, to whoever reads the mail of an address."""

    kind: ClassVar = MessageKind.EMAIL_VERIFICATION
    # No trace shows it.
    code: str = field(repr=False)
    valid_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCode:
    """A code that recovers an account."""

    kind: ClassVar = MessageKind.RECOVERY_CODE
    # No trace shows it.
    code: str = field(repr=False)
    valid_for: timedelta


class SecurityEvent(StrEnum):
    """What may have happened to an account; meanings are in message_content.proto."""

    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - an event, no password
    RECOVERY_STARTED = "RECOVERY_STARTED"
    RECOVERY_CANCELLED = "RECOVERY_CANCELLED"
    FACTORS_RESET = "FACTORS_RESET"
    AUTHENTICATOR_ADDED = "AUTHENTICATOR_ADDED"
    AUTHENTICATOR_REMOVED = "AUTHENTICATOR_REMOVED"
    PASSKEY_ADDED = "PASSKEY_ADDED"
    PASSKEY_REMOVED = "PASSKEY_REMOVED"
    RECOVERY_CODES_REPLACED = "RECOVERY_CODES_REPLACED"
    SESSION_STOLEN = "SESSION_STOLEN"
    NEW_DEVICE = "NEW_DEVICE"
    PHONE_CHANGED = "PHONE_CHANGED"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    API_CLIENT_CREATED = "API_CLIENT_CREATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityNotice:
    """News about a person's own account. `available_time`: from when on a waiting recovery may be finished."""

    kind: ClassVar = MessageKind.SECURITY_NOTICE
    event: SecurityEvent
    time: datetime
    available_time: datetime | None
    link: str


Code = PhoneVerification | EmailVerification | RecoveryCode
Content = (
    BillIssued
    | PaymentReceived
    | PaymentClaimed
    | BillReminder
    | BalanceConfirmation
    | PaymentRefunded
    | CreditRefunded
    | CreditNoteIssued
    | PaymentRejected
    | BillVoided
    | PaymentsClaimed
    | Code
    | SignUpAttempt
    | MemberInvited
    | SecurityNotice
)

# Which service may have which kind sent.
SENDERS: dict[str, frozenset[MessageKind]] = {
    "auth": frozenset(
        (
            MessageKind.PHONE_VERIFICATION,
            MessageKind.EMAIL_VERIFICATION,
            MessageKind.RECOVERY_CODE,
            MessageKind.SECURITY_NOTICE,
            MessageKind.SIGN_UP_ATTEMPT,
            MessageKind.MEMBER_INVITED,
        )
    ),
    "billing": frozenset(
        (
            MessageKind.BILL_ISSUED,
            MessageKind.PAYMENT_RECEIVED,
            MessageKind.PAYMENT_CLAIMED,
            MessageKind.BILL_REMINDER,
            MessageKind.BALANCE_CONFIRMATION,
            MessageKind.PAYMENT_REFUNDED,
            MessageKind.CREDIT_REFUNDED,
            MessageKind.CREDIT_NOTE_ISSUED,
            MessageKind.PAYMENT_REJECTED,
            MessageKind.BILL_VOIDED,
            MessageKind.PAYMENTS_CLAIMED,
        )
    ),
}
