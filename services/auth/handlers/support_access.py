"""billmesh.auth.v1.SupportAccessService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import support_access_service_pb2, support_access_service_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.auth.convert.support_access import support_access_to_proto
from services.auth.domain.names import AccountId, MerchantId
from services.auth.usecases import support_access
from services.kit import context

if TYPE_CHECKING:
    import grpc

    from services.auth.usecases.deps import Deps


class SupportAccessHandler(support_access_service_pb2_grpc.SupportAccessServiceServicer):
    """Letting support staff look."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetSupportAccess(
        self, request: support_access_service_pb2.GetSupportAccessRequest, grpc_context: grpc.ServicerContext
    ) -> support_access_service_pb2.SupportAccess:
        """Reads."""
        found = support_access.get_support_access(self._deps, merchant_id=MerchantId(context.caller().merchant))
        return support_access_to_proto(found)

    def GrantSupportAccess(
        self, request: support_access_service_pb2.GrantSupportAccessRequest, grpc_context: grpc.ServicerContext
    ) -> support_access_service_pb2.SupportAccess:
        """Lets them."""
        caller = context.caller()
        grant = support_access.grant_support_access(
            self._deps,
            merchant_id=MerchantId(caller.merchant),
            account_id=AccountId(caller.account),
            duration=request.duration.ToTimedelta(),
        )
        return support_access_to_proto(grant)

    def RevokeSupportAccess(
        self, request: support_access_service_pb2.RevokeSupportAccessRequest, grpc_context: grpc.ServicerContext
    ) -> Empty:
        """Ends it."""
        caller = context.caller()
        support_access.revoke_support_access(
            self._deps, merchant_id=MerchantId(caller.merchant), account_id=AccountId(caller.account)
        )
        return Empty()
