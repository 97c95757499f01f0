"""Devices that want in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import device_grant_service_pb2

from services.auth.convert.logins import summary_to_proto
from services.auth.convert.values import time_to_proto
from services.auth.domain import device
from services.auth.domain.device import DeviceState

if TYPE_CHECKING:
    from services.auth.domain.client import AuthorizationSummary
    from services.auth.domain.device import DeviceGrant

_STATES = {
    DeviceState.PENDING: device_grant_service_pb2.DEVICE_GRANT_STATE_PENDING,
    DeviceState.ALLOWED: device_grant_service_pb2.DEVICE_GRANT_STATE_ALLOWED,
    DeviceState.DENIED: device_grant_service_pb2.DEVICE_GRANT_STATE_DENIED,
}


def device_grant_to_proto(
    found: tuple[DeviceGrant, AuthorizationSummary], *, user_code: str
) -> device_grant_service_pb2.DeviceGrant:
    """As the person sees it who entered `user_code`; it is kept nowhere."""
    grant, summary = found
    return device_grant_service_pb2.DeviceGrant(
        user_code=device.shown(user_code),
        authorization=summary_to_proto(summary),
        state=_STATES[grant.state],
        expire_time=time_to_proto(grant.expire_time),
        network=grant.network,
    )
