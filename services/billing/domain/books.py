"""What readers of the books see: accounts, entries, the trial balance, and alarms about rules that were broken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from services.kit.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from uuid import UUID

    from services.billing.domain.ids import BillId, CustomerId, EntryId, PaymentId


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """An account as stored; `party` is the customer whose it is."""

    id: UUID
    code: str
    party: CustomerId | None
    currency: str


@dataclass(frozen=True, slots=True)
class LedgerPosting:
    """An amount on an account: debits positive."""

    account: LedgerAccount
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """An entry as stored. `on` is the merchant's business day."""

    id: EntryId
    kind: str
    bill_id: BillId | None
    payment_id: PaymentId | None
    on: date
    create_time: datetime
    postings: tuple[LedgerPosting, ...]


@dataclass(frozen=True, slots=True)
class AccountSum:
    """What was posted on a code in one currency; neither is negative."""

    code: str
    debit: Money
    credit: Money

    @property
    def balance(self) -> Money:
        """Debits less credits."""
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts at the end of a day, as far as had happened by `as_of`."""

    end: date
    rows: tuple[AccountSum, ...]
    as_of: datetime

    @property
    def totals(self) -> tuple[AccountSum, ...]:
        """Everything together, one a currency."""
        return totals_of(self.rows)


class Rule(StrEnum):
    """What holds of the books at every moment."""

    ENTRY_BALANCED = "ENTRY_BALANCED"
    BILL_OUTSTANDING = "BILL_OUTSTANDING"
    CUSTOMER_RECEIVABLE = "CUSTOMER_RECEIVABLE"
    CUSTOMER_CREDIT = "CUSTOMER_CREDIT"
    NUMBERS_GAPLESS = "NUMBERS_GAPLESS"
    PAYMENT_LEGS = "PAYMENT_LEGS"
    GATEWAY_REFUNDS = "GATEWAY_REFUNDS"


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule found broken by `subject`, an id as on the wire or a series. `detail`: figures in minor units."""

    rule: Rule
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """A breach that was written down; `resolved_time` is set once it was seen to hold again."""

    id: UUID
    breach: Breach
    create_time: datetime
    resolved_time: datetime | None


def totals_of(rows: Iterable[AccountSum]) -> tuple[AccountSum, ...]:
    """Debits and credits of all rows, one a currency, without a code."""
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        debit, credit = sums.get(row.debit.currency, (0, 0))
        sums[row.debit.currency] = (debit + row.debit.minor, credit + row.credit.minor)
    return tuple(
        AccountSum("", Money(debit, currency), Money(credit, currency)) for currency, (debit, credit) in sums.items()
    )
