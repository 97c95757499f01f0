"""Reports between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import report_pb2, report_service_pb2

from services.billing.convert.ledger import optional_date
from services.billing.convert.money import date_to_proto, decimal_to_proto, timestamp
from services.billing.domain.reports import Fate, Grouping
from services.billing.usecases.exports import Report
from services.billing.usecases.reports import Asked
from services.kit.ids import to_text
from services.kit.wire import money_to_proto

if TYPE_CHECKING:
    from datetime import date
    from typing import Protocol

    from google.type import date_pb2

    from services.billing.domain.reports import (
        Aging,
        AgingBucket,
        CollectionRow,
        CustomerAging,
        DayBookRow,
        HomeFigures,
        HomeSummary,
        NumberFate,
        Period,
        SalesRow,
        TaxCodeRow,
        TaxRow,
        TopCustomer,
        TopItem,
    )
    from services.billing.usecases.reports import Collections, Sales, Taxes
    from services.kit.paging import Listed

    class Ranged(Protocol):
        """A request with a range of days."""

        @property
        def start_date(self) -> date_pb2.Date:
            """The first one."""
            ...

        @property
        def end_date(self) -> date_pb2.Date:
            """The last one."""
            ...


_GROUPINGS = {
    report_service_pb2.REPORT_GROUPING_UNSPECIFIED: Grouping.DAY,
    report_service_pb2.REPORT_GROUPING_DAY: Grouping.DAY,
    report_service_pb2.REPORT_GROUPING_STORE: Grouping.STORE,
    report_service_pb2.REPORT_GROUPING_CASHIER: Grouping.CASHIER,
    report_service_pb2.REPORT_GROUPING_METHOD: Grouping.METHOD,
}
_REPORTS = {
    report_service_pb2.REPORT_KIND_SALES: Report.SALES,
    report_service_pb2.REPORT_KIND_COLLECTIONS: Report.COLLECTIONS,
    report_service_pb2.REPORT_KIND_TAXES: Report.TAXES,
    report_service_pb2.REPORT_KIND_TAX_CODES: Report.TAX_CODES,
    report_service_pb2.REPORT_KIND_AGING: Report.AGING,
    report_service_pb2.REPORT_KIND_TOP_CUSTOMERS: Report.TOP_CUSTOMERS,
    report_service_pb2.REPORT_KIND_TOP_ITEMS: Report.TOP_ITEMS,
    report_service_pb2.REPORT_KIND_DAY_BOOK: Report.DAY_BOOK,
    report_service_pb2.REPORT_KIND_NUMBERS: Report.NUMBERS,
    report_service_pb2.REPORT_KIND_SALES_REGISTER: Report.SALES_REGISTER,
    report_service_pb2.REPORT_KIND_BILLS: Report.BILLS,
    report_service_pb2.REPORT_KIND_PAYMENTS: Report.PAYMENTS,
    report_service_pb2.REPORT_KIND_CREDIT_NOTES: Report.CREDIT_NOTES,
    report_service_pb2.REPORT_KIND_REFUNDS: Report.REFUNDS,
}
_FATES = {
    Fate.ISSUED: report_pb2.NUMBER_STATE_ISSUED,
    Fate.VOID: report_pb2.NUMBER_STATE_VOID,
    Fate.MISSING: report_pb2.NUMBER_STATE_MISSING,
}


def asked_from_proto(request: Ranged) -> Asked:
    """The range of a request. Raises InvalidRequest."""
    return Asked(optional_date(request.start_date, "start_date"), optional_date(request.end_date, "end_date"))


def grouping_from_proto(value: report_service_pb2.ReportGrouping.ValueType) -> Grouping:
    """What rows are about; days unless it is said."""
    return _GROUPINGS[value]


def report_from_proto(value: report_service_pb2.ReportKind.ValueType) -> Report:
    """Which report is wanted as CSV."""
    return _REPORTS[value]


def sales_to_proto(report: Sales) -> report_pb2.SalesReport:
    """Sales with their totals."""
    return report_pb2.SalesReport(
        period=period_to_proto(report.period),
        rows=[_sales_row(row) for row in report.rows],
        totals=[_sales_row(row) for row in report.totals],
    )


def collections_to_proto(report: Collections) -> report_pb2.CollectionsReport:
    """Collections with their totals."""
    return report_pb2.CollectionsReport(
        period=period_to_proto(report.period),
        rows=[_collection_row(row) for row in report.rows],
        totals=[_collection_row(row) for row in report.totals],
    )


def taxes_to_proto(report: Taxes) -> report_pb2.TaxReport:
    """Taxes by rate and by code."""
    return report_pb2.TaxReport(
        period=period_to_proto(report.period),
        taxes=[_tax_row(row) for row in report.taxes],
        codes=[_tax_code_row(row) for row in report.codes],
    )


def aging_to_proto(report: Aging) -> report_pb2.AgingReport:
    """What is owed, by how long it has been due."""
    return report_pb2.AgingReport(
        entry_date=date_to_proto(report.on),
        buckets=[_bucket(bucket) for bucket in report.buckets],
        customers=[_customer_aging(customer) for customer in report.customers],
    )


def home_to_proto(report: HomeSummary) -> report_pb2.HomeSummary:
    """What the merchant sees first."""
    return report_pb2.HomeSummary(
        entry_date=date_to_proto(report.on),
        currencies=[_figures(figures) for figures in report.figures],
        pending_payment_count=report.pending_payment_count,
        open_alarm_count=report.open_alarm_count,
        as_of_time=timestamp(report.as_of),
    )


def period_to_proto(period: Period) -> report_pb2.ReportPeriod:
    """The days and how fresh the figures are."""
    return report_pb2.ReportPeriod(
        start_date=date_to_proto(period.days.first),
        end_date=date_to_proto(period.days.last),
        time_zone=period.time_zone,
        as_of_time=timestamp(period.as_of),
    )


def top_customer_to_proto(row: TopCustomer) -> report_pb2.TopCustomer:
    """What one customer bought."""
    return report_pb2.TopCustomer(
        customer_id=to_text("cus", row.customer_id),
        display_name=row.display_name,
        bill_count=row.bill_count,
        total=money_to_proto(row.total),
    )


def top_item_to_proto(row: TopItem) -> report_pb2.TopItem:
    """How much of one thing was sold."""
    return report_pb2.TopItem(
        item_id=to_text("item", row.item_id) if row.item_id else "",
        description=row.description,
        unit_code=row.unit_code,
        quantity=decimal_to_proto(row.quantity),
        net=money_to_proto(row.net),
        total=money_to_proto(row.net + row.tax),
    )


def day_book_to_proto(day: date, listed: Listed[DayBookRow]) -> report_service_pb2.GetDayBookResponse:
    """A page of the day book."""
    return report_service_pb2.GetDayBookResponse(
        entry_date=date_to_proto(day),
        rows=[_day_book_row(row) for row in listed.items],
        next_page_token=listed.next_page_token,
    )


def number_to_proto(row: NumberFate) -> report_pb2.NumberFate:
    """A number with its fate, or a gap."""
    document = report_pb2.NUMBERED_DOCUMENT_BILL if row.of_bill else report_pb2.NUMBERED_DOCUMENT_CREDIT_NOTE
    return report_pb2.NumberFate(
        series=row.series,
        document=document,
        fate=_FATES[row.fate],
        first_sequence=row.first,
        last_sequence=row.last,
        number=row.number,
        document_id=to_text("bill" if row.of_bill else "crn", row.document_id) if row.document_id else "",
        issue_date=date_to_proto(row.on),
        total=money_to_proto(row.total) if row.total else None,
    )


def _sales_row(row: SalesRow) -> report_pb2.SalesRow:
    group = row.group
    return report_pb2.SalesRow(
        entry_date=date_to_proto(group.on),
        store_id=to_text("sto", group.store_id) if group.store_id else "",
        account_id=to_text("acc", group.account_id) if group.account_id else "",
        bill_count=row.bill_count,
        void_count=row.void_count,
        credit_note_count=row.credit_note_count,
        net=money_to_proto(row.net),
        tax=money_to_proto(row.tax),
        rounding=money_to_proto(row.rounding),
        total=money_to_proto(row.total),
    )


def _collection_row(row: CollectionRow) -> report_pb2.CollectionRow:
    group = row.group
    return report_pb2.CollectionRow(
        entry_date=date_to_proto(group.on),
        store_id=to_text("sto", group.store_id) if group.store_id else "",
        account_id=to_text("acc", group.account_id) if group.account_id else "",
        method=group.method,
        payment_count=row.payment_count,
        received=money_to_proto(row.received),
        returned=money_to_proto(row.returned),
        total=money_to_proto(row.total),
    )


def _tax_row(row: TaxRow) -> report_pb2.TaxRow:
    return report_pb2.TaxRow(
        tax=row.tax,
        rate=decimal_to_proto(row.rate),
        base=money_to_proto(row.base),
        amount=money_to_proto(row.amount),
    )


def _tax_code_row(row: TaxCodeRow) -> report_pb2.TaxCodeRow:
    return report_pb2.TaxCodeRow(
        tax_code=row.tax_code,
        hsn_code=row.hsn_code,
        unit_code=row.unit_code,
        quantity=decimal_to_proto(row.quantity),
        net=money_to_proto(row.net),
        tax=money_to_proto(row.tax),
    )


def _bucket(bucket: AgingBucket) -> report_pb2.AgingBucket:
    return report_pb2.AgingBucket(
        from_days=bucket.first,
        to_days=bucket.last,
        bill_count=bucket.bill_count,
        outstanding=money_to_proto(bucket.outstanding),
    )


def _customer_aging(row: CustomerAging) -> report_pb2.CustomerAging:
    return report_pb2.CustomerAging(
        customer_id=to_text("cus", row.customer_id),
        display_name=row.display_name,
        bill_count=row.bill_count,
        outstanding=money_to_proto(row.outstanding),
        overdue=money_to_proto(row.overdue),
        oldest_due_date=date_to_proto(row.oldest_due),
    )


def _figures(figures: HomeFigures) -> report_pb2.HomeFigures:
    return report_pb2.HomeFigures(
        currency_code=figures.sales_today.currency,
        sales_today=money_to_proto(figures.sales_today),
        sales_yesterday=money_to_proto(figures.sales_yesterday),
        sales_month=money_to_proto(figures.sales_month),
        collected_today=money_to_proto(figures.collected_today),
        collected_month=money_to_proto(figures.collected_month),
        outstanding=money_to_proto(figures.outstanding),
        overdue=money_to_proto(figures.overdue),
        bill_count_today=figures.bill_count_today,
        open_bill_count=figures.open_bill_count,
        overdue_bill_count=figures.overdue_bill_count,
    )


def _day_book_row(row: DayBookRow) -> report_pb2.DayBookRow:
    return report_pb2.DayBookRow(
        entry_id=to_text("ent", row.entry_id),
        kind=row.kind,
        create_time=timestamp(row.create_time),
        bill_id=to_text("bill", row.bill_id) if row.bill_id else "",
        number=row.number,
        customer_name=row.customer_name,
        sold=money_to_proto(row.sold),
        received=money_to_proto(row.received),
    )
