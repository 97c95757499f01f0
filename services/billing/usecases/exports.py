"""Reports as tables of text, for CSV: the same figures as the reports themselves, from the same functions."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from services.billing.domain.reports import Group, Grouping
from services.billing.domain.taxes import plain
from services.billing.usecases import registers, reports
from services.billing.usecases.registers import amount as _amount
from services.billing.usecases.registers import day as _day
from services.kit.ids import to_text
from services.kit.spreadsheet import to_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from services.billing.domain.ids import MerchantId
    from services.billing.usecases.deps import Deps
    from services.billing.usecases.reports import Asked

    # Its header and its rows.
    Table = tuple[Sequence[str], Iterable[Sequence[str]]]

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
    SALES_REGISTER = "SALES_REGISTER"
    BILLS = "BILLS"
    PAYMENTS = "PAYMENTS"
    CREDIT_NOTES = "CREDIT_NOTES"
    REFUNDS = "REFUNDS"


def export(deps: Deps, merchant_id: MerchantId, *, report: Report, asked: Asked, by: Grouping) -> Generator[bytes]:
    """A report as CSV in chunks, read while they are asked for.

    Raises InvalidRequest and PeerUnavailable, at the latest with the first chunk.
    """
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


_TABLES: dict[Report, Callable[[Deps, MerchantId, Asked, Grouping], Table]] = {
    Report.SALES: _sales,
    Report.COLLECTIONS: _collections,
    Report.TAXES: _taxes,
    Report.TAX_CODES: _tax_codes,
    Report.AGING: lambda deps, of, _, __: (registers.AGING, registers.aging(deps, of)),
    Report.TOP_CUSTOMERS: _top_customers,
    Report.TOP_ITEMS: _top_items,
    Report.DAY_BOOK: lambda deps, of, asked, _: (registers.DAY_BOOK, registers.day_book(deps, of, asked)),
    Report.NUMBERS: lambda deps, of, _, __: (registers.NUMBERS, registers.each_number(deps, of)),
    Report.SALES_REGISTER: lambda deps, of, asked, _: (
        registers.SALES_REGISTER,
        registers.sales_register(deps, of, asked),
    ),
    Report.BILLS: lambda deps, of, asked, _: (registers.BILLS, registers.bills(deps, of, asked)),
    Report.PAYMENTS: lambda deps, of, asked, _: (registers.PAYMENTS, registers.payments(deps, of, asked)),
    Report.CREDIT_NOTES: lambda deps, of, asked, _: (registers.CREDIT_NOTES, registers.credit_notes(deps, of, asked)),
    Report.REFUNDS: lambda deps, of, asked, _: (registers.REFUNDS, registers.refunds(deps, of, asked)),
}
