"""ReportService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import report_pb2
from billmesh.billing.v1 import report_service_pb2 as pb
from billmesh.billing.v1.report_service_pb2_grpc import ReportServiceServicer
from google.api import httpbody_pb2

from services.billing.convert import reports as convert
from services.billing.convert.fields import id_or_none
from services.billing.convert.ledger import optional_date
from services.billing.domain.ids import MerchantId, StoreId
from services.billing.usecases import exports, gstr1, reports
from services.kit import paging
from services.kit.context import caller
from services.kit.spreadsheet import MEDIA_TYPE
from services.kit.streams import download

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc

    from services.billing.usecases.deps import Deps

_TOP = 50
_JSON = "application/json"


class ReportHandler(ReportServiceServicer):
    """What a merchant has sold, collected and charged in tax."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetHomeSummary(
        self, request: pb.GetHomeSummaryRequest, context: grpc.ServicerContext
    ) -> report_pb2.HomeSummary:
        """What the merchant sees first."""
        return convert.home_to_proto(reports.home(self._deps, _merchant()))

    def GetSales(self, request: pb.GetSalesRequest, context: grpc.ServicerContext) -> report_pb2.SalesReport:
        """Sales of a range of days."""
        asked, by, store = (
            convert.asked_from_proto(request),
            convert.grouping_from_proto(request.group_by),
            _store(request),
        )
        return convert.sales_to_proto(reports.sales(self._deps, _merchant(), asked=asked, by=by, store_id=store))

    def GetCollections(
        self, request: pb.GetCollectionsRequest, context: grpc.ServicerContext
    ) -> report_pb2.CollectionsReport:
        """Collections of a range of days."""
        asked, by, store = (
            convert.asked_from_proto(request),
            convert.grouping_from_proto(request.group_by),
            _store(request),
        )
        found = reports.collections(self._deps, _merchant(), asked=asked, by=by, store_id=store)
        return convert.collections_to_proto(found)

    def GetTaxSummary(self, request: pb.GetTaxSummaryRequest, context: grpc.ServicerContext) -> report_pb2.TaxReport:
        """Taxes of a range of days."""
        asked = convert.asked_from_proto(request)
        return convert.taxes_to_proto(reports.taxes(self._deps, _merchant(), asked=asked))

    def GetAging(self, request: pb.GetAgingRequest, context: grpc.ServicerContext) -> report_pb2.AgingReport:
        """What is owed today."""
        return convert.aging_to_proto(reports.aging(self._deps, _merchant()))

    def GetTopCustomers(
        self, request: pb.GetTopCustomersRequest, context: grpc.ServicerContext
    ) -> pb.GetTopCustomersResponse:
        """Who bought most."""
        asked, limit = convert.asked_from_proto(request), request.limit or _TOP
        period, rows = reports.top_customers(self._deps, _merchant(), asked=asked, limit=limit)
        return pb.GetTopCustomersResponse(
            period=convert.period_to_proto(period), customers=map(convert.top_customer_to_proto, rows)
        )

    def GetTopItems(self, request: pb.GetTopItemsRequest, context: grpc.ServicerContext) -> pb.GetTopItemsResponse:
        """What sold most."""
        asked, limit = convert.asked_from_proto(request), request.limit or _TOP
        period, rows = reports.top_items(self._deps, _merchant(), asked=asked, limit=limit)
        return pb.GetTopItemsResponse(
            period=convert.period_to_proto(period), items=map(convert.top_item_to_proto, rows)
        )

    def GetDayBook(self, request: pb.GetDayBookRequest, context: grpc.ServicerContext) -> pb.GetDayBookResponse:
        """A page of what happened on a day."""
        on, page = optional_date(request.entry_date, "entry_date"), paging.page(request)
        day, listed = reports.day_book(self._deps, _merchant(), on=on, page=page)
        return convert.day_book_to_proto(day, listed)

    def AuditNumbers(self, request: pb.AuditNumbersRequest, context: grpc.ServicerContext) -> pb.AuditNumbersResponse:
        """A page of numbers with their fates."""
        series, page = reports.series_of(request.series), paging.page(request)
        listed = reports.numbers(self._deps, _merchant(), series=series, only_gaps=request.only_gaps, page=page)
        return pb.AuditNumbersResponse(
            numbers=map(convert.number_to_proto, listed.items), next_page_token=listed.next_page_token
        )

    def ExportReport(
        self, request: pb.ExportReportRequest, context: grpc.ServicerContext
    ) -> Iterator[httpbody_pb2.HttpBody]:
        """A report as CSV."""
        report, asked = convert.report_from_proto(request.report), convert.asked_from_proto(request)
        by = convert.grouping_from_proto(request.group_by)
        chunks = exports.export(self._deps, _merchant(), report=report, asked=asked, by=by)
        name = "_".join(map(str, filter(None, (report.lower().replace("_", "-"), asked.first, asked.last))))
        return download(context, chunks, name=f"{name}.csv", media_type=MEDIA_TYPE)

    def GetGstr1(self, request: pb.GetGstr1Request, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        """The return of a month as JSON."""
        text = gstr1.build(self._deps, _merchant(), year=request.year, month=request.month)
        return httpbody_pb2.HttpBody(content_type=_JSON, data=text.encode())


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _store(request: pb.GetSalesRequest | pb.GetCollectionsRequest) -> StoreId | None:
    found = id_or_none("sto", request.store_id)
    return StoreId(found) if found else None
