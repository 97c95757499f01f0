"""billmesh.auth.v1.AuthenticatorService."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from billmesh.auth.v1 import authenticator_pb2, authenticator_service_pb2, authenticator_service_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.auth.convert.authenticators import authenticator_to_proto, shown_to_proto
from services.auth.convert.values import authenticator_id
from services.auth.domain.names import AccountId
from services.auth.usecases import authenticators
from services.kit import context

if TYPE_CHECKING:
    import grpc

    from services.auth.usecases.deps import Deps


class AuthenticatorHandler(authenticator_service_pb2_grpc.AuthenticatorServiceServicer):
    """The caller's authenticators and recovery codes."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ListAuthenticators(
        self, request: authenticator_service_pb2.ListAuthenticatorsRequest, grpc_context: grpc.ServicerContext
    ) -> authenticator_service_pb2.ListAuthenticatorsResponse:
        """Lists."""
        found = authenticators.list_authenticators(self._deps, account_id=AccountId(context.caller().account))
        return authenticator_service_pb2.ListAuthenticatorsResponse(
            authenticators=[authenticator_to_proto(authenticator) for authenticator in found]
        )

    def CreateAuthenticator(
        self, request: authenticator_service_pb2.CreateAuthenticatorRequest, grpc_context: grpc.ServicerContext
    ) -> authenticator_pb2.AuthenticatorEnrolment:
        """Makes one and shows its secret."""
        shown = authenticators.create_authenticator(
            self._deps,
            account_id=AccountId(context.caller().account),
            display_name=request.display_name,
            request_id=UUID(request.request_id),
        )
        return shown_to_proto(shown)

    def DeleteAuthenticator(
        self, request: authenticator_service_pb2.DeleteAuthenticatorRequest, grpc_context: grpc.ServicerContext
    ) -> Empty:
        """Removes one."""
        authenticators.delete_authenticator(
            self._deps,
            account_id=AccountId(context.caller().account),
            authenticator_id=authenticator_id(request.id),
        )
        return Empty()

    def ConfirmAuthenticator(
        self, request: authenticator_service_pb2.ConfirmAuthenticatorRequest, grpc_context: grpc.ServicerContext
    ) -> authenticator_pb2.Authenticator:
        """Takes its first code."""
        confirmed = authenticators.confirm_authenticator(
            self._deps,
            account_id=AccountId(context.caller().account),
            authenticator_id=authenticator_id(request.id),
            code=request.code,
        )
        return authenticator_to_proto(confirmed)

    def RegenerateRecoveryCodes(
        self, request: authenticator_service_pb2.RegenerateRecoveryCodesRequest, grpc_context: grpc.ServicerContext
    ) -> authenticator_service_pb2.RegenerateRecoveryCodesResponse:
        """Makes recovery codes and shows them."""
        account_id = AccountId(context.caller().account)
        codes = authenticators.regenerate_recovery_codes(self._deps, account_id=account_id)
        return authenticator_service_pb2.RegenerateRecoveryCodesResponse(codes=codes)
