"""What a service tells the audit log: by a job of the same transaction."""

from __future__ import annotations

from concurrent import futures
from datetime import UTC
from enum import StrEnum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import grpc
import pytest
from billmesh.auth.v1 import audit_service_pb2, audit_service_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.kit import audit, ids
from services.kit.context import Audience, Call, Caller, entered
from services.kit.network import shown_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.kit.db import Database
    from tests.fakes.clock import FixedClock

MERCHANT = UUID(int=7)
ACCOUNT = UUID(int=8)


class Action(StrEnum):
    """For the test."""

    DONE = "thing.done"


class Log(audit_service_pb2_grpc.AuditServiceServicer):
    """Auth's side."""

    def __init__(self) -> None:
        self.told: list[audit_service_pb2.RecordAuditEventRequest] = []

    def RecordAuditEvent(self, request: Any, grpc_context: grpc.ServicerContext) -> Empty:
        """Remembers."""
        self.told.append(request)
        return Empty()


@pytest.fixture
def log() -> Iterator[tuple[Log, grpc.Channel]]:
    """Auth, and a channel to it."""
    server = grpc.server(futures.ThreadPoolExecutor(1))
    log = Log()  # type: ignore[abstract] # the methods that no test calls are absent
    audit_service_pb2_grpc.add_AuditServiceServicer_to_server(log, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield log, channel
    server.stop(None)


def queued(db: Database) -> list[dict[str, Any]]:
    with db.transaction() as tx:
        rows = tx.exec_driver_sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'kit.record_audit_event'")
        return [dict(row.args) for row in rows]


def test_told_with_who_and_from_where(db: Database, clock: FixedClock, log: tuple[Log, grpc.Channel]) -> None:
    writer = SimpleNamespace(clock=clock, ids=ids.TimeOrderedIds(clock))
    caller = Caller(audience=Audience.MERCHANT, account_id=ACCOUNT, client_id="billmesh-web", network="2001:db8:1:2::3")
    with entered(Call(method="/x", request_id="r-1", expires_at=0.0, caller=caller)):
        with pytest.raises(ZeroDivisionError), db.transaction() as tx:
            audit.note(tx, writer, Action.DONE, merchant=MERCHANT, target="lost")
            raise ZeroDivisionError
        with db.transaction() as tx:
            audit.note(tx, writer, Action.DONE, merchant=MERCHANT, target="thing_1", size="2")
    (arguments,) = [job for job in queued(db) if job["event"]["target_id"] in {"thing_1", "lost"}]
    served, channel = log
    (task,) = audit.tasks(channel).values()
    task(**arguments)
    (told,) = served.told
    event = told.event
    assert told.merchant_id == ids.to_text("mer", MERCHANT)
    assert (event.action, event.actor_id, event.client_id) == (
        "thing.done",
        ids.to_text("acc", ACCOUNT),
        "billmesh-web",
    )
    assert (event.network, event.request_id, event.target_id) == ("2001:db8:1::/48", "r-1", "thing_1")
    assert [(detail.name, detail.value) for detail in event.details] == [("size", "2")]
    assert event.create_time.ToDatetime(UTC) == clock.now()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("", ""),
        (None, ""),
        ("unknown", ""),
        ("203.0.113.77:80", ""),
    ],
)
def test_networks_are_coarse(address: str | None, network: str) -> None:
    assert shown_network(address) == network
