"""Applications that may ask people to sign in or get tokens of their own, and what they ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from services.auth.domain.errors.sign_in import ClientUnknown, RedirectUriNotRegistered, ScopeUnknown
from services.auth.domain.roles import ALL_SCOPES

if TYPE_CHECKING:
    from datetime import datetime

    from services.auth.domain.names import MerchantId

# How long the sign-in page may answer what a client asks for, and how long what was pushed waits (RFC 9126).
REQUEST_VALID_FOR = timedelta(minutes=10)
PUSHED_VALID_FOR = timedelta(seconds=90)
# Asked for by OpenID clients who want refresh tokens; ours always bring them.
OFFLINE_ACCESS = "offline_access"


class Authentication(StrEnum):
    """How a client shows who it is."""

    NONE = "none"
    SECRET = "client_secret"  # noqa: S105 - the name of a method
    PRIVATE_KEY = "private_key_jwt"


class Grant(StrEnum):
    """Ways to a token, as the token endpoint knows them."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
    CLIENT_CREDENTIALS = "client_credentials"
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
    TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - the name of a grant


# What our own applications use, if configuration says nothing else.
FIRST_PARTY_GRANTS = frozenset((Grant.AUTHORIZATION_CODE, Grant.REFRESH_TOKEN, Grant.TOKEN_EXCHANGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered application: one of our own, from configuration, or a merchant's, "cli_…", from the database.

    Public ones (Authentication.NONE) hold no secret: PKCE binds them, and DPoP where they offer it.
    """

    id: str
    # Compared byte by byte; see `may_redirect_to`.
    redirect_uris: frozenset[str] = frozenset()
    scopes: frozenset[str] = ALL_SCOPES
    grant_types: frozenset[Grant] = FIRST_PARTY_GRANTS
    authentication: Authentication = Authentication.NONE
    # What people are shown; our own need no other name.
    display_name: str = ""
    # One of our own: nobody is asked for consent, and scopes for one's own security are to be had.
    first_party: bool = True
    # The merchant that registered it, and how people know that one.
    merchant_id: MerchantId | None = None
    publisher_name: str = ""
    # For which tenant it acts on its own; a test client's is its merchant's test tenant, and it acts for no other.
    acts_for: MerchantId | None = None
    test_mode: bool = False

    @property
    def public(self) -> bool:
        """Whether nothing but PKCE and DPoP binds it."""
        return self.authentication is Authentication.NONE

    def may_redirect_to(self, uri: str) -> bool:
        """Whether it registered `uri`, byte by byte; on a loopback address with any port (RFC 8252, section 7.3)."""
        if uri in self.redirect_uris:
            return True
        anywhere = _without_port(uri)
        return anywhere is not None and any(_without_port(registered) == anywhere for registered in self.redirect_uris)

    def granted_scopes(self, asked: frozenset[str]) -> frozenset[str]:
        """What a sign-in grants of what is asked for; all that it may have, if nothing is. Raises ScopeUnknown."""
        if not asked:
            return self.scopes
        granted = asked - {OFFLINE_ACCESS}
        if unknown := granted - self.scopes:
            raise ScopeUnknown(min(unknown))
        if not granted:
            raise ScopeUnknown(OFFLINE_ACCESS)
        return granted


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """Where a sign-in is to lead."""

    client_id: str
    redirect_uri: str
    # What is asked for; empty: all that the client may ask for.
    scopes: frozenset[str]
    state: str
    # S256: unpadded base64url of the verifier's SHA-256.
    code_challenge: str
    device_name: str
    # Handed back in the ID token; empty: none.
    nonce: str = ""
    # Thumbprint of the key that the code is bound to (RFC 9449, section 10); empty: none.
    dpop_jkt: str = ""
    # Of OpenID Connect: "login", "consent", "select_account". ("none" never gets as far as here.)
    prompt: frozenset[str] = frozenset()
    # How old the sign-in may be; None: as old as may be.
    max_age: timedelta | None = None
    # Whom the client thinks will sign in.
    login_hint: str = ""
    # SHA-256 of the handle that /oauth2/authorize gave to the sign-in page; None: one of our own came without one.
    handle: bytes | None = None

    def __repr__(self) -> str:
        """Hides what is the person's or the client's secret: reprs end in logs."""
        return f"AuthorizationRequest({self.client_id})"

    def on(self, device_name: str) -> AuthorizationRequest:
        """The same, from a device of that name."""
        return replace(self, device_name=device_name)

    def asks_newer_sign_in(self, auth_time: datetime, now: datetime) -> bool:
        """Whether a sign-in of `auth_time` is not good enough."""
        if self.prompt & {"login", "select_account"}:
            return True
        return self.max_age is not None and now - auth_time > self.max_age


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationSummary:
    """What a client asks for, in words for the person whom it asks."""

    client_id: str
    client_name: str
    publisher_name: str
    scopes: frozenset[str]
    third_party: bool
    login_hint: str = ""
    # Until when it can be answered; None where something around it has its own.
    expire_time: datetime | None = None


class Clients:
    """Our own applications, from configuration."""

    def __init__(self, clients: tuple[Client, ...]) -> None:
        self._clients = {client.id: client for client in clients}

    def find(self, client_id: str) -> Client | None:
        """The client of that id, if there is one."""
        return self._clients.get(client_id)

    def granted_scopes(self, request: AuthorizationRequest) -> frozenset[str]:
        """What a sign-in on `request` of one of our own applications grants.

        Raises ClientUnknown, RedirectUriNotRegistered or ScopeUnknown.
        """
        client = self.find(request.client_id)
        if client is None:
            raise ClientUnknown
        if not client.may_redirect_to(request.redirect_uri):
            raise RedirectUriNotRegistered
        return client.granted_scopes(request.scopes)


_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(/[^\s#]*)?", re.ASCII)


def _without_port(uri: str) -> str | None:
    """A loopback URI without its port; None for any other."""
    found = _LOOPBACK.fullmatch(uri)
    return found[1] + (found[2] or "") if found else None


def redirect_with(uri: str, **parameters: str) -> str:
    """`uri` with `parameters` added to its query; empty ones are left out. What is there stays, byte by byte."""
    query = urlencode({name: value for name, value in parameters.items() if value})
    return f"{uri}{'&' if '?' in uri else '?'}{query}"
