"""Reports with a row for each record, as rows of text: read in one snapshot, while they are asked for."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from services.billing.domain.taxes import plain
from services.billing.store import registers as store
from services.billing.store.aging import owing_customers
from services.billing.store.day_book import list_day_book
from services.billing.store.numbers import Place, list_numbers
from services.billing.usecases import reports
from services.billing.usecases import settings as settings_usecases
from services.kit.ids import to_text
from services.kit.paging import every

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from services.billing.domain.ids import MerchantId
    from services.billing.domain.reports import DayBookRow, NumberFate
    from services.billing.usecases.deps import Deps
    from services.billing.usecases.reports import Asked
    from services.kit.money import Money

    Rows = Iterator[Sequence[str]]

AGING = ("customer_id", "customer", "open_bills", "outstanding", "overdue", "oldest_due_date", "currency")
DAY_BOOK = ("date", "time_utc", "event", "number", "customer", "sold", "received", "currency")
NUMBERS = ("series", "document", "first", "last", "number", "fate", "issue_date", "total", "currency")
SALES_REGISTER = (
    *("date", "document", "number", "bill_number", "customer", "tax_number", "place_of_supply", "rate", "net"),
    *("igst", "cgst", "sgst", "other_taxes", "total", "document_total", "currency"),
)
BILLS = (
    *("bill_id", "date", "number", "state", "document", "customer", "due_date", "net", "tax", "rounding", "total"),
    *("settled", "credited", "outstanding", "currency"),
)
PAYMENTS = (
    *("payment_id", "time_utc", "bill_number", "customer", "entered_by", "method", "state", "reference", "amount"),
    *("settled", "credited", "refunded", "currency"),
)
CREDIT_NOTES = (
    *("credit_note_id", "date", "number", "bill_number", "customer", "reason", "net", "tax", "rounding", "total"),
    *("applied", "to_credit", "currency"),
)
REFUNDS = (
    *("refund_id", "date", "bill_number", "customer", "method", "reference", "reason", "amount", "reopened"),
    *("from_credit", "currency"),
)
_PAPERS = {"BILL_ISSUED": "bill", "BILL_VOIDED": "bill voided", "CREDIT_NOTE_ISSUED": "credit note"}


def aging(deps: Deps, merchant_id: MerchantId) -> Rows:
    """Who owes what today, as GetAging."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.snapshot(merchant=merchant_id) as tx:
        today = settings_usecases.settings_of(tx, merchant_id).business_day(deps.clock.now())
        for row in owing_customers(tx, merchant_id, today=today):
            amounts = (amount(row.outstanding), amount(row.overdue))
            customer = (to_text("cus", row.customer_id), row.display_name, str(row.bill_count))
            yield *customer, *amounts, day(row.oldest_due), row.outstanding.currency


def day_book(deps: Deps, merchant_id: MerchantId, asked: Asked) -> Rows:
    """Everything that happened, as GetDayBook."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.snapshot(merchant=merchant_id) as tx:
        days = reports.period_of(tx, merchant_id, asked, deps).days

        def read(last: DayBookRow | None, limit: int) -> Sequence[DayBookRow]:
            after = (last.on, last.entry_id) if last else None
            return list_day_book(tx, merchant_id, days=days, after=after, limit=limit)

        for row in every(read):
            sold, received = amount(row.sold), amount(row.received)
            happened = _time(row.create_time)
            yield day(row.on), happened, row.kind, row.number, row.customer_name, sold, received, row.sold.currency


def each_number(deps: Deps, merchant_id: MerchantId) -> Rows:
    """Every number with its fate, as AuditNumbers."""
    with deps.db.snapshot(merchant=merchant_id) as tx:
        for start in (Place(True, "", "", 0), Place(False, "", "", 0)):  # noqa: FBT003 - a named tuple's field

            def read(last: NumberFate | None, limit: int, start: Place = start) -> Sequence[NumberFate]:
                after = Place(last.of_bill, last.prefix, last.financial_year, last.last) if last else start
                return list_numbers(tx, merchant_id, series=None, only_gaps=False, after=after, limit=limit)

            for row in every(read):
                document, fate = "bill" if row.of_bill else "credit note", row.fate.value.lower()
                total, currency = (amount(row.total), row.total.currency) if row.total else ("", "")
                numbers = (str(row.first), str(row.last), row.number)
                yield row.series, document, *numbers, fate, day(row.on), total, currency


def sales_register(deps: Deps, merchant_id: MerchantId, asked: Asked) -> Rows:
    """What was charged and credited, by paper and rate."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.snapshot(merchant=merchant_id) as tx:
        days = reports.period_of(tx, merchant_id, asked, deps).days
        for row in store.read_taxed(tx, merchant_id, days=days, vault=deps.vault):
            amounts = (row.net, row.igst, row.cgst, row.sgst, row.other, row.total, row.document_total)
            whom = (row.customer_name, row.tax_number, row.place_of_supply)
            paper = (day(row.on), _PAPERS[row.kind], row.number, row.bill_number)
            yield *paper, *whom, plain(row.rate), *map(amount, amounts), row.net.currency


