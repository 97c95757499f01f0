"""Reports: ranges of days out of the summaries, open bills as they are, numbers and the day book out of the records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from services.billing.domain.numbering import Series
from services.billing.domain.reports import (
    Aging,
    CollectionRow,
    DayBookRow,
    Days,
    Grouping,
    HomeFigures,
    HomeSummary,
    NumberFate,
    Period,
    SalesRow,
    TaxCodeRow,
    TaxRow,
    TopCustomer,
    TopItem,
    days_of,
    sum_collections,
    sum_sales,
)
from services.billing.store import reports as store
from services.billing.store.aging import age_open_bills, sum_open_bills
from services.billing.store.books import oldest_mark
from services.billing.store.day_book import list_day_book
from services.billing.store.numbers import Place, list_numbers
from services.billing.usecases import settings as settings_usecases
from services.kit.failure import InvalidRequest
from services.kit.money import Money
from services.kit.paging import Listed, PageTokenInvalid, cut, row_after

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId, StoreId
    from services.billing.domain.reports import OpenBills
    from services.billing.usecases.deps import Deps
    from services.kit.paging import Page

_MOST_OWING = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """The range that a report is asked for; None where it was left out."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Sales:
    """Sales of a range of days."""

    period: Period
    rows: tuple[SalesRow, ...]

    @property
    def totals(self) -> tuple[SalesRow, ...]:
        """All rows together, one a currency."""
        return sum_sales(self.rows)


@dataclass(frozen=True, slots=True)
class Collections:
    """Collections of a range of days."""

    period: Period
    rows: tuple[CollectionRow, ...]

    @property
    def totals(self) -> tuple[CollectionRow, ...]:
        """All rows together, one a currency."""
        return sum_collections(self.rows)


@dataclass(frozen=True, slots=True)
class Taxes:
    """Taxes of a range of days."""

    period: Period
    taxes: tuple[TaxRow, ...]
    codes: tuple[TaxCodeRow, ...]


def sales(deps: Deps, merchant_id: MerchantId, *, asked: Asked, by: Grouping, store_id: StoreId | None) -> Sales:
    """Sales by day, store or cashier. Raises InvalidRequest, PeerUnavailable."""
    if by is Grouping.METHOD:
        raise InvalidRequest.of("group_by", "is of collections alone when it is METHOD")
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        period = period_of(tx, merchant_id, asked, deps)
        return Sales(period, store.sales(tx, merchant_id, days=period.days, by=by, store_id=store_id))


def collections(
    deps: Deps, merchant_id: MerchantId, *, asked: Asked, by: Grouping, store_id: StoreId | None
) -> Collections:
    """Collections by day, store, cashier or method. Raises InvalidRequest, PeerUnavailable."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        period = period_of(tx, merchant_id, asked, deps)
        return Collections(period, store.collections(tx, merchant_id, days=period.days, by=by, store_id=store_id))


def taxes(deps: Deps, merchant_id: MerchantId, *, asked: Asked) -> Taxes:
    """Taxes by rate and by code. Raises InvalidRequest, PeerUnavailable."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        period = period_of(tx, merchant_id, asked, deps)
        return Taxes(
            period,
            store.taxes(tx, merchant_id, days=period.days),
            store.tax_codes(tx, merchant_id, days=period.days),
        )


def top_customers(
    deps: Deps, merchant_id: MerchantId, *, asked: Asked, limit: int
) -> tuple[Period, tuple[TopCustomer, ...]]:
    """Who bought most. Raises InvalidRequest, PeerUnavailable."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        period = period_of(tx, merchant_id, asked, deps)
        return period, store.top_customers(tx, merchant_id, days=period.days, limit=limit)


def top_items(deps: Deps, merchant_id: MerchantId, *, asked: Asked, limit: int) -> tuple[Period, tuple[TopItem, ...]]:
    """What sold most. Raises InvalidRequest, PeerUnavailable."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        period = period_of(tx, merchant_id, asked, deps)
        return period, store.top_items(tx, merchant_id, days=period.days, limit=limit)


def aging(deps: Deps, merchant_id: MerchantId) -> Aging:
    """What is owed today. Raises PeerUnavailable."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        today = _today(tx, merchant_id, deps)
        return Aging(today, *age_open_bills(tx, merchant_id, today=today, limit=_MOST_OWING))


def home(deps: Deps, merchant_id: MerchantId) -> HomeSummary:
    """Today, yesterday, this month, and what is open. Raises PeerUnavailable."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        today = _today(tx, merchant_id, deps)
        yesterday = today - timedelta(days=1)
        days = Days(min(today.replace(day=1), yesterday), today)
        since = oldest_mark(tx, merchant_id, first=days.first, last=today)
        figures = _Figures(today, yesterday)
        for row in store.sales(tx, merchant_id, days=days, by=Grouping.DAY, store_id=None):
            figures.add_sales(row)
        for collected in store.collections(tx, merchant_id, days=days, by=Grouping.DAY, store_id=None):
            figures.add_collections(collected)
        for open_bills in sum_open_bills(tx, merchant_id, today=today):
            figures.add_open(open_bills)
        pending, alarms = store.count_waiting(tx, merchant_id)
        return HomeSummary(today, figures.all(), pending, alarms, since or deps.clock.now())


