"""A merchant's own OAuth client, as its owner registers it and sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from services.auth.domain.client import Authentication, Client, Grant
from services.auth.domain.errors.clients import ClientSettingsInvalid, RedirectUriInvalid
from services.auth.domain.errors.sign_in import ScopeUnknown
from services.auth.domain.roles import PARTNER_SCOPES

if TYPE_CHECKING:
    from datetime import datetime

    from services.auth.domain.names import AccountId, ApiClientId, MerchantId

MOST_CLIENTS = 50
# How exactly the last use is noted: each note is a write.
USE_NOTED_EVERY = timedelta(hours=1)

_FORBIDDEN_SCHEMES = frozenset(
    ("http", "https", "ws", "wss", "ftp", "file", "javascript", "vbscript", "data", "blob", "about", "mailto", "tel")
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_LOOPBACK_HOSTS = frozenset(("127.0.0.1", "::1", "localhost"))
# RFC 3986's characters, without the fragment's "#".
_URI = re.compile(r"[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiClientDraft:
    """What an owner asks for. `keys` is a checked JWK set, for private_key_jwt."""

    display_name: str
    test_mode: bool
    grant_types: frozenset[Grant]
    scopes: frozenset[str]
    authentication: Authentication
    keys: dict[str, Any] | None
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiClient:
    """A registered one."""

    id: ApiClientId
    merchant_id: MerchantId
    display_name: str
    test_mode: bool
    # The merchant itself, or its test tenant.
    acts_for: MerchantId
    grant_types: frozenset[Grant]
    scopes: frozenset[str]
    authentication: Authentication
    # A JWK set.
    keys: dict[str, Any] | None
    redirect_uris: tuple[str, ...]
    create_time: datetime
    create_account_id: AccountId
    last_use_time: datetime | None = None
    old_secret_expire_time: datetime | None = None

    def as_client(self, *, name: str, publisher_name: str) -> Client:
        """As the OAuth endpoints know it; `name` is its id on the wire."""
        grants = self.grant_types
        if grants & {Grant.AUTHORIZATION_CODE, Grant.DEVICE_CODE}:
            grants |= {Grant.REFRESH_TOKEN}
        return Client(
            id=name,
            redirect_uris=frozenset(self.redirect_uris),
            # Whatever a row says.
            scopes=self.scopes & PARTNER_SCOPES,
            grant_types=grants,
            authentication=self.authentication,
            display_name=self.display_name,
            first_party=False,
            merchant_id=self.merchant_id,
            publisher_name=publisher_name,
            acts_for=self.acts_for,
            test_mode=self.test_mode,
        )


def check(draft: ApiClientDraft) -> None:
    """Whether the settings go together. Raises ScopeUnknown, ClientSettingsInvalid or RedirectUriInvalid."""
    if unknown := draft.scopes - PARTNER_SCOPES:
        raise ScopeUnknown(min(unknown), field="client.scopes")
    if draft.authentication is Authentication.NONE and Grant.CLIENT_CREDENTIALS in draft.grant_types:
        raise ClientSettingsInvalid("client.grant_types", "must not name client credentials: it has none to show")
    if (draft.authentication is Authentication.PRIVATE_KEY) != (draft.keys is not None):
        raise ClientSettingsInvalid("client.jwks_json", "must be given for private_key_jwt, and only then")
    if (Grant.AUTHORIZATION_CODE in draft.grant_types) != bool(draft.redirect_uris):
        raise ClientSettingsInvalid("client.redirect_uris", "must be given for authorization codes, and only then")
    for number, uri in enumerate(draft.redirect_uris):
        check_redirect_uri(uri, field=f"client.redirect_uris[{number}]")


def check_redirect_uri(uri: str, *, field: str) -> None:
    """HTTPS anywhere, HTTP on a loopback address, or a private scheme (RFC 8252, section 7.1).

    Raises RedirectUriInvalid.
    """
    if not _URI.fullmatch(uri):
        raise RedirectUriInvalid(field, "must be a URI of plain characters without a fragment")
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise RedirectUriInvalid(field, "must be a URI") from error
    # As written: urlsplit makes schemes small.
    scheme = uri.partition(":")[0]
    if "@" in parts.netloc:
        raise RedirectUriInvalid(field, "must not name a user")
    if any(segment in {".", ".."} for segment in parts.path.replace("%2E", ".").replace("%2e", ".").split("/")):
        raise RedirectUriInvalid(field, "must not have dots for segments of its path")
    if scheme in {"https", "http"}:
        if host is None or not (_HOST.fullmatch(host) or host == "::1"):
            raise RedirectUriInvalid(field, "must name a host")
        if scheme == "http" and host not in _LOOPBACK_HOSTS:
            raise RedirectUriInvalid(field, "must be https, but on a loopback address")
        if not uri.startswith(f"{scheme}://"):
            raise RedirectUriInvalid(field, "must name a host")
        return
    if not _SCHEME.fullmatch(scheme) or scheme in _FORBIDDEN_SCHEMES or "." not in scheme:
        raise RedirectUriInvalid(field, "must be https, http on a loopback address, or a private scheme with a dot")


def check_has_secret(client: ApiClient) -> None:
    """Raises ClientSettingsInvalid unless it has a secret."""
    if client.authentication is not Authentication.SECRET:
        raise ClientSettingsInvalid("id", "must be a client that shows a secret")
