"""What customers and merchants are told: values, never text. A name is that of a content in notification's contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from services.billing.domain.consent import Channel
    from services.billing.domain.ids import MerchantId
    from services.billing.domain.payment import MethodKind
    from services.kit.money import Money


@dataclass(frozen=True, slots=True)
class Place:
    """Where a customer is told: an E.164 number by SMS, or an e-mail address."""

    channel: Channel
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillIssued:
    """A bill. `due_date` None: on receipt."""

    merchant_name: str
    bill_number: str
    total: Money
    outstanding: Money
    due_date: date | None
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived:
    """A payment. `amount` is what was received, `outstanding` what the bill still asks."""

    merchant_name: str
    bill_number: str
    amount: Money
    outstanding: Money
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillReminder:
    """What is to be paid next."""

    merchant_name: str
    bill_number: str
    amount: Money
    due_date: date
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceConfirmation:
    """What a customer owes and what credit they have, as of a business day."""

    merchant_name: str
    owed: Money
    credit: Money
    date: date
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded:
    """Money of a payment that is given back."""

    merchant_name: str
    bill_number: str
    amount: Money
    method: MethodKind
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRefunded:
    """Credit that is paid out."""

    merchant_name: str
    amount: Money
    method: MethodKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNoteIssued:
    """A credit note. `outstanding`: what is left to pay on the bill."""

    merchant_name: str
    credit_note_number: str
    bill_number: str
    amount: Money
    outstanding: Money
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRejected:
    """Money that did not come. `outstanding`: what the bill asks for now."""

    merchant_name: str
    bill_number: str
    amount: Money
    outstanding: Money
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillVoided:
    """A bill that is withdrawn."""

    merchant_name: str
    bill_number: str
    total: Money
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentClaimed:
    """A payment that a customer says they made."""

    customer_name: str
    bill_number: str
    amount: Money
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsClaimed:
    """How many payments customers say they made; 2 or more."""

    count: int
    link: str


Said = (
    BillIssued
    | PaymentReceived
    | BillReminder
    | BalanceConfirmation
    | PaymentRefunded
    | CreditRefunded
    | CreditNoteIssued
    | PaymentRejected
    | BillVoided
)
Claimed = PaymentClaimed | PaymentsClaimed


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a customer is told, once a `key` and place. `subject`: the id, as on the wire, of what it is about."""

    merchant_id: MerchantId
    key: str
    subject: str
    # BCP 47.
    locale: str
    says: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantNotice:
    """What a merchant's owners are told, once a `key`. `subject` as of a Notice, or empty."""

    merchant_id: MerchantId
    key: str
    subject: str
    says: Claimed
