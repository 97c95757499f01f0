"""Authlib's client, unmodified, against the running edge."""

# Authlib has no types.
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from joserfc import jwk

from tests.conformance.desk import CALLBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.conftest import Register
    from tests.conformance.desk import Desk, Registered

VERIFIER = "v" * 64


class ShortLived(PrivateKeyJWT):  # type: ignore[misc] # as above
    """Assertions of a minute: Authlib makes them for an hour, of which we take five minutes."""

    def sign(self, auth: OAuth2Session, token_endpoint: str) -> str:
        key, alg = auth.client_secret, self.alg
        return str(private_key_jwt_sign(key, auth.client_id, token_endpoint, alg=alg, expires_in=60))


@pytest.fixture(params=["client_secret_basic", "client_secret_post", "private_key_jwt", "none"])
def session(request: pytest.FixtureRequest, desk: Desk, register: Register) -> Iterator[OAuth2Session]:
    """One that authenticates in each way."""
    registered: Registered = register(method=request.param)
    secret: Any = registered.secret
    method: Any = registered.method
    if registered.method == "private_key_jwt":
        secret = jwk.ECKey.import_key(registered.key)
        method = ShortLived(f"{desk.edge.url}/oauth2/token", alg="ES256")
    with OAuth2Session(
        registered.client_id,
        secret or None,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        redirect_uri=CALLBACK,
        scope="openid profile",
        code_challenge_method="S256",
    ) as made:
        made.verify = str(desk.ca)
        made.trust_env = False
        made.token_endpoint = f"{desk.edge.url}/oauth2/token"
        yield made


def test_a_code_and_all_that_follows(session: OAuth2Session, desk: Desk) -> None:
    endpoint = f"{desk.edge.url}/oauth2/token"
    url, state = session.create_authorization_url(
        f"{desk.edge.url}/oauth2/authorize", code_verifier=VERIFIER, nonce="n"
    )
    back = desk.browse(url)
    token = session.fetch_token(endpoint, authorization_response=back, state=state, code_verifier=VERIFIER)
    assert token["id_token"]
    assert session.get(f"{desk.edge.url}/oauth2/userinfo").json()["sub"] == desk.person.account_id
    refreshed = session.refresh_token(endpoint, refresh_token=token["refresh_token"])
    assert refreshed["refresh_token"] != token["refresh_token"]
    answer = session.revoke_token(f"{desk.edge.url}/oauth2/revoke", token=refreshed["refresh_token"])
    assert answer.status_code == 200
    with pytest.raises(OAuthError, match="invalid_grant"):
        session.refresh_token(endpoint, refresh_token=refreshed["refresh_token"])
