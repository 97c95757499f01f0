"""CreditNoteService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import credit_note_pb2
from billmesh.billing.v1 import credit_note_service_pb2 as pb
from billmesh.billing.v1.credit_note_service_pb2_grpc import CreditNoteServiceServicer

from services.billing.convert import credit_notes as convert
from services.billing.convert.fields import id_or_none
from services.billing.domain.ids import BillId, CreditNoteId, CustomerId, MerchantId
from services.billing.handlers.callers import account
from services.billing.usecases import credit_notes
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc

    from services.billing.usecases.deps import Deps


class CreditNoteHandler(CreditNoteServiceServicer):
    """What a merchant takes back of its bills."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetCreditNote(
        self, request: pb.GetCreditNoteRequest, context: grpc.ServicerContext
    ) -> credit_note_pb2.CreditNote:
        """One credit note."""
        note_id = CreditNoteId(from_text("crn", request.id))
        return convert.note_to_proto(credit_notes.get(self._deps, _merchant(), note_id))

    def ListCreditNotes(
        self, request: pb.ListCreditNotesRequest, context: grpc.ServicerContext
    ) -> pb.ListCreditNotesResponse:
        """A page of credit notes."""
        bill, customer = id_or_none("bill", request.bill_id), id_or_none("cus", request.customer_id)
        listed = credit_notes.list_page(
            self._deps,
            _merchant(),
            bill_id=BillId(bill) if bill else None,
            customer_id=CustomerId(customer) if customer else None,
            page=paging.page(request),
        )
        return convert.page_to_proto(listed)

    def CreateCreditNote(
        self, request: pb.CreateCreditNoteRequest, context: grpc.ServicerContext
    ) -> credit_note_pb2.CreditNote:
        """A part of a bill, taken back."""
        once = idempotency.once(request, credit_note_pb2.CreditNote, convert.note_to_proto, vault=self._deps.vault)
        bill_id, asked = BillId(from_text("bill", request.bill_id)), convert.asked_from_proto(request.credit_note)
        return credit_notes.create(self._deps, _merchant(), bill_id, asked=asked, by=account(), once=once)


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)
