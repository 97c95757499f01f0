"""What clients ask for and how it is answered: authorization requests, consent, and the code at the end.

A request waits under a handle that only the sign-in page has. It is answered once: by a sign-in (LoginService), or by
someone who is signed in already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain import login
from services.auth.domain.audit import Action
from services.auth.domain.client import AuthorizationRequest, AuthorizationSummary, Client, redirect_with
from services.auth.domain.consent import Consent
from services.auth.domain.errors.clients import AuthorizationRequestExpired, ConsentRequired, SignInRequired
from services.auth.domain.errors.sign_in import ScopeUnknown, SessionNotFound
from services.auth.domain.login import Granted
from services.auth.domain.names import AccountId, SessionId
from services.auth.domain.session import AuthorizationCode
from services.auth.store import authorization_requests, challenges, consents, sessions
from services.auth.usecases import audit
from services.auth.usecases.client_registry import api_client_id, find_client
from services.auth.usecases.deps import digest, new_secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.usecases.deps import Deps


def resolve(
    tx: Connection, deps: Deps, handle: str
) -> tuple[AuthorizationRequest, frozenset[str], AuthorizationSummary]:
    """What waits under a handle, what a sign-in on it grants, and how to say so to its person.

    Raises AuthorizationRequestExpired, also when the client is gone or may not do this any more.
    """
    found = authorization_requests.load(tx, vault=deps.vault, digest=digest(handle), pushed=False, now=deps.clock.now())
    if found is None:
        raise AuthorizationRequestExpired
    request, expire_time = found
    client = find_client(tx, deps, request.client_id)
    if client is None or not client.may_redirect_to(request.redirect_uri):
        raise AuthorizationRequestExpired
    try:
        granted = client.granted_scopes(request.scopes)
    except ScopeUnknown as error:
        raise AuthorizationRequestExpired from error
    return request, granted, _summary(client, granted, login_hint=request.login_hint, expire_time=expire_time)


def summary(tx: Connection, deps: Deps, request: AuthorizationRequest, granted: frozenset[str]) -> AuthorizationSummary:
    """As `resolve` says it, for a challenge. Raises AuthorizationRequestExpired if the client is gone."""
    client = find_client(tx, deps, request.client_id)
    if client is None:
        raise AuthorizationRequestExpired
    return _summary(client, granted, login_hint=request.login_hint)


def consent_needed(
    tx: Connection, deps: Deps, account_id: AccountId, request: AuthorizationRequest, granted: frozenset[str]
) -> bool:
    """Whether the person has to be asked: a third party's client wants more than it was allowed, or wants to be sure.

    `tx` acts for the person.
    """
    if deps.clients.find(request.client_id) is not None:
        return False
    client_id = api_client_id(request.client_id)
    if client_id is None or "consent" in request.prompt:
        return True
    known = consents.load(tx, account_id, client_id=client_id)
    return known is None or not granted <= known.scopes


def still_allowed(tx: Connection, account_id: AccountId, client: Client) -> bool:
    """Whether the person has not taken back what they allowed a third party's client. `tx` acts for them."""
    key = api_client_id(client.id)
    return client.first_party or (key is not None and consents.load(tx, account_id, client_id=key) is not None)


def remember_consent(
    tx: Connection, deps: Deps, account_id: AccountId, request: AuthorizationRequest, granted: frozenset[str]
) -> None:
    """Writes that the person allows it, in addition to what they allowed before. Nothing for one of our own clients.

    `tx` acts for the person. Raises AuthorizationRequestExpired if the client is gone.
    """
    record_consent(tx, deps, account_id, client_id=request.client_id, granted=granted)


def record_consent(
    tx: Connection, deps: Deps, account_id: AccountId, *, client_id: str, granted: frozenset[str]
) -> None:
    """As `remember_consent`, whichever way the client asked."""
    client = find_client(tx, deps, client_id)
    key = api_client_id(client_id)
    if client is None:
        raise AuthorizationRequestExpired
    if client.first_party or key is None:
        return
    now = deps.clock.now()
    known = consents.load(tx, account_id, client_id=key)
    consent = Consent(
        client_id=key,
        client_name=client.display_name,
        publisher_name=client.publisher_name,
        scopes=granted | known.scopes if known else granted,
        create_time=known.create_time if known else now,
        update_time=now,
    )
    consents.save(tx, account_id, consent=consent)
    audit.note(
        tx,
        deps,
        Action.CONSENT_GIVEN,
        account=account_id,
        target=client.id,
        scopes=" ".join(sorted(consent.scopes)),
    )


