"""A request of an OAuth client, and how it says who it is (RFC 6749 section 2.3, RFC 7523)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_plus

from services.auth.oauth.answers import Refused
from services.kit import jose

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_UNAUTHORIZED = 401
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A form that came to an endpoint."""

    # The path: "/oauth2/token".
    path: str
    content_type: str
    body: bytes
    # The Authorization headers, of which there may be one, and the DPoP headers, likewise.
    authorizations: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()
    # Thumbprint of the key that the proof has proven; empty: there was none.
    jkt: str = ""

    def __repr__(self) -> str:
        """Hides what is in it: reprs end in logs."""
        return f"Received({self.path})"


class Method(StrEnum):
    """How a client authenticates, as RFC 7591 names it."""

    NONE = "none"
    SECRET_BASIC = "client_secret_basic"  # noqa: S105 - the name of a method
    SECRET_POST = "client_secret_post"  # noqa: S105 - the name of a method
    PRIVATE_KEY_JWT = "private_key_jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a client shows, unchecked."""

    client_id: str
    method: Method
    secret: str = ""
    assertion: jose.Unverified | None = None

    def __repr__(self) -> str:
        """Hides the secret: reprs end in logs."""
        return f"Credentials({self.client_id}, {self.method})"


def credentials(form: dict[str, str], authorizations: tuple[str, ...]) -> Credentials:
    """What the client shows. Raises Refused if it is nothing, or more than one thing."""
    shown = [name for name in ("client_secret", "client_assertion") if form.get(name)]
    if len(shown) + len(authorizations) > 1:
        raise Refused("invalid_request", "The client authenticates in more than one way.")
    if authorizations:
        return _basic(form, authorizations[0])
    if form.get("client_assertion"):
        return _assertion(form)
    client_id = form.get("client_id", "")
    if not client_id:
        raise Refused("invalid_client", "The client does not say who it is.")
    if form.get("client_secret"):
        return Credentials(client_id=client_id, method=Method.SECRET_POST, secret=form["client_secret"])
    return Credentials(client_id=client_id, method=Method.NONE)


def _basic(form: dict[str, str], authorization: str) -> Credentials:
    """Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1)."""
    wrong = Refused("invalid_client", "The Authorization header is not Basic.", status=_UNAUTHORIZED)
    scheme, _, token = authorization.partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "basic" or not _BASE64.fullmatch(token):
        raise wrong
    try:
        name, colon, secret = base64.b64decode(token, validate=True).decode().partition(":")
    except ValueError as error:
        raise wrong from error
    client_id = unquote_plus(name)
    if not colon or not client_id or not secret or "\0" in client_id:
        raise wrong
    if form.get("client_id", client_id) != client_id:
        raise Refused("invalid_request", "The header and the form name different clients.")
    return Credentials(client_id=client_id, method=Method.SECRET_BASIC, secret=unquote_plus(secret))


def _assertion(form: dict[str, str]) -> Credentials:
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise Refused("invalid_client", "The client_assertion_type is not jwt-bearer.")
    try:
        assertion = jose.read(form["client_assertion"])
    except jose.Unreadable as error:
        raise Refused("invalid_client", "The assertion is not a JWT.") from error
    subject = assertion.claims.get("sub")
    if not isinstance(subject, str) or not subject or "\0" in subject:
        raise Refused("invalid_client", "The assertion has no sub.")
    if form.get("client_id", subject) != subject:
        raise Refused("invalid_request", "The assertion and the form name different clients.")
    return Credentials(client_id=subject, method=Method.PRIVATE_KEY_JWT, assertion=assertion)
