"""billmesh.auth.v1.DeviceGrantService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import device_grant_service_pb2, device_grant_service_pb2_grpc, login_service_pb2

from services.auth.convert.device_grants import device_grant_to_proto
from services.auth.convert.values import merchant_id
from services.auth.domain.names import AccountId, SessionId
from services.auth.usecases import device_grants
from services.kit import context

if TYPE_CHECKING:
    import grpc

    from services.auth.usecases.deps import Deps


class DeviceGrantHandler(device_grant_service_pb2_grpc.DeviceGrantServiceServicer):
    """Letting devices in."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetDeviceGrant(
        self, request: device_grant_service_pb2.GetDeviceGrantRequest, grpc_context: grpc.ServicerContext
    ) -> device_grant_service_pb2.DeviceGrant:
        """Tells what the device asks for."""
        found = device_grants.get_device_grant(
            self._deps, account_id=AccountId(context.caller().account), user_code=request.user_code
        )
        return device_grant_to_proto(found, user_code=request.user_code)

    def DecideDeviceGrant(
        self, request: device_grant_service_pb2.DecideDeviceGrantRequest, grpc_context: grpc.ServicerContext
    ) -> device_grant_service_pb2.DeviceGrant:
        """Lets it in, or not."""
        caller = context.caller()
        decided = device_grants.decide_device_grant(
            self._deps,
            account_id=AccountId(caller.account),
            session_id=SessionId(caller.session_id) if caller.session_id else None,
            auth_time=caller.auth_time,
            user_code=request.user_code,
            allowed=request.decision == login_service_pb2.CONSENT_DECISION_ALLOW,
            merchant_id=merchant_id(request.merchant_id) if request.merchant_id else None,
        )
        return device_grant_to_proto(decided, user_code=request.user_code)
