"""Reports as tables of text, for CSV: the same figures as the reports themselves, from the same functions."""

from __future__ import annotations

from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING

from services.billing.domain.reports import Group, Grouping
from services.billing.domain.taxes import plain
from services.billing.store.day_book import list_day_book
from services.billing.store.numbers import Place, list_numbers
from services.billing.usecases import reports
from services.billing.usecases import settings as settings_usecases
from services.kit.ids import to_text
from services.kit.spreadsheet import to_csv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from services.billing.domain.ids import MerchantId
    from services.billing.usecases.deps import Deps
    from services.billing.usecases.reports import Asked
    from services.kit.money import Money

    # Its header and its rows.
    Table = tuple[Sequence[str], list[Sequence[str]]]

# So many fit into one answer.
_MOST_ROWS = 20_000
_MOST_OF_TOP = 500


class Report(StrEnum):
    """What there is as CSV."""

    SALES = "SALES"
    COLLECTIONS = "COLLECTIONS"
    TAXES = "TAXES"
    TAX_CODES = "TAX_CODES"
    AGING = "AGING"
    TOP_CUSTOMERS = "TOP_CUSTOMERS"
    TOP_ITEMS = "TOP_ITEMS"
    DAY_BOOK = "DAY_BOOK"
    NUMBERS = "NUMBERS"


def export(deps: Deps, merchant_id: MerchantId, *, report: Report, asked: Asked, by: Grouping) -> bytes:
    """A report as CSV. Raises InvalidRequest, PeerUnavailable."""
    header, rows = _TABLES[report](deps, merchant_id, asked, by)
    return to_csv(header, rows)


def _sales(deps: Deps, merchant_id: MerchantId, asked: Asked, by: Grouping) -> Table:
    report = reports.sales(deps, merchant_id, asked=asked, by=by, store_id=None)
    header = (_name(by), "bills", "voids", "credit_notes", "net", "tax", "rounding", "total", "currency")
    return header, [
        (
            _group(row.group, by),
            str(row.bill_count),
            str(row.void_count),
            str(row.credit_note_count),
            _amount(row.net),
            _amount(row.tax),
            _amount(row.rounding),
            _amount(row.total),
            row.net.currency,
        )
        for row in report.rows
    ]


def _collections(deps: Deps, merchant_id: MerchantId, asked: Asked, by: Grouping) -> Table:
    report = reports.collections(deps, merchant_id, asked=asked, by=by, store_id=None)
    return (_name(by), "payments", "received", "returned", "total", "currency"), [
        (
            _group(row.group, by),
            str(row.payment_count),
            _amount(row.received),
            _amount(row.returned),
            _amount(row.total),
            row.received.currency,
        )
        for row in report.rows
    ]


def _taxes(deps: Deps, merchant_id: MerchantId, asked: Asked, _: Grouping) -> Table:
    report = reports.taxes(deps, merchant_id, asked=asked)
    return ("tax", "rate", "base", "amount", "currency"), [
        (row.tax, plain(row.rate), _amount(row.base), _amount(row.amount), row.base.currency) for row in report.taxes
    ]


def _tax_codes(deps: Deps, merchant_id: MerchantId, asked: Asked, _: Grouping) -> Table:
    report = reports.taxes(deps, merchant_id, asked=asked)
    return ("tax_code", "hsn_code", "unit", "quantity", "net", "tax", "currency"), [
        (
            row.tax_code,
            row.hsn_code,
            row.unit_code,
            plain(row.quantity),
            _amount(row.net),
            _amount(row.tax),
            row.net.currency,
        )
        for row in report.codes
    ]


def _aging(deps: Deps, merchant_id: MerchantId, _: Asked, __: Grouping) -> Table:
    header = ("customer_id", "customer", "open_bills", "outstanding", "overdue", "oldest_due_date", "currency")
    return header, [
        (
            to_text("cus", row.customer_id),
            row.display_name,
            str(row.bill_count),
            _amount(row.outstanding),
            _amount(row.overdue),
            row.oldest_due.isoformat(),
            row.outstanding.currency,
        )
        for row in reports.aging(deps, merchant_id).customers
    ]


