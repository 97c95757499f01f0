"""What a device is told that asks whether it was let in (RFC 8628 section 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain.device import SLOWER_BY, DeviceState
from services.auth.domain.errors.clients import DeviceCodeUnknown
from services.auth.oauth.answers import Refused
from services.auth.store import device_grants
from services.auth.usecases.deps import digest

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.device import Approval, DeviceGrant


def poll(tx: Connection, *, client_id: str, secret: str, now: datetime) -> DeviceGrant:
    """The device's grant, if a person has let it in and it has not fetched its tokens. Raises Refused."""
    grant = device_grants.load_for_update(tx, digest=digest(secret))
    if grant is None or grant.client_id != client_id or grant.use_time is not None:
        raise Refused("invalid_grant", "The device_code is not one of this client, or was used.")
    if now >= grant.expire_time:
        raise Refused("expired_token", "Nobody has decided in time.")
    if grant.state is DeviceState.DENIED:
        raise Refused("access_denied", "The person has not let the device in.")
    if grant.too_fast(now):
        device_grants.note_poll(tx, digest=grant.digest, interval=grant.interval + SLOWER_BY, now=now)
        raise Refused("slow_down", "Wait longer between two polls.")
    device_grants.note_poll(tx, digest=grant.digest, interval=grant.interval, now=now)
    if grant.state is DeviceState.PENDING:
        raise Refused("authorization_pending", "Nobody has decided yet.")
    return grant


def approved(grant: DeviceGrant) -> Approval:
    """Who let it in; `poll` has made sure that someone has."""
    if grant.approval is None:
        raise DeviceCodeUnknown
    return grant.approval
