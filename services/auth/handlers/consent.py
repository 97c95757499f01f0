"""billmesh.auth.v1.ConsentService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import consent_service_pb2, consent_service_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.auth.convert.api_clients import api_client_id
from services.auth.convert.consents import consent_to_proto
from services.auth.domain.names import AccountId
from services.auth.usecases import consents
from services.kit import context, paging

if TYPE_CHECKING:
    import grpc

    from services.auth.usecases.deps import Deps


class ConsentHandler(consent_service_pb2_grpc.ConsentServiceServicer):
    """What the caller allowed third parties' clients."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ListConsents(
        self, request: consent_service_pb2.ListConsentsRequest, grpc_context: grpc.ServicerContext
    ) -> consent_service_pb2.ListConsentsResponse:
        """Lists."""
        listed = consents.list_consents(
            self._deps, account_id=AccountId(context.caller().account), page=paging.page(request)
        )
        return consent_service_pb2.ListConsentsResponse(
            consents=[consent_to_proto(consent) for consent in listed.items], next_page_token=listed.next_page_token
        )

    def RevokeConsent(
        self, request: consent_service_pb2.RevokeConsentRequest, grpc_context: grpc.ServicerContext
    ) -> Empty:
        """Takes one back."""
        consents.revoke_consent(
            self._deps, account_id=AccountId(context.caller().account), client_id=api_client_id(request.client_id)
        )
        return Empty()
