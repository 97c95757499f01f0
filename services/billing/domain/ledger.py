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
    from collections.abc import Sequence
    from datetime import date, datetime

    from services.billing.domain.bill import Bill
    from services.billing.domain.ids import BillId, CustomerId, EntryId, MerchantId, PaymentId
    from services.billing.domain.payment import PaymentLeg

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
}


class EntryKind(StrEnum):
    """What happened."""

    BILL_ISSUED = "BILL_ISSUED"
    BILL_VOIDED = "BILL_VOIDED"
    PAYMENT_RECEIVED = "PAYMENT_RECEIVED"


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
    """What one event posts. `on` is the merchant's business day."""

    id: EntryId
    kind: EntryKind
    bill_id: BillId
    payment_id: PaymentId | None
    on: date
    create_time: datetime
    postings: tuple[Posting, ...]


def issue_postings(bill: Bill) -> tuple[Posting, ...]:
    """The customer owes the total; sales, taxes and rounding made it."""
    taxes: dict[str, int] = {}
    for tax in bill.totals.taxes:
        taxes[tax.code] = taxes.get(tax.code, 0) + tax.amount.minor
    return _postings(
        bill.currency,
        (RECEIVABLE, bill.customer_id, bill.totals.total.minor),
        (SALES, None, -bill.totals.net.minor),
        *((_TAX + code, None, -amount) for code, amount in taxes.items()),
        (ROUNDING, None, -bill.totals.rounding.minor),
    )


def void_postings(bill: Bill) -> tuple[Posting, ...]:
    """The contrary of the issue."""
    return tuple(Posting(posting.account, -posting.amount) for posting in issue_postings(bill))


def payment_postings(customer_id: CustomerId, legs: Sequence[PaymentLeg]) -> tuple[Posting, ...]:
    """Money came in, method by method; the customer owes less, and has a credit for the rest."""
    currency = legs[0].terms.amount.currency
    money: dict[str, int] = {}
    for leg in legs:
        code = _MONEY[leg.terms.method.kind]
        money[code] = money.get(code, 0) + leg.terms.amount.minor
    return _postings(
        currency,
        *((code, None, amount) for code, amount in money.items()),
        (RECEIVABLE, customer_id, -sum(leg.allocation.settled.minor for leg in legs)),
        (CUSTOMER_CREDIT, customer_id, -sum(leg.allocation.credited.minor for leg in legs)),
    )


def _postings(currency: str, *amounts: tuple[str, CustomerId | None, int]) -> tuple[Posting, ...]:
    return tuple(
        Posting(Account(code, party, currency), Money(amount, currency)) for code, party, amount in amounts if amount
    )
