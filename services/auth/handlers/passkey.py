"""billmesh.auth.v1.PasskeyService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import passkey_pb2, passkey_service_pb2, passkey_service_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.auth.convert.passkeys import passkey_to_proto, registration_to_proto
from services.auth.convert.values import passkey_id
from services.auth.domain.names import AccountId
from services.auth.usecases import passkeys
from services.kit import context

if TYPE_CHECKING:
    import grpc

    from services.auth.usecases.deps import Deps


class PasskeyHandler(passkey_service_pb2_grpc.PasskeyServiceServicer):
    """The caller's passkeys."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ListPasskeys(
        self, request: passkey_service_pb2.ListPasskeysRequest, grpc_context: grpc.ServicerContext
    ) -> passkey_service_pb2.ListPasskeysResponse:
        """Lists."""
        found = passkeys.list_passkeys(self._deps, account_id=AccountId(context.caller().account))
        return passkey_service_pb2.ListPasskeysResponse(passkeys=[passkey_to_proto(passkey) for passkey in found])

    def BeginPasskeyRegistration(
        self, request: passkey_service_pb2.BeginPasskeyRegistrationRequest, grpc_context: grpc.ServicerContext
    ) -> passkey_service_pb2.BeginPasskeyRegistrationResponse:
        """Says what the browser is to be told."""
        begun = passkeys.begin_registration(self._deps, account_id=AccountId(context.caller().account))
        return registration_to_proto(begun)

    def FinishPasskeyRegistration(
        self, request: passkey_service_pb2.FinishPasskeyRegistrationRequest, grpc_context: grpc.ServicerContext
    ) -> passkey_pb2.Passkey:
        """Takes what the browser answered."""
        passkey = passkeys.finish_registration(
            self._deps,
            account_id=AccountId(context.caller().account),
            token=request.registration_token,
            answer=request.credential_json,
            display_name=request.display_name,
        )
        return passkey_to_proto(passkey)

    def DeletePasskey(
        self, request: passkey_service_pb2.DeletePasskeyRequest, grpc_context: grpc.ServicerContext
    ) -> Empty:
        """Removes one."""
        account_id = AccountId(context.caller().account)
        passkeys.delete_passkey(self._deps, account_id=account_id, passkey_id=passkey_id(request.id))
        return Empty()
