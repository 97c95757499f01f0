"""DocumentService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1.document_service_pb2_grpc import DocumentServiceServicer
from google.api import httpbody_pb2

from services.billing.convert.customer_statements import query_from_proto
from services.billing.convert.documents import layout_from_proto
from services.billing.domain.ids import AccountId, BillId, CreditNoteId, CustomerId, MerchantId, PaymentId
from services.billing.pages import bill as page
from services.billing.usecases import documents
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc
    from billmesh.billing.v1 import document_service_pb2 as pb

    from services.billing.domain.document import Pdf
    from services.billing.usecases.deps import Deps

_PDF = "application/pdf"
_HTML = "text/html; charset=utf-8"
# The edge turns it into the HTTP status.
_NOT_FOUND = (("x-http-status", "404"),)
_WAITING = (("x-http-status", "202"), page.REFRESH)


class DocumentHandler(DocumentServiceServicer):
    """Documents as PDF."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetBillPdf(self, request: pb.GetBillPdfRequest, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        """An issued bill."""
        bill, layout = BillId(from_text("bill", request.id)), layout_from_proto(request.layout)
        return _send(documents.bill_pdf(self._deps, _merchant(), bill, layout=layout, locale=request.locale), context)

    def GetReceiptPdf(self, request: pb.GetReceiptPdfRequest, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        """A receipt for a payment."""
        payment, layout = PaymentId(from_text("pay", request.id)), layout_from_proto(request.layout)
        pdf = documents.receipt_pdf(self._deps, _merchant(), payment, layout=layout, locale=request.locale)
        return _send(pdf, context)

    def GetCreditNotePdf(
        self, request: pb.GetCreditNotePdfRequest, context: grpc.ServicerContext
    ) -> httpbody_pb2.HttpBody:
        """A credit note."""
        note, layout = CreditNoteId(from_text("crn", request.id)), layout_from_proto(request.layout)
        pdf = documents.credit_note_pdf(self._deps, _merchant(), note, layout=layout, locale=request.locale)
        return _send(pdf, context)

    def GetStatementPdf(
        self, request: pb.GetStatementPdfRequest, context: grpc.ServicerContext
    ) -> httpbody_pb2.HttpBody:
        """A customer's account."""
        customer, layout = CustomerId(from_text("cus", request.id)), layout_from_proto(request.layout)
        query = query_from_proto(request)
        pdf = documents.statement_pdf(
            self._deps, _merchant(), customer, query=query, layout=layout, locale=request.locale
        )
        return _send(pdf, context)

    def GetMyBillPdf(self, request: pb.GetMyBillPdfRequest, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        """One of a person's own bills."""
        bill = BillId(from_text("bill", request.id))
        return _send(documents.own_bill_pdf(self._deps, _account(), bill, locale=request.locale), context)

    def GetMyReceiptPdf(
        self, request: pb.GetMyReceiptPdfRequest, context: grpc.ServicerContext
    ) -> httpbody_pb2.HttpBody:
        """The receipt for a payment on one of them."""
        bill, payment = BillId(from_text("bill", request.bill_id)), PaymentId(from_text("pay", request.payment_id))
        return _send(documents.own_receipt_pdf(self._deps, _account(), bill, payment, locale=request.locale), context)

    def GetPublicBillPdf(
        self, request: pb.GetPublicBillPdfRequest, context: grpc.ServicerContext
    ) -> httpbody_pb2.HttpBody:
        """The bill behind a link."""
        layout = layout_from_proto(request.layout)
        return _send(documents.public_bill_pdf(self._deps, request.token, layout=layout), context)

    def OpenBillPdf(self, request: pb.OpenBillPdfRequest, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        """The bill behind a link, for a browser."""
        opened = documents.open_bill_pdf(self._deps, request.token)
        if opened.pdf is not None:
            return _send(opened.pdf, context)
        context.send_initial_metadata((*page.HEADERS, *(_WAITING if opened.found else _NOT_FOUND)))
        html = page.render_waiting(opened.locale) if opened.found else page.render_unknown()
        return httpbody_pb2.HttpBody(content_type=_HTML, data=html.encode())


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _account() -> AccountId:
    return AccountId(caller().account)


def _send(pdf: Pdf, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
    """The file, for nobody's cache to keep and no search engine to read."""
    context.send_initial_metadata(
        (
            ("content-disposition", f'inline; filename="{pdf.name}"'),
            ("x-content-type-options", "nosniff"),
            ("x-robots-tag", "noindex, nofollow"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "private, no-store"),
        )
    )
    return httpbody_pb2.HttpBody(content_type=_PDF, data=pdf.content)
