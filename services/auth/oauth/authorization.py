"""Reading an authorization request (RFC 6749 section 4.1.1, RFC 7636, OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from services.auth.domain.client import AuthorizationRequest, Grant
from services.auth.domain.errors.sign_in import ScopeUnknown
from services.auth.oauth.answers import Refused

if TYPE_CHECKING:
    from services.auth.domain.client import Client

_S256 = re.compile(r"[A-Za-z0-9_-]{43}")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")
_LONGEST_TEXT = 512
_LONGEST_SCOPE = 1000
_LONGEST_HINT = 254
# Digits: thirty years.
_LONGEST_AGE = 9
_PROMPTS = frozenset(("login", "consent", "select_account"))
# Parameters by which a client asks for what is not to be had, and the error that says so.
_UNSUPPORTED = {"request": "request_not_supported", "registration": "registration_not_supported"}


def redirect_uri(form: dict[str, str], client: Client) -> str:
    """Where the answer is to go. Until this has said so, nobody is redirected anywhere. Raises Refused."""
    given = form.get("redirect_uri", "")
    if not given or not client.may_redirect_to(given):
        raise Refused("invalid_request", "The client did not register this redirect_uri.")
    return given


def state(form: dict[str, str]) -> str:
    """As it is handed back; empty if it cannot be."""
    given = form.get("state", "")
    return given if len(given) <= _LONGEST_TEXT and _PRINTABLE.fullmatch(given) else ""


def read(form: dict[str, str], client: Client) -> AuthorizationRequest:
    """What is asked for. What it does not know it ignores. Raises Refused, to be told by a redirect."""
    uri = redirect_uri(form, client)
    if Grant.AUTHORIZATION_CODE not in client.grant_types:
        raise Refused("unauthorized_client", "The client is not registered for authorization codes.")
    for name, error in _UNSUPPORTED.items():
        if name in form:
            raise Refused(error, f"The parameter {name} is not supported.")
    kind = form.get("response_type")
    if kind != "code":
        error = "unsupported_response_type" if kind else "invalid_request"
        raise Refused(error, "The response_type must be code.")
    if form.get("response_mode", "query") != "query":
        raise Refused("invalid_request", "The response_mode must be query.")
    if form.get("code_challenge_method") != "S256" or not _S256.fullmatch(form.get("code_challenge", "")):
        raise Refused("invalid_request", "PKCE is required: a code_challenge of method S256.")
    return AuthorizationRequest(
        client_id=client.id,
        redirect_uri=uri,
        scopes=_scopes(form, client),
        state=_text(form, "state"),
        code_challenge=form["code_challenge"],
        device_name="",
        nonce=_text(form, "nonce"),
        dpop_jkt=_thumbprint(form),
        prompt=_prompt(form),
        max_age=_max_age(form),
        login_hint=_text(form, "login_hint", longest=_LONGEST_HINT, printable=False),
    )


def _scopes(form: dict[str, str], client: Client) -> frozenset[str]:
    given = form.get("scope", "")
    if not given:
        return frozenset()
    if len(given) > _LONGEST_SCOPE or not _SCOPE.fullmatch(given):
        raise Refused("invalid_scope", "The scope is not a list of names.")
    scopes = frozenset(given.split(" "))
    try:
        client.granted_scopes(scopes)
    except ScopeUnknown as error:
        raise Refused("invalid_scope", "The client may not ask for one of the scopes.") from error
    return scopes


def _text(form: dict[str, str], name: str, *, longest: int = _LONGEST_TEXT, printable: bool = True) -> str:
    given = form.get(name, "")
    if len(given) > longest or (printable and not _PRINTABLE.fullmatch(given)):
        raise Refused("invalid_request", f"The parameter {name} is too long or not printable.")
    return given


def _thumbprint(form: dict[str, str]) -> str:
    given = form.get("dpop_jkt", "")
    if given and not _S256.fullmatch(given):
        raise Refused("invalid_request", "The dpop_jkt is not a thumbprint.")
    return given


def _prompt(form: dict[str, str]) -> frozenset[str]:
    given = frozenset(form.get("prompt", "").split())
    if "none" in given:
        if len(given) > 1:
            raise Refused("invalid_request", "The prompt none stands alone.")
        # Whether someone is signed in, the sign-in page knows, which such a request never shows.
        raise Refused("login_required", "Someone has to sign in.")
    return given & _PROMPTS


def _max_age(form: dict[str, str]) -> timedelta | None:
    given = form.get("max_age", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit()) or len(given) > _LONGEST_AGE:
        raise Refused("invalid_request", "The max_age is not a number of seconds.")
    return timedelta(seconds=int(given))
