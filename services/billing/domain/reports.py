"""What the reports tell: figures of a range of business days, of open bills, of number series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from services.kit.failure import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from services.billing.domain.ids import AccountId, CustomerId, ItemId, StoreId
    from services.kit.money import Money

# Three financial years and a bit.
_MOST_DAYS = 1_100
_DAY = timedelta(days=1)


class Grouping(StrEnum):
    """What each row is about."""

    DAY = "DAY"
    STORE = "STORE"
    CASHIER = "CASHIER"
    METHOD = "METHOD"


@dataclass(frozen=True, slots=True)
class Days:
    """A range of business days, both ends in it."""

    first: date
    last: date

    @property
    def whole_months(self) -> tuple[date, date]:
        """The first day of the first month that is whole in it, and the day after the last; the same if none is."""
        start = self.first if self.first.day == 1 else _next_month(self.first)
        end = (self.last + _DAY).replace(day=1)
        return (start, end) if start < end else (self.last + _DAY, self.last + _DAY)


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a report is about, and by when everything that is in it had happened."""

    days: Days
    time_zone: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """What a row is about; only what it is grouped by is set."""

    on: date | None = None
    store_id: StoreId | None = None
    account_id: AccountId | None = None
    # The ledger's account without "MONEY:".
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesRow:
    """Sales of a group in one currency."""

    group: Group
    bill_count: int
    void_count: int
    credit_note_count: int
    net: Money
    tax: Money
    rounding: Money

    @property
    def total(self) -> Money:
        """Net, tax and rounding."""
        return self.net + self.tax + self.rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRow:
    """Collections of a group in one currency."""

    group: Group
    payment_count: int
    received: Money
    returned: Money

    @property
    def total(self) -> Money:
        """Received less returned."""
        return self.received - self.returned


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One tax at one rate."""

    tax: str
    rate: Decimal
    base: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class TaxCodeRow:
    """What was sold under one code."""

    tax_code: str
    hsn_code: str
    unit_code: str
    quantity: Decimal
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class AgingBucket:
    """What is due since `first` to `last` days; `last` None is for ever, and 0 to 0 not yet.

    A bill in instalments is counted in each bucket that one of them is in.
    """

    first: int
    last: int | None
    bill_count: int
    outstanding: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBills:
    """All open bills in one currency. `overdue` is what of them was due before today."""

    bill_count: int
    outstanding: Money
    overdue_bill_count: int
    overdue: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAging:
    """What one customer owes in one currency."""

    customer_id: CustomerId
    display_name: str
    bill_count: int
    outstanding: Money
    overdue: Money
    oldest_due: date


@dataclass(frozen=True, slots=True)
class Aging:
    """What is owed on a day."""

    on: date
    buckets: tuple[AgingBucket, ...]
    customers: tuple[CustomerAging, ...]


@dataclass(frozen=True, slots=True)
class TopCustomer:
    """What one customer bought."""

    customer_id: CustomerId
    display_name: str
    bill_count: int
    total: Money


@dataclass(frozen=True, slots=True)
class TopItem:
    """How much of one thing was sold."""

    item_id: ItemId | None
    description: str
    unit_code: str
    quantity: Decimal
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFigures:
    """What a merchant sees first, of one currency."""

    sales_today: Money
    sales_yesterday: Money
    sales_month: Money
    collected_today: Money
    collected_month: Money
    outstanding: Money
    overdue: Money
    bill_count_today: int
    open_bill_count: int
    overdue_bill_count: int


@dataclass(frozen=True, slots=True)
class HomeSummary:
    """What a merchant sees first."""

    on: date
    figures: tuple[HomeFigures, ...]
    pending_payment_count: int
    open_alarm_count: int
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBookRow:
    """One event of a day."""

    entry_id: UUID
    kind: str
    on: date
    create_time: datetime
    bill_id: UUID | None
    number: str
    customer_name: str
    sold: Money
    received: Money


class Fate(StrEnum):
    """What became of a number."""

    ISSUED = "ISSUED"
    VOID = "VOID"
    MISSING = "MISSING"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFate:
    """A number with its document, or a gap from `first` to `last`."""

    of_bill: bool
    prefix: str
    financial_year: str
    first: int
    last: int
    fate: Fate
    number: str = ""
    document_id: UUID | None = None
    on: date | None = None
    total: Money | None = None

    @property
    def series(self) -> str:
        """As people write it: "INV/25-26"."""
        return f"{self.prefix}/{self.financial_year}"


def days_of(first: date | None, last: date | None, *, today: date) -> Days:
    """The range asked for: up to today, and from the first of its last month on. Raises InvalidRequest."""
    end = last or today
    start = first or end.replace(day=1)
    if start > end:
        raise InvalidRequest.of("start_date", "must not be after end_date")
    if end - start > timedelta(days=_MOST_DAYS):
        raise InvalidRequest.of("start_date", f"must be at most {_MOST_DAYS} days before end_date")
    return Days(start, end)


def sum_sales(rows: Iterable[SalesRow]) -> tuple[SalesRow, ...]:
    """All rows together, one a currency, in the currencies' order."""
    sums: dict[str, SalesRow] = {}
    for row in rows:
        before = sums.get(row.net.currency)
        sums[row.net.currency] = replace(row, group=Group()) if before is None else _add_sales(before, row)
    return tuple(sums[currency] for currency in sorted(sums))


def sum_collections(rows: Iterable[CollectionRow]) -> tuple[CollectionRow, ...]:
    """All rows together, one a currency, in the currencies' order."""
    sums: dict[str, CollectionRow] = {}
    for row in rows:
        before = sums.get(row.received.currency)
        sums[row.received.currency] = replace(row, group=Group()) if before is None else _add_collections(before, row)
    return tuple(sums[currency] for currency in sorted(sums))


def _next_month(day: date) -> date:
    return (day.replace(day=1) + 31 * _DAY).replace(day=1)


def _add_sales(one: SalesRow, other: SalesRow) -> SalesRow:
    return SalesRow(
        group=one.group,
        bill_count=one.bill_count + other.bill_count,
        void_count=one.void_count + other.void_count,
        credit_note_count=one.credit_note_count + other.credit_note_count,
        net=one.net + other.net,
        tax=one.tax + other.tax,
        rounding=one.rounding + other.rounding,
    )


def _add_collections(one: CollectionRow, other: CollectionRow) -> CollectionRow:
    return CollectionRow(
        group=one.group,
        payment_count=one.payment_count + other.payment_count,
        received=one.received + other.received,
        returned=one.returned + other.returned,
    )
