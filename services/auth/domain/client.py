"""Applications that may ask people to sign in, and what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from services.auth.domain.errors.sign_in import ClientUnknown, RedirectUriNotRegistered, ScopeUnknown
from services.auth.domain.roles import ALL_SCOPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered application. All of today's are our own, and public: they hold no secret, so PKCE binds them."""

    id: str
    # Compared byte by byte.
    redirect_uris: frozenset[str]
    scopes: frozenset[str] = ALL_SCOPES
    grant_types: frozenset[str] = frozenset(("authorization_code", "refresh_token"))


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


class Clients:
    """The registered applications, from configuration."""

    def __init__(self, clients: tuple[Client, ...]) -> None:
        self._clients = {client.id: client for client in clients}

    def find(self, client_id: str) -> Client | None:
        """The client of that id, if there is one."""
        return self._clients.get(client_id)

    def granted_scopes(self, request: AuthorizationRequest) -> frozenset[str]:
        """What a sign-in on `request` grants. Raises ClientUnknown, RedirectUriNotRegistered or ScopeUnknown."""
        client = self.find(request.client_id)
        if client is None:
            raise ClientUnknown
        if request.redirect_uri not in client.redirect_uris:
            raise RedirectUriNotRegistered
        if unknown := request.scopes - client.scopes:
            raise ScopeUnknown(min(unknown))
        return request.scopes or client.scopes


def redirect_with(uri: str, **parameters: str) -> str:
    """`uri` with `parameters` added to its query; empty ones are left out."""
    parts = urlsplit(uri)
    query = parse_qsl(parts.query, keep_blank_values=True) + [
        (name, value) for name, value in parameters.items() if value
    ]
    return urlunsplit(parts._replace(query=urlencode(query)))