def bills(deps: Deps, merchant_id: MerchantId, asked: Asked) -> Rows:
    """Issued bills as they stand."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.snapshot(merchant=merchant_id) as tx:
        days = reports.period_of(tx, merchant_id, asked, deps).days
        for row in store.read_bills(tx, merchant_id, days=days):
            amounts = (row.net, row.tax, row.rounding, row.total, row.settled, row.credited, row.outstanding)
            paper = (to_text("bill", row.bill_id), day(row.on), row.number, row.state, row.document)
            yield *paper, row.customer_name, day(row.due_date), *map(amount, amounts), row.net.currency


def payments(deps: Deps, merchant_id: MerchantId, asked: Asked) -> Rows:
    """Legs of payments."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.snapshot(merchant=merchant_id) as tx:
        period = reports.period_of(tx, merchant_id, asked, deps)
        zone = ZoneInfo(period.time_zone)
        start = datetime.combine(period.days.first, time(), zone)
        end = datetime.combine(period.days.last + timedelta(days=1), time(), zone)
        for row in store.read_legs(tx, merchant_id, start=start, end=end):
            amounts = (row.amount, row.settled, row.credited, row.refunded)
            payment = (to_text("pay", row.payment_id), _time(row.create_time), row.bill_number, row.customer_name)
            how = (row.source, row.method, row.state, row.reference)
            yield *payment, *how, *map(amount, amounts), row.amount.currency


def credit_notes(deps: Deps, merchant_id: MerchantId, asked: Asked) -> Rows:
    """Credit notes."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.snapshot(merchant=merchant_id) as tx:
        days = reports.period_of(tx, merchant_id, asked, deps).days
        for row in store.read_credit_notes(tx, merchant_id, days=days):
            amounts = (row.net, row.tax, row.rounding, row.total, row.applied, row.to_credit)
            paper = (to_text("crn", row.credit_note_id), day(row.on), row.number, row.bill_number)
            yield *paper, row.customer_name, row.reason, *map(amount, amounts), row.net.currency


def refunds(deps: Deps, merchant_id: MerchantId, asked: Asked) -> Rows:
    """Refunds, and credit that was paid out."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.snapshot(merchant=merchant_id) as tx:
        days = reports.period_of(tx, merchant_id, asked, deps).days
        for row in store.read_refunds(tx, merchant_id, days=days):
            amounts = (row.amount, row.reopened, row.from_credit)
            refund = (to_text("rfd", row.refund_id), day(row.on), row.bill_number, row.customer_name)
            yield *refund, row.method, row.reference, row.reason, *map(amount, amounts), row.amount.currency


def day(on: date | None) -> str:
    """ISO 8601; empty if there is none."""
    return on.isoformat() if on else ""


def amount(money: Money) -> str:
    """A decimal without the currency, with all its places: "118.50"."""
    return f"{money.amount:f}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
