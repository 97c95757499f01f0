"""A customer's account over some days (khata), out of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from services.billing.domain.customer import Customer
    from services.billing.domain.ids import BillId, CreditNoteId, EntryId, PaymentId, RefundId
    from services.kit.money import Money


class RowKind(StrEnum):
    """What happened, as the customer would say it."""

    BILL = "BILL"
    VOID = "VOID"
    PAYMENT = "PAYMENT"
    PAYMENT_BOUNCED = "PAYMENT_BOUNCED"
    REFUND = "REFUND"
    CREDIT_NOTE = "CREDIT_NOTE"
    MERGE = "MERGE"


# By the ledger's kind of entry. One that is not here has no word, and counts all the same.
_KINDS = {
    "BILL_ISSUED": RowKind.BILL,
    "BILL_VOIDED": RowKind.VOID,
    "PAYMENT_RECEIVED": RowKind.PAYMENT,
    "PAYMENT_BOUNCED": RowKind.PAYMENT_BOUNCED,
    "PAYMENT_REFUNDED": RowKind.REFUND,
    "CREDIT_REFUNDED": RowKind.REFUND,
    "CREDIT_NOTE_ISSUED": RowKind.CREDIT_NOTE,
    "CUSTOMERS_MERGED": RowKind.MERGE,
}


def kind_of(entry_kind: str) -> RowKind | None:
    """What an entry of the ledger is in a statement."""
    return _KINDS.get(entry_kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """One event. `amount` is what it adds to the balance, `balance` what is owed after it; credit is negative."""

    entry_id: EntryId
    day: date
    kind: RowKind | None
    # On paper, of the credit note, else of the bill; may be empty.
    number: str
    bill_id: BillId | None
    payment_id: PaymentId | None
    credit_note_id: CreditNoteId | None
    refund_id: RefundId | None
    amount: Money
    balance: Money
    # How money came or went: "UPI", "CASH".
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which part of an account: its currency and days, both included. `start` None: from the beginning."""

    currency: str
    start: date | None
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An account from the days' opening to their closing balance; `rows` may be a page of it."""

    customer: Customer
    span: Span
    opening: Money
    rows: Sequence[StatementRow]
    closing: Money
    next_page_token: str = ""