def denied_redirect(tx: Connection, deps: Deps, account_id: AccountId, request: AuthorizationRequest) -> Granted:
    """Answers that the person denies: no code, and where the browser goes. Raises AuthorizationRequestExpired."""
    _close(tx, deps, request)
    audit.note(tx, deps, Action.CONSENT_DENIED, account=account_id, target=request.client_id)
    redirect_to = redirect_with(request.redirect_uri, error="access_denied", state=request.state, iss=deps.issuer)
    return Granted(code="", redirect_to=redirect_to, expire_time=deps.clock.now())


def grant_code(
    tx: Connection,
    account_id: AccountId,
    *,
    deps: Deps,
    request: AuthorizationRequest,
    granted: frozenset[str],
    auth_time: datetime,
    methods: Sequence[str] = login.METHODS,
) -> Granted:
    """Answers with an authorization code for the person. `auth_time`: when they showed their factors, by `methods`.

    Whether consent is needed is decided before. Raises AuthorizationRequestExpired if it was answered before.
    """
    _close(tx, deps, request)
    secret = new_secret()
    code = AuthorizationCode(
        digest=digest(secret),
        account_id=account_id,
        session_id=SessionId(deps.ids.new()),
        client_id=request.client_id,
        redirect_uri=request.redirect_uri,
        code_challenge=request.code_challenge,
        device_name=request.device_name,
        granted=granted,
        auth_time=auth_time,
        expire_time=deps.clock.now() + login.CODE_VALID_FOR,
        methods=tuple(methods),
        nonce=request.nonce,
        dpop_jkt=request.dpop_jkt,
    )
    challenges.create_code(tx, code=code)
    redirect_to = redirect_with(request.redirect_uri, code=secret, state=request.state, iss=deps.issuer)
    return Granted(code=secret, redirect_to=redirect_to, expire_time=code.expire_time)


def describe(deps: Deps, *, handle: str) -> AuthorizationSummary:
    """What a client asks for. Raises AuthorizationRequestExpired."""
    with deps.db.transaction() as tx:
        _, _, found = resolve(tx, deps, handle)
    return found


def approve(
    deps: Deps,
    *,
    account_id: AccountId,
    session_id: SessionId | None,
    auth_time: datetime | None,
    handle: str,
    allowed: bool | None,
    device_name: str,
) -> Granted:
    """Answers a request for someone who is signed in. `allowed`: what they say, None if they were not asked.

    Raises AuthorizationRequestExpired, ConsentRequired, SignInRequired or SessionNotFound.
    """
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        request, granted, _ = resolve(tx, deps, handle)
        session = sessions.load(tx, account_id, session_id) if session_id else None
        if session is None or auth_time is None or not session.alive(now):
            raise SessionNotFound
        if allowed is False:
            return denied_redirect(tx, deps, account_id, request)
        if request.asks_newer_sign_in(auth_time, now):
            raise SignInRequired
        if allowed is None and consent_needed(tx, deps, account_id, request, granted):
            raise ConsentRequired
        if allowed:
            remember_consent(tx, deps, account_id, request, granted)
        return grant_code(
            tx,
            account_id,
            deps=deps,
            request=request.on(device_name),
            granted=granted,
            auth_time=auth_time,
            methods=session.methods,
        )


def _close(tx: Connection, deps: Deps, request: AuthorizationRequest) -> None:
    """A request that came by a handle is answered once."""
    if request.handle is not None and not authorization_requests.use(tx, digest=request.handle, now=deps.clock.now()):
        raise AuthorizationRequestExpired


def _summary(
    client: Client, granted: frozenset[str], *, login_hint: str = "", expire_time: datetime | None = None
) -> AuthorizationSummary:
    return AuthorizationSummary(
        client_id=client.id,
        client_name=client.display_name or client.id,
        publisher_name=client.publisher_name,
        scopes=granted,
        third_party=not client.first_party,
        login_hint=login_hint,
        expire_time=expire_time,
    )
