"""billmesh.auth.v1.OAuthService: bodies as the RFCs have them, HTTP statuses in metadata that the edge puts right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import oauth_service_pb2, oauth_service_pb2_grpc
from google.api.httpbody_pb2 import HttpBody

from services.auth.domain.names import AccountId
from services.auth.oauth.answers import Answer, encode
from services.auth.oauth.metadata import server_metadata
from services.auth.oauth.received import Received
from services.auth.usecases import authorization_endpoint, device_grants, token_status, tokens
from services.kit import context, dpop

if TYPE_CHECKING:
    import grpc

    from services.auth.oauth.endpoint import TokenEndpoint
    from services.auth.usecases.deps import Deps

_JSON = "application/json"
_NEVER_CACHED = (("cache-control", "no-store"), ("pragma", "no-cache"))
# Clients may keep what changes rarely; a new key is published long before it signs.
_CACHED = (("cache-control", "public, max-age=300"),)


class OAuthHandler(oauth_service_pb2_grpc.OAuthServiceServicer):
    """The endpoints that OAuth clients know."""

    def __init__(self, deps: Deps, endpoint: TokenEndpoint) -> None:
        self._deps = deps
        self._endpoint = endpoint
        self._metadata = encode(server_metadata(deps.issuer))

    def IssueToken(self, request: oauth_service_pb2.IssueTokenRequest, grpc_context: grpc.ServicerContext) -> HttpBody:
        """The token endpoint."""
        received = _received("/oauth2/token", request.body, grpc_context)
        return _tell(tokens.issue_token(self._deps, endpoint=self._endpoint, received=received), grpc_context)

    def Authorize(self, request: oauth_service_pb2.AuthorizeRequest, grpc_context: grpc.ServicerContext) -> HttpBody:
        """The authorization endpoint. The transcoder reads queries in its own way; this one, as it came."""
        path, verb = _called(grpc_context)
        if verb == "GET":
            return _tell(
                authorization_endpoint.authorize_by_query(self._deps, query=path.partition("?")[2]), grpc_context
            )
        received = _received("/oauth2/authorize", request.body, grpc_context)
        return _tell(authorization_endpoint.authorize_by_form(self._deps, received=received), grpc_context)

    def PushAuthorizationRequest(
        self, request: oauth_service_pb2.PushAuthorizationRequestRequest, grpc_context: grpc.ServicerContext
    ) -> HttpBody:
        """Pushed authorization requests."""
        received = _received("/oauth2/par", request.body, grpc_context)
        return _tell(authorization_endpoint.push(self._deps, received=received), grpc_context)

    def AuthorizeDevice(
        self, request: oauth_service_pb2.AuthorizeDeviceRequest, grpc_context: grpc.ServicerContext
    ) -> HttpBody:
        """The device authorization endpoint."""
        received = _received("/oauth2/device_authorization", request.body, grpc_context)
        return _tell(device_grants.begin(self._deps, received=received), grpc_context)

    def RevokeToken(
        self, request: oauth_service_pb2.RevokeTokenRequest, grpc_context: grpc.ServicerContext
    ) -> HttpBody:
        """Revocation."""
        received = _received("/oauth2/revoke", request.body, grpc_context)
        return _tell(token_status.revoke(self._deps, received=received), grpc_context)

    def IntrospectToken(
        self, request: oauth_service_pb2.IntrospectTokenRequest, grpc_context: grpc.ServicerContext
    ) -> HttpBody:
        """Introspection."""
        received = _received("/oauth2/introspect", request.body, grpc_context)
        return _tell(token_status.introspect(self._deps, received=received), grpc_context)

    def GetUserInfo(
        self, request: oauth_service_pb2.GetUserInfoRequest, grpc_context: grpc.ServicerContext
    ) -> HttpBody:
        """Who the token's person is."""
        caller = context.caller()
        answer = token_status.user_info(self._deps, account_id=AccountId(caller.account), scopes=caller.scopes)
        return _tell(answer, grpc_context)

    def GetJwks(self, request: oauth_service_pb2.GetJwksRequest, grpc_context: grpc.ServicerContext) -> HttpBody:
        """The public keys."""
        keys = self._deps.keys.fetch()
        grpc_context.send_initial_metadata(_CACHED)
        return HttpBody(content_type=_JSON, data=keys)

    def GetServerMetadata(
        self, request: oauth_service_pb2.GetServerMetadataRequest, grpc_context: grpc.ServicerContext
    ) -> HttpBody:
        """What this server can do."""
        grpc_context.send_initial_metadata(_CACHED)
        return HttpBody(content_type=_JSON, data=self._metadata)


def _received(path: str, body: HttpBody, grpc_context: grpc.ServicerContext) -> Received:
    metadata = grpc_context.invocation_metadata()
    return Received(
        path=path,
        content_type=body.content_type,
        body=body.data,
        authorizations=tuple(dpop.values(metadata, "authorization")),
        proofs=tuple(dpop.values(metadata, "dpop")),
    )


def _called(grpc_context: grpc.ServicerContext) -> tuple[str, str]:
    """Path with query, and method, of the HTTP request that the edge made a call of; empty for a native call."""
    metadata = grpc_context.invocation_metadata()
    paths, verbs = dpop.values(metadata, "x-envoy-original-path"), dpop.values(metadata, "x-envoy-original-method")
    return (paths or [""])[0], (verbs or [""])[0]


def _tell(answer: Answer, grpc_context: grpc.ServicerContext) -> HttpBody:
    grpc_context.send_initial_metadata((("x-http-status", str(answer.status)), *_NEVER_CACHED, *answer.headers))
    return HttpBody(content_type=_JSON if answer.body else "", data=answer.body)
