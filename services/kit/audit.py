"""What staff do in this service, for the audit log that auth keeps: told by a job of the same transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import grpc
from billmesh.auth.v1 import audit_event_pb2, audit_service_pb2, audit_service_pb2_grpc

from services.kit import context, ids, jobs, mesh
from services.kit.network import shown_network
from services.kit.wire import timestamp_to_proto

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum
    from uuid import UUID

    from sqlalchemy import Connection

    from services.kit.clock import Clock
    from services.kit.ids import Ids

_TASK = "kit.record_audit_event"


class Writer(Protocol):
    """What noting needs of a service's dependencies."""

    @property
    def clock(self) -> Clock:
        """Says when."""
        ...

    @property
    def ids(self) -> Ids:
        """Makes the event's."""
        ...


def note(tx: Connection, writer: Writer, action: StrEnum, *, merchant: UUID, target: str = "", **details: str) -> None:
    """Tells, if `tx` commits, that the present caller did `action` ("bill.voided") to `target`, an id as on the wire.

    `details`: words of the contract, nothing personal.
    """
    call = context.current()
    caller = call.caller if call else None
    account = caller.account_id if caller else None
    client = (caller.client_id if caller else None) or ""
    impersonator = caller.actor_id if caller else None
    arguments = {
        "id": ids.to_text("aud", writer.ids.new()),
        "merchant_id": ids.to_text("mer", merchant),
        "time": writer.clock.now().isoformat(),
        "action": action.value,
        "actor_id": ids.to_text("acc", account) if account else client,
        "impersonator_id": ids.to_text("acc", impersonator) if impersonator else "",
        "client_id": client,
        "target_id": target,
        "network": shown_network(caller.network if caller else None),
        "request_id": call.request_id if call else "",
        "details": details,
    }
    jobs.enqueue(tx, _TASK, {"event": arguments})


def tasks(channel: grpc.Channel) -> Mapping[str, Callable[..., None]]:
    """The job that tells auth, for a service's worker; `channel` leads into the mesh."""
    stub = audit_service_pb2_grpc.AuditServiceStub(channel)

    def record(*, event: dict[str, str | dict[str, str]]) -> None:
        try:
            stub.RecordAuditEvent(_request(event))
        except grpc.RpcError as error:
            raise mesh.translate(error, peer="auth") from error

    return {_TASK: record}


def _request(event: Mapping[str, str | Mapping[str, str]]) -> audit_service_pb2.RecordAuditEventRequest:
    details = event["details"]
    named = details if not isinstance(details, str) else {}
    texts = {name: str(value) for name, value in event.items()}
    return audit_service_pb2.RecordAuditEventRequest(
        merchant_id=texts["merchant_id"],
        event=audit_event_pb2.AuditEvent(
            id=texts["id"],
            create_time=timestamp_to_proto(datetime.fromisoformat(texts["time"]).astimezone(UTC)),
            action=texts["action"],
            actor_id=texts["actor_id"],
            impersonator_id=texts["impersonator_id"],
            client_id=texts["client_id"],
            target_id=texts["target_id"],
            network=texts["network"],
            request_id=texts["request_id"],
            details=[audit_event_pb2.AuditDetail(name=name, value=value) for name, value in named.items()],
        ),
    )
