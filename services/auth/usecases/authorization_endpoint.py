"""/oauth2/authorize and /oauth2/par: what a client asks for, on its way to the sign-in page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from services.auth.domain.client import PUSHED_VALID_FOR, REQUEST_VALID_FOR, redirect_with
from services.auth.oauth import authorization
from services.auth.oauth.answers import Answer, Refused, said, sent_to
from services.auth.oauth.form import parse, parse_query
from services.auth.store import authorization_requests
from services.auth.usecases import failures
from services.auth.usecases.client_auth import authenticate
from services.auth.usecases.client_registry import find_client
from services.auth.usecases.deps import digest, new_secret
from services.auth.usecases.proofs import proven

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.domain.client import AuthorizationRequest, Client
    from services.auth.oauth.received import Received
    from services.auth.usecases.deps import Deps

PUSHED_URI = "urn:ietf:params:oauth:request_uri:"
_FOUND = 302
_SEE_OTHER = 303
_CREATED = 201


def authorize_by_query(deps: Deps, *, query: str) -> Answer:
    """Answers a browser that comes with parameters in the URL's `query`, as it was sent."""
    return _authorize(deps, query=query, body=None)


def authorize_by_form(deps: Deps, *, received: Received) -> Answer:
    """Answers a browser that comes with a form."""
    return _authorize(deps, query="", body=received)


def _authorize(deps: Deps, *, query: str, body: Received | None) -> Answer:
    status = _FOUND if body is None else _SEE_OTHER
    try:
        form = parse_query(query) if body is None else parse(body.content_type, body.body)
        with deps.db.transaction() as tx:
            return sent_to(_location(tx, deps, form), status=status)
    except Refused as refused:
        # Nobody is sent to where no client has registered.
        return refused.answer()


def _location(tx: Connection, deps: Deps, form: dict[str, str]) -> str:
    """The sign-in page, or the client with an error. Raises Refused if it is not known where the client is."""
    client = find_client(tx, deps, form.get("client_id", ""))
    if client is None:
        raise Refused("invalid_request", "The client_id is not that of a registered client.")
    if "request_uri" in form:
        request = _pushed(tx, deps, client, form["request_uri"])
        return _sign_in(tx, deps, request)
    back = authorization.redirect_uri(form, client)
    try:
        request = authorization.read(form, client)
    except Refused as refused:
        return redirect_with(
            back,
            error=refused.error,
            error_description=refused.description,
            state=authorization.state(form),
            iss=deps.issuer,
        )
    return _sign_in(tx, deps, request)


def _pushed(tx: Connection, deps: Deps, client: Client, uri: str) -> AuthorizationRequest:
    """What the client pushed, once. Raises Refused."""
    refusal = Refused("invalid_request_uri", "The request_uri is not of this client, was used, or is too old.")
    if not uri.startswith(PUSHED_URI):
        raise refusal
    now = deps.clock.now()
    key = digest(uri.removeprefix(PUSHED_URI))
    found = authorization_requests.load(tx, vault=deps.vault, digest=key, pushed=True, now=now)
    if found is None or found[0].client_id != client.id or not client.may_redirect_to(found[0].redirect_uri):
        raise refusal
    if not authorization_requests.use(tx, digest=key, now=now):
        raise refusal
    return found[0]


def _sign_in(tx: Connection, deps: Deps, request: AuthorizationRequest) -> str:
    handle = new_secret()
    authorization_requests.create(
        tx,
        vault=deps.vault,
        digest=digest(handle),
        request=request,
        pushed=False,
        expire_time=deps.clock.now() + REQUEST_VALID_FOR,
    )
    return f"{deps.issuer}/sign-in?{urlencode({'request': handle})}"


def push(deps: Deps, *, received: Received) -> Answer:
    """Keeps what an authenticated client will ask for (RFC 9126)."""
    return failures.counted(deps, lambda: _pushed_answer(deps, received))


def _pushed_answer(deps: Deps, received: Received) -> Answer:
    try:
        received = proven(deps, received)
    except Refused as refused:
        return refused.answer()
    with deps.db.transaction() as tx:
        try:
            return _push(tx, deps, received)
        except Refused as refused:
            return refused.answer()


def _push(tx: Connection, deps: Deps, received: Received) -> Answer:
    form = parse(received.content_type, received.body)
    client = authenticate(tx, deps, received=received, form=form)
    if "request_uri" in form:
        raise Refused("invalid_request", "What is pushed cannot name what was pushed.")
    request = authorization.read(form, client)
    if received.jkt and request.dpop_jkt not in {"", received.jkt}:
        raise Refused("invalid_dpop_proof", "The proof is of another key than dpop_jkt.")
    secret = new_secret()
    authorization_requests.create(
        tx,
        vault=deps.vault,
        digest=digest(secret),
        request=replace(request, dpop_jkt=request.dpop_jkt or received.jkt),
        pushed=True,
        expire_time=deps.clock.now() + PUSHED_VALID_FOR,
    )
    answer = {"request_uri": f"{PUSHED_URI}{secret}", "expires_in": int(PUSHED_VALID_FOR.total_seconds())}
    return said(answer, status=_CREATED)
