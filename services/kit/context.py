"""Who is calling, and how long the call may take: set by the interceptors, read by handlers and by the mesh client."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from services.kit.money import Money


class Audience(StrEnum):
    """On whose behalf a call is made; as billmesh.options.v1.Audience."""

    PUBLIC = "PUBLIC"
    PERSON = "PERSON"
    MERCHANT = "MERCHANT"
    MESH = "MESH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The authenticated caller. What a kind of caller does not have is None or empty."""

    audience: Audience
    account_id: UUID | None = None
    merchant_id: UUID | None = None
    session_id: UUID | None = None
    # The application that the token was given to; for a client acting on its own, the caller itself ("cli_…").
    client_id: str | None = None
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    # When both factors were last given; None for clients, for support staff acting for someone, and for the mesh.
    auth_time: datetime | None = None
    # How the person signed in (the token's `acr`), for example "urn:billmesh:aal2"; None for clients and the mesh.
    assurance: str | None = None
    # The support staff's account when they act for the person whom the token names; such a token only reads.
    actor_id: UUID | None = None
    # Whether a test client calls, whose merchant is a test twin.
    test_mode: bool = False
    # The most that this member may refund at once; None: no ceiling.
    refund_ceiling: Money | None = None
    # Thumbprint (RFC 7638) of the key that the token is bound to, which the caller has proven to hold; None: to none.
    bound_to: str | None = None
    # Name of the calling service, for example "billing".
    mesh_service: str | None = None
    # The client's address as the edge saw it.
    network: str | None = None

    @property
    def account(self) -> UUID:
        """The signed-in person; authorization has made sure that there is one."""
        return _present(self.account_id, "account")

    @property
    def merchant(self) -> UUID:
        """The merchant that is acted for; authorization has made sure that there is one."""
        return _present(self.merchant_id, "merchant")

    @property
    def owner(self) -> UUID:
        """Whose requests these are, for idempotency: the merchant, else the person; others have none."""
        return _present(self.merchant_id or self.account_id, "owner")


def _present(value: UUID | None, name: str) -> UUID:
    if value is None:
        raise LookupError(f"the method's access option admits callers without {name}")
    return value


@dataclass(slots=True, kw_only=True)
class Call:
    """One call in progress. The interceptors fill it on the way in."""

    method: str
    request_id: str
    # time.monotonic() by which the answer must be there.
    expires_at: float
    caller: Caller = field(default_factory=lambda: Caller(audience=Audience.PUBLIC))
    # How the token came: "Bearer" or "DPoP"; None without one.
    scheme: str | None = None
    # Whether the answer is a stream.
    streams: bool = False
    # Reason of the refusal, for the log line.
    reason: str | None = None


_CALL: ContextVar[Call] = ContextVar("billmesh_call")


def caller() -> Caller:
    """The caller of the present call. Raises LookupError outside one."""
    return _CALL.get().caller


def current() -> Call | None:
    """The present call, None outside one (jobs, start-up)."""
    return _CALL.get(None)


def request_id() -> str:
    """Id of the present call, as in its `x-request-id`; empty outside one."""
    call = _CALL.get(None)
    return call.request_id if call else ""


def remaining() -> float | None:
    """Seconds left of the present call's deadline, None outside a call. May be negative."""
    call = _CALL.get(None)
    return call.expires_at - time.monotonic() if call else None


@contextmanager
def entered(call: Call) -> Iterator[Call]:
    """Makes `call` the present one for the block."""
    token = _CALL.set(call)
    try:
        yield call
    finally:
        _CALL.reset(token)
