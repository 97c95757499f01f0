"""Sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import session_pb2

from services.auth.convert.values import time_to_proto
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.auth.domain.names import SessionId
    from services.auth.domain.session import Session


def session_to_proto(session: Session, *, current: SessionId | None) -> session_pb2.Session:
    """`current`: the session that asks."""
    return session_pb2.Session(
        id=to_text("ses", session.id),
        client_id=session.client_id,
        device_name=session.device_name,
        auth_time=time_to_proto(session.auth_time),
        last_use_time=time_to_proto(session.last_use_time),
        expire_time=time_to_proto(session.expire_time),
        current=session.id == current,
        network=session.network,
        country_code=session.country_code,
    )
