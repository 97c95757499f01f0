"""API clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import api_client_pb2, api_client_service_pb2

from services.auth.convert.values import time_to_proto
from services.auth.domain.api_client import ApiClientDraft
from services.auth.domain.client import Authentication, Grant
from services.auth.domain.names import ApiClientId
from services.auth.oauth import client_keys
from services.kit.ids import from_text, to_text

if TYPE_CHECKING:
    from services.auth.domain.api_client import ApiClient
    from services.auth.usecases.api_clients import WithSecret

_GRANTS = {
    Grant.CLIENT_CREDENTIALS: api_client_pb2.GRANT_TYPE_CLIENT_CREDENTIALS,
    Grant.AUTHORIZATION_CODE: api_client_pb2.GRANT_TYPE_AUTHORIZATION_CODE,
    Grant.DEVICE_CODE: api_client_pb2.GRANT_TYPE_DEVICE_CODE,
}
_GRANTS_BACK = {value: grant for grant, value in _GRANTS.items()}
_AUTHENTICATIONS = {
    Authentication.SECRET: api_client_pb2.CLIENT_AUTHENTICATION_SECRET,
    Authentication.PRIVATE_KEY: api_client_pb2.CLIENT_AUTHENTICATION_PRIVATE_KEY_JWT,
    Authentication.NONE: api_client_pb2.CLIENT_AUTHENTICATION_NONE,
}
_AUTHENTICATIONS_BACK = {value: authentication for authentication, value in _AUTHENTICATIONS.items()}


def api_client_id(text: str) -> ApiClientId:
    """From its text, which is valid."""
    return ApiClientId(from_text("cli", text))


def api_client_draft(client: api_client_pb2.ApiClient) -> ApiClientDraft:
    """What an owner asks for. Raises ClientKeysInvalid."""
    return ApiClientDraft(
        display_name=client.display_name,
        test_mode=client.mode == api_client_pb2.API_CLIENT_MODE_TEST,
        grant_types=frozenset(_GRANTS_BACK[grant] for grant in client.grant_types),
        scopes=frozenset(client.scopes),
        authentication=_AUTHENTICATIONS_BACK[client.authentication],
        keys=client_keys.read_set(client.jwks_json, field="client.jwks_json") if client.jwks_json else None,
        redirect_uris=tuple(client.redirect_uris),
    )


def api_client_to_proto(client: ApiClient) -> api_client_pb2.ApiClient:
    """As its merchant sees it."""
    return api_client_pb2.ApiClient(
        id=to_text("cli", client.id),
        display_name=client.display_name,
        mode=api_client_pb2.API_CLIENT_MODE_TEST if client.test_mode else api_client_pb2.API_CLIENT_MODE_LIVE,
        grant_types=sorted(_GRANTS[grant] for grant in client.grant_types),
        scopes=sorted(client.scopes),
        authentication=_AUTHENTICATIONS[client.authentication],
        jwks_json=client_keys.write_set(client.keys) if client.keys else "",
        redirect_uris=client.redirect_uris,
        create_time=time_to_proto(client.create_time),
        create_account_id=to_text("acc", client.create_account_id),
        last_use_time=time_to_proto(client.last_use_time),
        old_secret_expire_time=time_to_proto(client.old_secret_expire_time),
    )


def with_secret_to_proto(made: WithSecret) -> api_client_service_pb2.ApiClientWithSecret:
    """With its secret: it is shown here and nowhere else."""
    return api_client_service_pb2.ApiClientWithSecret(client=api_client_to_proto(made.client), secret=made.secret)
