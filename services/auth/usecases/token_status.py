"""What clients ask about their tokens: revocation (RFC 7009), introspection (RFC 7662), and whose they are (OpenID)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.auth.domain.audit import Action
from services.auth.domain.names import AccountId, SessionId
from services.auth.domain.session import EndReason
from services.auth.oauth.answers import Answer, Refused, said
from services.auth.oauth.form import parse
from services.auth.store import accounts, sessions
from services.auth.usecases import audit, failures
from services.auth.usecases.client_auth import authenticate
from services.auth.usecases.deps import digest
from services.kit.db import become
from services.kit.ids import InvalidId, from_text, to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.domain.client import Client
    from services.auth.domain.session import Session
    from services.auth.oauth.received import Received
    from services.auth.usecases.deps import Deps

_INACTIVE: dict[str, Any] = {"active": False}


def revoke(deps: Deps, *, received: Received) -> Answer:
    """Ends the session of a token of the client's own; of any other token it says the same and changes nothing."""
    return failures.counted(deps, lambda: _revoke(deps, received))


def introspect(deps: Deps, *, received: Received) -> Answer:
    """Whether a token of the client's own is active, and what it says; of any other, that it is not."""
    return failures.counted(deps, lambda: _introspect(deps, received))


def _revoke(deps: Deps, received: Received) -> Answer:
    deps.keys.fetch()
    with deps.db.transaction() as tx:
        try:
            client, token = _asked(tx, deps, received)
            session = _session_of(tx, deps, client, token)
        except Refused as refused:
            return refused.answer()
        now = deps.clock.now()
        if session is not None and sessions.end(
            tx, session.account_id, session.id, reason=EndReason.CLIENT_REVOKED, now=now
        ):
            audit.note(
                tx,
                deps,
                Action.SESSION_REVOKED,
                account=session.account_id,
                actor=client.id,
                client=client.id,
                target=to_text("ses", session.id),
            )
    return Answer(200, b"")


def _introspect(deps: Deps, received: Received) -> Answer:
    deps.keys.fetch()
    with deps.db.transaction() as tx:
        try:
            client, token = _asked(tx, deps, received)
            return said(_status(tx, deps, client, token))
        except Refused as refused:
            return refused.answer()


def user_info(deps: Deps, *, account_id: AccountId, scopes: frozenset[str]) -> Answer:
    """What OpenID Connect calls standard claims, by scope, of the person whose token it is."""
    with deps.db.transaction(account=account_id) as tx:
        person = accounts.load(tx, account_id, vault=deps.vault)
    claims: dict[str, Any] = {"sub": to_text("acc", account_id)}
    if person is None:
        raise LookupError("a token's account is there for as long as the token")
    if "profile" in scopes:
        claims |= {"name": person.display_name, "locale": person.locale}
    if "phone" in scopes:
        verified = person.phone_verify_time is not None
        claims |= {"phone_number": person.phone.e164, "phone_number_verified": verified}
    if "email" in scopes and person.email:
        claims |= {"email": person.email, "email_verified": person.email_verify_time is not None}
    return said(claims)


def _asked(tx: Connection, deps: Deps, received: Received) -> tuple[Client, str]:
    form = parse(received.content_type, received.body)
    client = authenticate(tx, deps, received=received, form=form)
    if not form.get("token"):
        raise Refused("invalid_request", "The token is missing.")
    return client, form["token"]


def _session_of(tx: Connection, deps: Deps, client: Client, token: str) -> Session | None:
    """The session of a refresh token or access token of the client's; a token without one cannot be revoked."""
    refresh = sessions.load_refresh_token(tx, digest=digest(token))
    if refresh is not None:
        if refresh.client_id != client.id:
            return None
        become(tx, account=refresh.account_id)
        return sessions.load(tx, refresh.account_id, refresh.session_id)
    claims = deps.keys.claims(token)
    if claims is None or claims.get("client_id") != client.id:
        return None
    if "sid" not in claims:
        raise Refused("unsupported_token_type", "An access token without a session ends by itself, in ten minutes.")
    return _load(tx, claims)


def _status(tx: Connection, deps: Deps, client: Client, token: str) -> dict[str, Any]:
    if client.public:
        raise Refused("invalid_client", "Only clients that authenticate may ask.")
    now = deps.clock.now()
    refresh = sessions.load_refresh_token(tx, digest=digest(token))
    if refresh is not None:
        if refresh.client_id != client.id or refresh.use_time is not None:
            return _INACTIVE
        become(tx, account=refresh.account_id)
        session = sessions.load(tx, refresh.account_id, refresh.session_id)
        if session is None or not session.alive(now):
            return _INACTIVE
        return {
            "active": True,
            "client_id": client.id,
            "iss": deps.issuer,
            "sub": to_text("acc", session.account_id),
            "scope": " ".join(sorted(session.granted & client.scopes)),
            "exp": int(session.expire_time.timestamp()),
        }
    claims = deps.keys.claims(token)
    if claims is None or claims.get("client_id") != client.id:
        return _INACTIVE
    if "sid" in claims:
        of = _load(tx, claims)
        if of is None or not of.alive(now):
            return _INACTIVE
    return {"active": True, "token_type": "DPoP" if "cnf" in claims else "Bearer", **claims}


def _load(tx: Connection, claims: dict[str, Any]) -> Session | None:
    """The session of an access token that we signed."""
    try:
        account_id, session_id = AccountId(from_text("acc", claims["sub"])), SessionId(from_text("ses", claims["sid"]))
    except InvalidId:
        return None
    become(tx, account=account_id)
    return sessions.load(tx, account_id, session_id)
