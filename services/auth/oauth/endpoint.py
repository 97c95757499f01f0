"""The token endpoint: Authlib decides what RFC 6749 and RFC 7636 say, `Exchange` what our sessions say.

Authlib alone would issue codes without PKCE, allow the `plain` method, save the new refresh token before it ends the
old one, and notice no reuse. Here PKCE with S256 is part of every code, and both kinds of grant are used up by one
compare-and-set in the database before anything is answered.
"""

# Authlib has no types, and its classes are for subclassing.
# mypy: disable-error-code="import-untyped, misc"

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    ClientMixin,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Payload,
    TokenMixin,
    grants,
)
from authlib.oauth2.rfc7636 import CodeChallenge

from services.auth.domain.session import ACCESS_FOR
from services.auth.oauth.exchange import NotAMember
from services.auth.oauth.form import FormInvalid, parse

if TYPE_CHECKING:
    from services.auth.domain.client import Client, Clients
    from services.auth.domain.session import AuthorizationCode, RefreshToken, Session, Subject
    from services.auth.oauth.exchange import Exchange

# Authlib refuses URLs without TLS; ours is behind the edge, which has no other.
_ENDPOINT = "https://edge/oauth2/token"
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. The body is JSON."""

    status: int
    body: bytes


class TokenEndpoint:
    """Answers token requests. Safe to share between threads: what belongs to one request travels with it."""

    def __init__(self, clients: Clients) -> None:
        self._server = _Server(clients)
        self._server.register_token_generator("default", _token)
        self._server.register_grant(_CodeGrant, [_Pkce(required=True)])
        self._server.register_grant(_RefreshGrant)

    def answer(self, *, content_type: str, body: bytes, exchange: Exchange) -> Answer:
        """Tokens, or an error of RFC 6749 section 5.2. What `exchange` has written is to be committed either way."""
        try:
            form = parse(content_type, body)
        except FormInvalid as error:
            return _encode(_BAD_REQUEST, {"error": "invalid_request", "error_description": str(error)})
        answer: Answer = self._server.create_token_response(_Request(form, exchange))
        return answer


def _encode(status: int, body: object) -> Answer:
    return Answer(status, json.dumps(body).encode())


class _InvalidTarget(OAuth2Error):
    error = "invalid_target"


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


class _Client(ClientMixin):
    def __init__(self, client: Client) -> None:
        self._client = client

    def get_client_id(self) -> str:
        return self._client.id

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Public clients authenticate by nothing but their PKCE verifier."""
        return method == "none" and endpoint == "token"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self._client.grant_types


class _Code(AuthorizationCodeMixin):
    code_challenge_method = "S256"

    def __init__(self, code: AuthorizationCode) -> None:
        self.value = code
        self.code_challenge = code.code_challenge

    def get_redirect_uri(self) -> str:
        return self.value.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.value.granted)


class _Refresh(TokenMixin):
    def __init__(self, secret: str, token: RefreshToken, session: Session) -> None:
        self.secret = secret
        self.value = token
        self.session = session

    def check_client(self, client: _Client) -> bool:
        same: bool = self.value.client_id == client.get_client_id()
        return same

    def get_scope(self) -> str:
        return " ".join(self.session.granted)


@dataclass(frozen=True, slots=True)
class _User:
    """Authlib's user: on whose behalf, and who signs."""

    subject: Subject
    exchange: Exchange


class _Server(AuthorizationServer):
    def __init__(self, clients: Clients) -> None:
        super().__init__()
        self._clients = clients

    def query_client(self, client_id: str) -> _Client | None:
        client = self._clients.find(client_id)
        return _Client(client) if client else None

    def create_oauth2_request(self, request: _Request) -> _Request:
        return request

    def handle_response(self, status: int, body: object, headers: object) -> Answer:
        del headers  # content type and caching are the same for every answer; the handler sets them
        return _encode(status, body)

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def save_token(self, token: dict[str, Any], request: _Request) -> None:
        """Uses up what was presented. Authlib has made the access token by now, but answered nothing."""
        subject = request.user.subject
        if request.authorization_code is not None:
            successor = request.exchange.redeem_code(request.authorization_code.value, subject)
        else:
            presented: _Refresh = request.refresh_token
            successor = request.exchange.rotate(presented.secret, presented.value, subject)
        if successor is None:
            raise InvalidGrantError("The grant was used before.")
        token["refresh_token"] = successor


def _token(*, user: _User, scope: str, **_: object) -> dict[str, object]:
    """Authlib's token generator: `scope` is what the client asks for."""
    scopes = user.subject.scopes(frozenset(scope.split()))
    if not scopes:
        raise InvalidScopeError("None of the scopes is allowed to this role.")
    return {
        "access_token": user.exchange.access_token(user.subject, scopes),
        "token_type": "Bearer",
        "expires_in": int(ACCESS_FOR.total_seconds()),
        "scope": " ".join(sorted(scopes)),
    }


class _CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        found = self.request.exchange.find_code(code, client.get_client_id())
        return _Code(found) if found else None

    def authenticate_user(self, authorization_code: _Code) -> _User:
        exchange = self.request.exchange
        try:
            subject = exchange.subject_of_code(authorization_code.value, self.request.form.get("merchant_id"))
        except NotAMember as error:
            raise _InvalidTarget("You are no member of this merchant.") from error
        user = _User(subject, exchange)
        self.request.user = user
        return user

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        """It was used up before; its row stays, to notice a second use."""


class _RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> _Refresh | None:
        found = self.request.exchange.find_refresh_token(refresh_token, self.request.client.get_client_id())
        return _Refresh(refresh_token, *found) if found else None

    def authenticate_user(self, refresh_token: _Refresh) -> _User:
        exchange = self.request.exchange
        merchant = self.request.form.get("merchant_id")
        try:
            subject = exchange.subject_of_refresh_token(refresh_token.value, refresh_token.session, merchant)
        except NotAMember as error:
            raise _InvalidTarget("You are no member of this merchant.") from error
        user = _User(subject, exchange)
        self.request.user = user
        return user

    def revoke_old_credential(self, refresh_token: _Refresh) -> None:
        """It was used up before."""


class _Pkce(CodeChallenge):
    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_verifier(self, grant: _CodeGrant, result: object) -> None:
        if not grant.request.form.get("code_verifier"):
            raise InvalidRequestError("code_verifier is missing.")
        super().validate_code_verifier(grant, result)
