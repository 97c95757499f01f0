"""billmesh.auth.v1.ApiClientService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import api_client_pb2, api_client_service_pb2, api_client_service_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.auth.convert.api_clients import (
    api_client_draft,
    api_client_id,
    api_client_to_proto,
    with_secret_to_proto,
)
from services.auth.domain.names import AccountId, MerchantId
from services.auth.usecases import api_clients
from services.kit import context, idempotency, paging

if TYPE_CHECKING:
    import grpc

    from services.auth.usecases.deps import Deps

_Answer = api_client_service_pb2.ApiClientWithSecret


class ApiClientHandler(api_client_service_pb2_grpc.ApiClientServiceServicer):
    """The programs that get tokens for the merchant's data."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetApiClient(
        self, request: api_client_service_pb2.GetApiClientRequest, grpc_context: grpc.ServicerContext
    ) -> api_client_pb2.ApiClient:
        """Reads one."""
        found = api_clients.get_api_client(
            self._deps, merchant_id=MerchantId(context.caller().merchant), client_id=api_client_id(request.id)
        )
        return api_client_to_proto(found)

    def ListApiClients(
        self, request: api_client_service_pb2.ListApiClientsRequest, grpc_context: grpc.ServicerContext
    ) -> api_client_service_pb2.ListApiClientsResponse:
        """Lists."""
        listed = api_clients.list_api_clients(
            self._deps, merchant_id=MerchantId(context.caller().merchant), page=paging.page(request)
        )
        return api_client_service_pb2.ListApiClientsResponse(
            clients=[api_client_to_proto(client) for client in listed.items], next_page_token=listed.next_page_token
        )

    def CreateApiClient(
        self, request: api_client_service_pb2.CreateApiClientRequest, grpc_context: grpc.ServicerContext
    ) -> api_client_service_pb2.ApiClientWithSecret:
        """Makes one."""
        caller = context.caller()
        return api_clients.create_api_client(
            self._deps,
            once=idempotency.once(request, _Answer, with_secret_to_proto, vault=self._deps.vault),
            merchant_id=MerchantId(caller.merchant),
            account_id=AccountId(caller.account),
            draft=api_client_draft(request.client),
        )

    def RotateSecret(
        self, request: api_client_service_pb2.RotateSecretRequest, grpc_context: grpc.ServicerContext
    ) -> api_client_service_pb2.ApiClientWithSecret:
        """Gives another secret."""
        caller = context.caller()
        return api_clients.rotate_secret(
            self._deps,
            once=idempotency.once(request, _Answer, with_secret_to_proto, vault=self._deps.vault),
            merchant_id=MerchantId(caller.merchant),
            account_id=AccountId(caller.account),
            client_id=api_client_id(request.id),
            keep_old_for=request.keep_old_for.ToTimedelta(),
        )

    def DeleteApiClient(
        self, request: api_client_service_pb2.DeleteApiClientRequest, grpc_context: grpc.ServicerContext
    ) -> Empty:
        """Removes one."""
        caller = context.caller()
        api_clients.delete_api_client(
            self._deps,
            merchant_id=MerchantId(caller.merchant),
            account_id=AccountId(caller.account),
            client_id=api_client_id(request.id),
        )
        return Empty()
