"""Double entry: what every event of a bill posts. Debits are positive, credits negative; an entry's postings sum to 0.

Accounts are named by code, party and currency, and their id follows from that name, so posting needs no look-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from services.billing.domain.payment import MethodKind
from services.kit.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from services.billing.domain.bill import Bill, Totals
    from services.billing.domain.credit_note import CreditNote
    from services.billing.domain.customer import Balance
    from services.billing.domain.ids import (
        BillId,
        CreditNoteId,
        CustomerId,
        EntryId,
        MerchantId,
        PaymentId,
        RefundId,
    )
    from services.billing.domain.payment import PaymentLeg
    from services.billing.domain.refund import Refund

# What customers owe (an asset) and what is owed to them (a liability), one account a customer.
RECEIVABLE = "RECEIVABLE"
CUSTOMER_CREDIT = "CUSTOMER_CREDIT"
SALES = "SALES"
ROUNDING = "ROUNDING"
# Tax that was charged and is due to the state: "TAX:CGST".
_TAX = "TAX:"
# Where money came in, one account a method.
_MONEY: dict[MethodKind, str] = {
    MethodKind.UPI: "MONEY:UPI",
    MethodKind.CARD: "MONEY:CARD",
    MethodKind.CASH: "MONEY:CASH",
    MethodKind.BANK_TRANSFER: "MONEY:BANK",
    MethodKind.CHEQUE: "MONEY:CHEQUE",
}


class EntryKind(StrEnum):
    """What happened."""

    BILL_ISSUED = "BILL_ISSUED"
    BILL_VOIDED = "BILL_VOIDED"
    PAYMENT_RECEIVED = "PAYMENT_RECEIVED"
    PAYMENT_BOUNCED = "PAYMENT_BOUNCED"
    PAYMENT_REFUNDED = "PAYMENT_REFUNDED"
    CREDIT_REFUNDED = "CREDIT_REFUNDED"
    CREDIT_NOTE_ISSUED = "CREDIT_NOTE_ISSUED"
    CUSTOMERS_MERGED = "CUSTOMERS_MERGED"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a merchant's books; `party` for those kept per customer."""

    code: str
    party: CustomerId | None
    currency: str

    def id(self, merchant_id: MerchantId) -> UUID:
        """The same for the same name, always."""
        return uuid5(merchant_id, f"{self.code}|{self.party or ''}|{self.currency}")


@dataclass(frozen=True, slots=True)
class Posting:
    """One amount on one account, never zero."""

    account: Account
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one event posts. `on` is the merchant's business day; only credit that is paid out has no bill."""

    id: EntryId
    kind: EntryKind
    bill_id: BillId | None
    payment_id: PaymentId | None
    on: date
    create_time: datetime
    postings: tuple[Posting, ...]
    credit_note_id: CreditNoteId | None = None
    refund_id: RefundId | None = None


def issue_postings(bill: Bill) -> tuple[Posting, ...]:
    """The customer owes the total; sales, taxes and rounding made it."""
    return _postings(bill.currency, (RECEIVABLE, bill.customer_id, bill.totals.total.minor), *_made(bill.totals))


def void_postings(bill: Bill) -> tuple[Posting, ...]:
    """The contrary of the issue."""
    return tuple(Posting(posting.account, -posting.amount) for posting in issue_postings(bill))


def payment_postings(customer_id: CustomerId, legs: Sequence[PaymentLeg]) -> tuple[Posting, ...]:
    """Money came in, method by method; the customer owes less, and has a credit for the rest."""
    return _postings(
        legs[0].terms.amount.currency,
        *((*_money_of(leg.terms.method.kind, customer_id), leg.terms.amount.minor) for leg in legs),
        *((RECEIVABLE, customer_id, -leg.allocation.settled.minor) for leg in legs),
        *((CUSTOMER_CREDIT, customer_id, -leg.allocation.credited.minor) for leg in legs),
    )


def bounce_postings(customer_id: CustomerId, legs: Sequence[PaymentLeg]) -> tuple[Posting, ...]:
    """The contrary of what the legs, as they were, had posted."""
    return tuple(Posting(posting.account, -posting.amount) for posting in payment_postings(customer_id, legs))


def credit_note_postings(note: CreditNote) -> tuple[Posting, ...]:
    """Less was sold and less tax is due; the customer owes less, and has a credit for the rest."""
    return _postings(
        note.currency,
        *((code, party, -amount) for code, party, amount in _made(note.totals)),
        (RECEIVABLE, note.customer_id, -note.applied.minor),
        (CUSTOMER_CREDIT, note.customer_id, -note.to_credit.minor),
    )


def refund_postings(refund: Refund) -> tuple[Posting, ...]:
    """Money went out; the customer owes what the bill asks for again, and has less credit."""
    return _postings(
        refund.amount.currency,
        (RECEIVABLE, refund.customer_id, refund.reopened.minor),
        (CUSTOMER_CREDIT, refund.customer_id, refund.from_credit.minor),
        (*_money_of(refund.method.kind, refund.customer_id), -refund.amount.minor),
    )


def merge_postings(balances: Iterable[Balance], *, survivor: CustomerId, duplicate: CustomerId) -> tuple[Posting, ...]:
    """All that the duplicate owes and has is the survivor's, in every currency."""
    return tuple(
        posting
        for balance in balances
        for posting in _postings(
            balance.owed.currency,
            (RECEIVABLE, duplicate, -balance.owed.minor),
            (RECEIVABLE, survivor, balance.owed.minor),
            (CUSTOMER_CREDIT, duplicate, balance.credit.minor),
            (CUSTOMER_CREDIT, survivor, -balance.credit.minor),
        )
    )


def _made(totals: Totals) -> list[tuple[str, CustomerId | None, int]]:
    """What made a total, on the side of credits."""
    return [
        (SALES, None, -totals.net.minor),
        *((_TAX + tax.code, None, -tax.amount.minor) for tax in totals.taxes),
        (ROUNDING, None, -totals.rounding.minor),
    ]


def _money_of(kind: MethodKind, customer_id: CustomerId) -> tuple[str, CustomerId | None]:
    """Where money by this method lies."""
    return (CUSTOMER_CREDIT, customer_id) if kind is MethodKind.CUSTOMER_CREDIT else (_MONEY[kind], None)


def _postings(currency: str, *amounts: tuple[str, CustomerId | None, int]) -> tuple[Posting, ...]:
    """One posting an account, in the order in which they come first; what comes to zero is left out."""
    sums: dict[tuple[str, CustomerId | None], int] = {}
    for code, party, amount in amounts:
        sums[code, party] = sums.get((code, party), 0) + amount
    return tuple(
        Posting(Account(code, party, currency), Money(amount, currency))
        for (code, party), amount in sums.items()
        if amount
    )
