"""The audit log."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from billmesh.auth.v1 import audit_event_pb2, audit_service_pb2

from services.auth.convert.values import merchant_id, time_to_proto
from services.auth.domain.audit import AuditEvent, Search
from services.auth.places import place_of_network
from services.kit.ids import from_text, to_text
from services.kit.spreadsheet import to_csv

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from datetime import datetime

    from google.protobuf.timestamp_pb2 import Timestamp

_HEADER = (
    *("id", "create_time", "action", "actor_id", "impersonator_id", "client_id", "target_id", "network"),
    *("country_code", "request_id", "details"),
)


def search(request: audit_service_pb2.ListAuditEventsRequest | audit_service_pb2.ExportAuditEventsRequest) -> Search:
    """What is asked for."""
    return Search(
        action=request.action,
        actor_id=request.actor_id,
        target_id=request.target_id,
        start_time=_moment(request.start_time) if request.HasField("start_time") else None,
        end_time=_moment(request.end_time) if request.HasField("end_time") else None,
    )


def event_to_proto(event: AuditEvent) -> audit_event_pb2.AuditEvent:
    """As its merchant or its person sees it."""
    return audit_event_pb2.AuditEvent(
        id=to_text("aud", event.id),
        create_time=time_to_proto(event.create_time),
        action=event.action,
        actor_id=event.actor_id,
        impersonator_id=event.impersonator_id,
        client_id=event.client_id,
        target_id=event.target_id,
        network=event.network,
        country_code=event.country_code,
        request_id=event.request_id,
        details=[audit_event_pb2.AuditDetail(name=name, value=value) for name, value in sorted(event.details.items())],
    )


def events_to_csv(events: Iterable[AuditEvent]) -> Generator[bytes]:
    """A row an event, a heading above."""
    return to_csv(_HEADER, (_row(event) for event in events))


def event(request: audit_service_pb2.RecordAuditEventRequest) -> AuditEvent:
    """What another service tells."""
    given = request.event
    place = place_of_network(given.network)
    return AuditEvent(
        id=from_text("aud", given.id),
        create_time=_moment(given.create_time),
        merchant_id=merchant_id(request.merchant_id),
        account_id=None,
        action=given.action,
        actor_id=given.actor_id,
        impersonator_id=given.impersonator_id,
        client_id=given.client_id,
        target_id=given.target_id,
        network=place.network,
        country_code=place.country_code,
        request_id=given.request_id,
        details={detail.name: detail.value for detail in given.details},
    )


def _row(event: AuditEvent) -> tuple[str, ...]:
    return (
        to_text("aud", event.id),
        event.create_time.astimezone(UTC).isoformat(timespec="milliseconds"),
        event.action,
        event.actor_id,
        event.impersonator_id,
        event.client_id,
        event.target_id,
        event.network,
        event.country_code,
        event.request_id,
        "; ".join(f"{name}={value}" for name, value in sorted(event.details.items())),
    )


def _moment(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(UTC)