def _top_customers(deps: Deps, merchant_id: MerchantId, asked: Asked, _: Grouping) -> Table:
    rows = reports.top_customers(deps, merchant_id, asked=asked, limit=_MOST_OF_TOP)[1]
    return ("customer_id", "customer", "bills", "total", "currency"), [
        (
            to_text("cus", row.customer_id),
            row.display_name,
            str(row.bill_count),
            _amount(row.total),
            row.total.currency,
        )
        for row in rows
    ]


def _top_items(deps: Deps, merchant_id: MerchantId, asked: Asked, _: Grouping) -> Table:
    rows = reports.top_items(deps, merchant_id, asked=asked, limit=_MOST_OF_TOP)[1]
    return ("item_id", "description", "unit", "quantity", "net", "total", "currency"), [
        (
            to_text("item", row.item_id) if row.item_id else "",
            row.description,
            row.unit_code,
            plain(row.quantity),
            _amount(row.net),
            _amount(row.net + row.tax),
            row.net.currency,
        )
        for row in rows
    ]


def _day_book(deps: Deps, merchant_id: MerchantId, asked: Asked, _: Grouping) -> Table:
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        days = reports.period_of(tx, merchant_id, asked, deps).days
        rows = list_day_book(tx, merchant_id, days=days, after=None, limit=_MOST_ROWS)
    return ("date", "time_utc", "event", "number", "customer", "sold", "received", "currency"), [
        (
            row.on.isoformat(),
            row.create_time.astimezone(UTC).isoformat(timespec="seconds"),
            row.kind,
            row.number,
            row.customer_name,
            _amount(row.sold),
            _amount(row.received),
            row.sold.currency,
        )
        for row in rows
    ]


def _numbers(deps: Deps, merchant_id: MerchantId, _: Asked, __: Grouping) -> Table:
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = [
            row
            for of_bill in (True, False)
            for row in list_numbers(
                tx, merchant_id, series=None, only_gaps=False, after=Place(of_bill, "", "", 0), limit=_MOST_ROWS
            )
        ]
    header = ("series", "document", "first", "last", "number", "fate", "issue_date", "total", "currency")
    return header, [
        (
            row.series,
            "bill" if row.of_bill else "credit note",
            str(row.first),
            str(row.last),
            row.number,
            row.fate.value.lower(),
            _day(row.on),
            _amount(row.total) if row.total else "",
            row.total.currency if row.total else "",
        )
        for row in rows[:_MOST_ROWS]
    ]


def _name(by: Grouping) -> str:
    return {Grouping.DAY: "date", Grouping.STORE: "store_id", Grouping.CASHIER: "account_id"}.get(by, "method")


def _group(group: Group, by: Grouping) -> str:
    match by:
        case Grouping.DAY:
            return _day(group.on)
        case Grouping.STORE:
            return to_text("sto", group.store_id) if group.store_id else ""
        case Grouping.CASHIER:
            return to_text("acc", group.account_id) if group.account_id else ""
        case Grouping.METHOD:
            return group.method


def _day(on: date | None) -> str:
    return on.isoformat() if on else ""


def _amount(amount: Money) -> str:
    """A decimal without the currency, with all its places: "118.50"."""
    return f"{amount.amount:f}"


_TABLES = {
    Report.SALES: _sales,
    Report.COLLECTIONS: _collections,
    Report.TAXES: _taxes,
    Report.TAX_CODES: _tax_codes,
    Report.AGING: _aging,
    Report.TOP_CUSTOMERS: _top_customers,
    Report.TOP_ITEMS: _top_items,
    Report.DAY_BOOK: _day_book,
    Report.NUMBERS: _numbers,
}
