"""The ways to a token, as Authlib calls them."""

# Authlib has no types, and its classes are for subclassing.
# mypy: disable-error-code="import-untyped, misc"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import (
    BaseGrant,
    InvalidRequestError,
    InvalidScopeError,
    TokenEndpointMixin,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749 import grants as authlib
from authlib.oauth2.rfc7636 import CodeChallenge

from services.auth.domain.client import Grant
from services.auth.oauth.adapters import AuthlibClient, AuthlibCode, AuthlibToken, User

if TYPE_CHECKING:
    from services.auth.domain.session import Subject

_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a type
_OK = 200


class CodeGrant(authlib.AuthorizationCodeGrant):
    """A code becomes a session and its tokens."""

    def query_authorization_code(self, code: str, client: AuthlibClient) -> AuthlibCode | None:
        """One that the client may redeem."""
        found = self.request.exchange.find_code(code, client.value)
        return AuthlibCode(found) if found else None

    def authenticate_user(self, authorization_code: AuthlibCode) -> User:
        """Whom its tokens are for."""
        merchant = self.request.form.get("merchant_id")
        exchange = self.request.exchange
        subject = exchange.subject_of_code(authorization_code.value, self.request.client.value, merchant)
        self.request.user = user = User(subject, exchange)
        return user

    def delete_authorization_code(self, authorization_code: AuthlibCode) -> None:
        """It was used up before; its row stays, to notice a second use."""


class Pkce(CodeChallenge):
    """S256, always."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_verifier(self, grant: CodeGrant, result: object) -> None:
        """Raises InvalidRequestError or InvalidGrantError."""
        if not grant.request.form.get("code_verifier"):
            raise InvalidRequestError("code_verifier is missing.")
        super().validate_code_verifier(grant, result)


class RefreshGrant(authlib.RefreshTokenGrant):
    """A refresh token becomes the next one, and an access token."""

    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> AuthlibToken | None:
        """One that the client may use now."""
        found = self.request.exchange.find_refresh_token(refresh_token, self.request.client.value)
        return AuthlibToken(refresh_token, *found) if found else None

    def authenticate_user(self, refresh_token: AuthlibToken) -> User:
        """Whom the new tokens are for."""
        exchange = self.request.exchange
        subject = exchange.subject_of_refresh_token(
            refresh_token.value,
            refresh_token.session,
            self.request.client.value,
            self.request.form.get("merchant_id"),
        )
        self.request.user = user = User(subject, exchange)
        return user

    def revoke_old_credential(self, refresh_token: AuthlibToken) -> None:
        """It was used up before."""


class _OwnGrant(BaseGrant, TokenEndpointMixin):
    """One that Authlib has not, or not as we want it."""

    def validate_token_request(self) -> None:
        """Authenticates the client. Raises UnauthorizedClientError."""
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("The client is not registered for this grant_type.")
        self.request.client = client

    def made(self, subject: Subject) -> dict[str, Any]:
        """An access token for `subject`, of what the form asks for. Raises InvalidScopeError."""
        exchange = self.request.exchange
        asked = frozenset((self.request.form.get("scope") or "").split())
        if not asked <= self.request.client.value.scopes:
            raise InvalidScopeError
        self.request.user = User(subject, exchange)
        scope = " ".join(asked or subject.scopes)
        token: dict[str, Any] = self.generate_token(user=self.request.user, scope=scope)
        return token


class ClientGrant(_OwnGrant):
    """A client acts on its own (RFC 6749 section 4.4)."""

    GRANT_TYPE = Grant.CLIENT_CREDENTIALS.value

    def create_token_response(self) -> tuple[int, dict[str, Any], object]:
        """Without a refresh token."""
        client = self.request.client.value
        subject = self.request.exchange.subject_of_client(client, self.request.form.get("merchant_id"))
        return _OK, self.made(subject), self.TOKEN_RESPONSE_HEADER


class DeviceCodeGrant(_OwnGrant):
    """A device that a person has let in (RFC 8628)."""

    GRANT_TYPE = Grant.DEVICE_CODE.value

    def create_token_response(self) -> tuple[int, dict[str, Any], object]:
        """What the person granted; a scope in the form counts for nothing."""
        secret = self.request.form.get("device_code")
        if not secret:
            raise InvalidRequestError("device_code is missing.")
        exchange, client = self.request.exchange, self.request.client.value
        grant = exchange.find_device(secret, client)
        self.request.credential = grant
        self.request.user = User(exchange.subject_of_device(grant, client), exchange)
        token = self.generate_token(user=self.request.user, scope=" ".join(grant.granted))
        self.save_token(token)
        return _OK, token, self.TOKEN_RESPONSE_HEADER


class ExchangeGrant(_OwnGrant):
    """Support staff get a token to look with (RFC 8693)."""

    GRANT_TYPE = Grant.TOKEN_EXCHANGE.value

    def create_token_response(self) -> tuple[int, dict[str, Any], object]:
        """Without a refresh token; it says its type."""
        form = self.request.form
        if form.get("subject_token_type") != _ACCESS_TOKEN or form.get("actor_token"):
            raise InvalidRequestError("One subject_token is exchanged, an access token.")
        if form.get("requested_token_type", _ACCESS_TOKEN) != _ACCESS_TOKEN:
            raise InvalidRequestError("Only access tokens are to be had.")
        subject = self.request.exchange.subject_of_staff(
            self.request.client.value, form.get("subject_token") or "", form.get("merchant_id")
        )
        return _OK, self.made(subject) | {"issued_token_type": _ACCESS_TOKEN}, self.TOKEN_RESPONSE_HEADER
