"""What happened to bills, for the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import bill_event_pb2, bill_event_service_pb2

from services.billing.convert.money import timestamp
from services.billing.domain.bill_event import EventKind
from services.kit.ids import to_text
from services.kit.wire import money_to_proto

if TYPE_CHECKING:
    from services.billing.domain.bill_event import BillEvent
    from services.kit.paging import Listed

_KINDS = {kind: bill_event_pb2.BillEventKind.Value(f"BILL_EVENT_KIND_{kind.value}") for kind in EventKind}


def event_to_proto(event: BillEvent) -> bill_event_pb2.BillEvent:
    """An event."""
    return bill_event_pb2.BillEvent(
        id=to_text("evt", event.id),
        bill_id=to_text("bill", event.bill_id),
        kind=_KINDS[event.kind],
        actor_id=event.actor,
        amount=money_to_proto(event.amount) if event.amount else None,
        reference_id=event.reference,
        text=event.text,
        create_time=timestamp(event.create_time),
    )


def page_to_proto(listed: Listed[BillEvent]) -> bill_event_service_pb2.ListBillEventsResponse:
    """A page of events."""
    return bill_event_service_pb2.ListBillEventsResponse(
        events=[event_to_proto(event) for event in listed.items], next_page_token=listed.next_page_token
    )
