"""billmesh.auth.v1.AuditService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import audit_service_pb2, audit_service_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.auth.convert.audit import event, event_to_proto, events_to_csv, search
from services.auth.domain.names import AccountId, MerchantId
from services.auth.usecases import audit
from services.kit import context, paging, spreadsheet, streams

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc
    from google.api.httpbody_pb2 import HttpBody

    from services.auth.usecases.deps import Deps


class AuditHandler(audit_service_pb2_grpc.AuditServiceServicer):
    """Who did what."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ListAuditEvents(
        self, request: audit_service_pb2.ListAuditEventsRequest, grpc_context: grpc.ServicerContext
    ) -> audit_service_pb2.ListAuditEventsResponse:
        """Lists a merchant's."""
        found = audit.list_events(
            self._deps,
            merchant_id=MerchantId(context.caller().merchant),
            search=search(request),
            page=paging.page(request),
        )
        return audit_service_pb2.ListAuditEventsResponse(
            events=[event_to_proto(event) for event in found.items], next_page_token=found.next_page_token
        )

    def ExportAuditEvents(
        self, request: audit_service_pb2.ExportAuditEventsRequest, grpc_context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """The same as a file."""
        found = audit.each_event(self._deps, merchant_id=MerchantId(context.caller().merchant), search=search(request))
        return streams.download(
            grpc_context, events_to_csv(found), name="audit-events.csv", media_type=spreadsheet.MEDIA_TYPE
        )

    def ListMyAuditEvents(
        self, request: audit_service_pb2.ListMyAuditEventsRequest, grpc_context: grpc.ServicerContext
    ) -> audit_service_pb2.ListMyAuditEventsResponse:
        """Lists a person's own."""
        found = audit.list_own(self._deps, account_id=AccountId(context.caller().account), page=paging.page(request))
        return audit_service_pb2.ListMyAuditEventsResponse(
            events=[event_to_proto(event) for event in found.items], next_page_token=found.next_page_token
        )

    def RecordAuditEvent(
        self, request: audit_service_pb2.RecordAuditEventRequest, grpc_context: grpc.ServicerContext
    ) -> Empty:
        """Writes another service's."""
        audit.record_event(self._deps, event=event(request))
        return Empty()
