"""BillEventService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import bill_event_pb2
from billmesh.billing.v1 import bill_event_service_pb2 as pb
from billmesh.billing.v1.bill_event_service_pb2_grpc import BillEventServiceServicer

from services.billing.convert import bill_events as convert
from services.billing.domain.ids import BillId, MerchantId
from services.billing.usecases import bill_events
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc

    from services.billing.usecases.deps import Deps


class BillEventHandler(BillEventServiceServicer):
    """What happened to a merchant's bills."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ListBillEvents(
        self, request: pb.ListBillEventsRequest, context: grpc.ServicerContext
    ) -> pb.ListBillEventsResponse:
        """A page of what happened to a bill."""
        page = paging.page(request)
        return convert.page_to_proto(bill_events.list_page(self._deps, _merchant(), _bill(request.bill_id), page=page))

    def AddBillNote(self, request: pb.AddBillNoteRequest, context: grpc.ServicerContext) -> bill_event_pb2.BillEvent:
        """A note, kept."""
        once = idempotency.once(request, bill_event_pb2.BillEvent, convert.event_to_proto, vault=self._deps.vault)
        return bill_events.write_note(self._deps, _merchant(), _bill(request.bill_id), text=request.text, once=once)


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _bill(text: str) -> BillId:
    return BillId(from_text("bill", text))