def day_book(deps: Deps, merchant_id: MerchantId, *, on: date | None, page: Page) -> tuple[date, Listed[DayBookRow]]:
    """What happened on a day, today unless it is given. Raises PeerUnavailable."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        day = on or _today(tx, merchant_id, deps)
        last = row_after(page)
        after = None if last is None else (day, last)
        rows = list_day_book(tx, merchant_id, days=Days(day, day), after=after, limit=page.size + 1)
    return day, cut(rows, page, key=lambda row: (row.entry_id,))


def numbers(
    deps: Deps, merchant_id: MerchantId, *, series: Series | None, only_gaps: bool, page: Page
) -> Listed[NumberFate]:
    """Every number with its fate and every gap; bills' first, then credit notes'."""
    after = _place(page)
    with deps.db.transaction(merchant=merchant_id) as tx:
        found = list(
            list_numbers(tx, merchant_id, series=series, only_gaps=only_gaps, after=after, limit=page.size + 1)
        )
        if after.of_bill and len(found) <= page.size:
            start, left = Place(False, "", "", 0), page.size + 1 - len(found)  # noqa: FBT003 - a named tuple's field
            found += list_numbers(tx, merchant_id, series=series, only_gaps=only_gaps, after=start, limit=left)
    return cut(found, page, key=lambda fate: (int(fate.of_bill), fate.prefix, fate.financial_year, fate.last))


def period_of(tx: Connection, merchant_id: MerchantId, asked: Asked, deps: Deps) -> Period:
    """The range asked for, and how fresh the summaries of it are. Raises InvalidRequest."""
    settings = settings_usecases.settings_of(tx, merchant_id)
    now = deps.clock.now()
    days = days_of(asked.first, asked.last, today=settings.business_day(now))
    # Before the figures are read: what is summed up in between makes them newer than this says.
    since = oldest_mark(tx, merchant_id, first=days.first, last=days.last)
    return Period(days, settings.time_zone, since or now)


def series_of(text: str) -> Series | None:
    """A series as people write it, "INV/25-26", whose form is checked already; None if it is empty."""
    prefix, _, year = text.partition("/")
    return Series(prefix, year) if text else None


def _today(tx: Connection, merchant_id: MerchantId, deps: Deps) -> date:
    return settings_usecases.settings_of(tx, merchant_id).business_day(deps.clock.now())


def _place(page: Page) -> Place:
    key = page.key(4)
    if key is None:
        return Place(True, "", "", 0)  # noqa: FBT003 - a named tuple's field
    if key[0] not in {"0", "1"} or not key[3].isascii() or not key[3].isdigit() or len(key[3]) > 9:  # noqa: PLR2004 - an int4
        raise PageTokenInvalid
    return Place(key[0] == "1", key[1], key[2], int(key[3]))


class _Figures:
    """Adds up what home shows, by currency."""

    def __init__(self, today: date, yesterday: date) -> None:
        self._today, self._yesterday = today, yesterday
        self._sums: dict[str, dict[str, int]] = {}

    def add(self, name: str, amount: Money) -> None:
        self.count(name, amount.currency, amount.minor)

    def count(self, name: str, currency: str, number: int) -> None:
        sums = self._sums.setdefault(currency, {})
        sums[name] = sums.get(name, 0) + number

    def add_sales(self, row: SalesRow) -> None:
        if row.group.on == self._today:
            self.add("sales_today", row.total)
            self.count("bill_count_today", row.net.currency, row.bill_count)
        if row.group.on == self._yesterday:
            self.add("sales_yesterday", row.total)
        if self._is_this_month(row.group.on):
            self.add("sales_month", row.total)

    def add_collections(self, row: CollectionRow) -> None:
        if row.group.on == self._today:
            self.add("collected_today", row.total)
        if self._is_this_month(row.group.on):
            self.add("collected_month", row.total)

    def add_open(self, bills: OpenBills) -> None:
        self.add("outstanding", bills.outstanding)
        self.count("open_bill_count", bills.outstanding.currency, bills.bill_count)
        self.add("overdue", bills.overdue)
        self.count("overdue_bill_count", bills.overdue.currency, bills.overdue_bill_count)

    def all(self) -> tuple[HomeFigures, ...]:
        return tuple(_home_figures(currency, self._sums[currency]) for currency in sorted(self._sums))

    def _is_this_month(self, on: date | None) -> bool:
        return on is not None and on >= self._today.replace(day=1)


def _home_figures(currency: str, sums: dict[str, int]) -> HomeFigures:
    def money(name: str) -> Money:
        return Money(sums.get(name, 0), currency)

    return HomeFigures(
        sales_today=money("sales_today"),
        sales_yesterday=money("sales_yesterday"),
        sales_month=money("sales_month"),
        collected_today=money("collected_today"),
        collected_month=money("collected_month"),
        outstanding=money("outstanding"),
        overdue=money("overdue"),
        bill_count_today=sums.get("bill_count_today", 0),
        open_bill_count=sums.get("open_bill_count", 0),
        overdue_bill_count=sums.get("overdue_bill_count", 0),
    )
