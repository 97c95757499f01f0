"""Our clients, codes and tokens, as Authlib wants to see them."""

# Authlib has no types, and its classes are for subclassing.
# mypy: disable-error-code="import-untyped, misc"

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin

if TYPE_CHECKING:
    from services.auth.domain.client import Client
    from services.auth.domain.session import AuthorizationCode, RefreshToken, Session, Subject
    from services.auth.oauth.exchange import Exchange


class AuthlibClient(ClientMixin):
    """A client that has authenticated."""

    def __init__(self, client: Client) -> None:
        self.value = client

    def get_client_id(self) -> str:
        """Its name."""
        return self.value.id

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether it may use the grant."""
        return grant_type in self.value.grant_types


class AuthlibCode(AuthorizationCodeMixin):
    """A code that its client may redeem."""

    code_challenge_method = "S256"

    def __init__(self, code: AuthorizationCode) -> None:
        self.value = code
        self.code_challenge = code.code_challenge

    def get_redirect_uri(self) -> str:
        """Where it was sent."""
        return self.value.redirect_uri

    def get_scope(self) -> str:
        """What was granted."""
        return " ".join(self.value.granted)


class AuthlibToken(TokenMixin):
    """A refresh token that its client may use."""

    def __init__(self, secret: str, token: RefreshToken, session: Session) -> None:
        self.secret = secret
        self.value = token
        self.session = session

    def check_client(self, client: AuthlibClient) -> bool:
        """Whether it is the client's."""
        same: bool = self.value.client_id == client.get_client_id()
        return same

    def get_scope(self) -> str:
        """What was granted."""
        return " ".join(self.session.granted)


@dataclass(frozen=True, slots=True)
class User:
    """Authlib's user: on whose behalf, and who signs."""

    subject: Subject
    exchange: Exchange
