"""billmesh.auth.v1.OAuthService: bodies as the RFCs have them, HTTP statuses in metadata that the edge puts right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from billmesh.auth.v1 import oauth_service_pb2, oauth_service_pb2_grpc
from google.api.httpbody_pb2 import HttpBody

from services.auth.domain.roles import ALL_SCOPES
from services.auth.usecases import tokens

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
        self._metadata = json.dumps(server_metadata(deps.issuer), separators=(",", ":")).encode()

    def IssueToken(self, request: oauth_service_pb2.IssueTokenRequest, grpc_context: grpc.ServicerContext) -> HttpBody:
        """The token endpoint."""
        form = request.body
        answer = tokens.issue_token(self._deps, endpoint=self._endpoint, content_type=form.content_type, body=form.data)
        grpc_context.send_initial_metadata((("x-http-status", str(answer.status)), *_NEVER_CACHED))
        return HttpBody(content_type=_JSON, data=answer.body)

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


def server_metadata(issuer: str) -> dict[str, object]:
    """RFC 8414. Sign-in itself is an API (LoginService), so there is no authorization endpoint to name."""
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/oauth2/token",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "scopes_supported": sorted(ALL_SCOPES),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
