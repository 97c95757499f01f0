"""The token endpoint: Authlib decides what RFC 6749 and RFC 7636 say, `Exchange` what our sessions say.

Authlib alone would issue codes without PKCE, allow the `plain` method, save the new refresh token before it ends the
old one, and notice no reuse. Here PKCE with S256 is part of every code, and every grant is used up by one
compare-and-set in the database before anything is answered.
"""

# Authlib has no types, and its classes are for subclassing.
# mypy: disable-error-code="import-untyped, misc"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidScopeError,
    OAuth2Payload,
)

from services.auth.oauth import grants
from services.auth.oauth.adapters import AuthlibClient, User
from services.auth.oauth.answers import Answer, Refused, said

if TYPE_CHECKING:
    from services.auth.oauth.exchange import Exchange

# Authlib refuses URLs without TLS; ours is behind the edge, which has no other.
_ENDPOINT = "https://edge/oauth2/token"


class TokenEndpoint:
    """Answers token requests. Safe to share between threads: what belongs to one request travels with it."""

    def __init__(self) -> None:
        self._server = _Server()
        self._server.register_token_generator("default", _token)
        self._server.register_grant(grants.CodeGrant, [grants.Pkce(required=True)])
        self._server.register_grant(grants.RefreshGrant)
        self._server.register_grant(grants.ClientGrant)
        self._server.register_grant(grants.DeviceCodeGrant)
        self._server.register_grant(grants.ExchangeGrant)

    def answer(self, *, form: dict[str, str], exchange: Exchange) -> Answer:
        """Tokens, or an error of RFC 6749 section 5.2. What `exchange` has written is to be committed either way."""
        try:
            answer: Answer = self._server.create_token_response(_Request(form, exchange))
        except Refused as refused:
            return refused.answer()
        return answer


class _Payload(OAuth2Payload):
    def __init__(self, form: dict[str, str]) -> None:
        self._form = form

    @property
    def data(self) -> dict[str, str]:
        return self._form

    @property
    def datalist(self) -> dict[str, list[str]]:
        return {name: [value] for name, value in self._form.items()}


class _Request(OAuth2Request):
    def __init__(self, form: dict[str, str], exchange: Exchange) -> None:
        super().__init__("POST", _ENDPOINT)
        self._form = form
        self.payload = _Payload(form)
        self.exchange = exchange

    @property
    def args(self) -> dict[str, str]:
        return {}

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _Server(AuthorizationServer):
    def authenticate_client(self, request: _Request, methods: object, endpoint: str = "token") -> AuthlibClient:
        """By our own rules: which methods a client may use is the client's, not the grant's."""
        del methods, endpoint
        client = AuthlibClient(request.exchange.authenticate_client())
        request.auth_method = "none" if client.value.public else "authenticated"
        return client

    def create_oauth2_request(self, request: _Request) -> _Request:
        return request

    def handle_response(self, status: int, body: object, headers: object) -> Answer:
        del headers  # content type and caching are the same for every answer; the handler sets them
        return said(body, status=status)

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def save_token(self, token: dict[str, Any], request: _Request) -> None:
        """Uses up what was presented. Authlib has made the access token by now, but answered nothing."""
        exchange, user = request.exchange, request.user
        nonce = ""
        if request.authorization_code is not None:
            successor = exchange.redeem_code(request.authorization_code.value, user.subject)
            nonce = request.authorization_code.value.nonce
        elif request.credential is not None:
            successor = exchange.redeem_device(request.credential, user.subject)
        else:
            presented = request.refresh_token
            successor = exchange.rotate(presented.secret, presented.value, user.subject)
        if successor is None:
            raise InvalidGrantError("The grant was used before.")
        token["refresh_token"] = successor
        if request.refresh_token is None and (
            made := exchange.id_token(user.subject, nonce=nonce, access_token=token["access_token"])
        ):
            token["id_token"] = made


def _token(*, user: User, scope: str, **_: object) -> dict[str, object]:
    """Authlib's token generator: `scope` is what the client asks for."""
    scopes = user.subject.scopes & frozenset(scope.split())
    if not scopes:
        raise InvalidScopeError("None of the scopes is allowed to this role.")
    return {
        "access_token": user.exchange.access_token(user.subject, scopes),
        "token_type": "DPoP" if user.subject.jkt else "Bearer",
        "expires_in": user.exchange.lifetime(user.subject),
        "scope": " ".join(sorted(scopes)),
    }
