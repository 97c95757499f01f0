"""Letting devices in: what they ask for, and what a person says to the code that they show (RFC 8628)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from services.auth.domain import device
from services.auth.domain.attempts import LIMITS, Purpose
from services.auth.domain.audit import Action
from services.auth.domain.client import AuthorizationSummary, Grant
from services.auth.domain.device import Approval, DeviceGrant, DeviceState
from services.auth.domain.errors.clients import DeviceCodeUnknown
from services.auth.domain.errors.merchants import MerchantNotFound
from services.auth.domain.errors.sign_in import ScopeUnknown, SessionNotFound, TooManyAttempts
from services.auth.domain.names import SessionId
from services.auth.domain.throttle import Rule
from services.auth.oauth.answers import Answer, Refused, said
from services.auth.oauth.form import parse
from services.auth.places import place_of
from services.auth.store import attempts, device_grants, members, sessions
from services.auth.usecases import audit, authorizations, failures
from services.auth.usecases.client_auth import authenticate
from services.auth.usecases.client_registry import find_client
from services.auth.usecases.deps import digest, network, new_secret
from services.auth.usecases.factors import subject
from services.kit.ids import to_text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.client import Client
    from services.auth.domain.names import AccountId, MerchantId
    from services.auth.oauth.received import Received
    from services.auth.usecases.deps import Deps

# How often a code is drawn again that another device shows; twice in a row never happens.
_DRAWS = 5


def begin(deps: Deps, *, received: Received) -> Answer:
    """Gives a device its code and the one that it is to show."""
    return failures.counted(deps, lambda: _answer(deps, received))


def _answer(deps: Deps, received: Received) -> Answer:
    with deps.db.transaction() as tx:
        try:
            form = parse(received.content_type, received.body)
            client = authenticate(tx, deps, received=received, form=form)
            return said(_begin(tx, deps, client, form))
        except Refused as refused:
            return refused.answer()


def _begin(tx: Connection, deps: Deps, client: Client, form: dict[str, str]) -> dict[str, object]:
    if Grant.DEVICE_CODE not in client.grant_types:
        raise Refused("unauthorized_client", "The client is not registered for device codes.")
    try:
        granted = client.granted_scopes(frozenset(form.get("scope", "").split()))
    except ScopeUnknown as error:
        raise Refused("invalid_scope", "The client may not ask for one of the scopes.") from error
    secret = new_secret()
    grant = DeviceGrant(
        digest=digest(secret),
        client_id=client.id,
        granted=granted,
        network=place_of(network()).network,
        state=DeviceState.PENDING,
        expire_time=deps.clock.now() + device.VALID_FOR,
    )
    for _ in range(_DRAWS):
        user_code = "".join(secrets.choice(device.LETTERS) for _ in range(device.CODE_LETTERS))
        if device_grants.create(tx, grant=grant, user_code_index=_index(deps, user_code)):
            break
    else:
        raise Refused("temporarily_unavailable", "Too many devices wait. Try again.", status=429)
    shown = device.shown(user_code)
    return {
        "device_code": secret,
        "user_code": shown,
        "verification_uri": f"{deps.issuer}/device",
        "verification_uri_complete": f"{deps.issuer}/device?{urlencode({'user_code': shown})}",
        "expires_in": int(device.VALID_FOR.total_seconds()),
        "interval": device.INTERVAL,
    }


def get_device_grant(deps: Deps, *, account_id: AccountId, user_code: str) -> tuple[DeviceGrant, AuthorizationSummary]:
    """What the device asks for that shows the code. Raises DeviceCodeUnknown or TooManyAttempts."""
    deps.throttle.check(Rule.DEVICE_CODE, network=network())
    with deps.db.transaction(account=account_id) as tx:
        found = _find(tx, deps, account_id, user_code)
    if found is None:
        raise _unknown(deps)
    return found


def decide_device_grant(
    deps: Deps,
    *,
    account_id: AccountId,
    session_id: SessionId | None,
    auth_time: datetime | None,
    user_code: str,
    allowed: bool,
    merchant_id: MerchantId | None,
) -> tuple[DeviceGrant, AuthorizationSummary]:
    """Lets the device in, for a merchant or for the person, or not.

    Raises DeviceCodeUnknown, MerchantNotFound, TooManyAttempts or SessionNotFound.
    """
    deps.throttle.check(Rule.DEVICE_CODE, network=network())
    decided = None
    with deps.db.transaction(account=account_id) as tx:
        found = _find(tx, deps, account_id, user_code)
        if found is not None:
            grant, summary = found
            approval = None
            if allowed:
                approval = _approval(
                    tx,
                    deps,
                    grant,
                    account_id=account_id,
                    session_id=session_id,
                    auth_time=auth_time,
                    merchant_id=merchant_id,
                )
                authorizations.record_consent(tx, deps, account_id, client_id=grant.client_id, granted=grant.granted)
            device_grants.decide(tx, digest=grant.digest, approval=approval)
            audit.note(
                tx,
                deps,
                Action.DEVICE_ALLOWED if allowed else Action.DEVICE_DENIED,
                account=account_id,
                merchant=merchant_id if allowed else None,
                target=grant.client_id,
                scopes=" ".join(sorted(grant.granted)),
            )
            decided = device_grants.load_for_update(tx, digest=grant.digest), summary
    if decided is None or decided[0] is None:
        raise _unknown(deps)
    return decided[0], decided[1]


def _unknown(deps: Deps) -> DeviceCodeUnknown:
    deps.throttle.charge(Rule.DEVICE_CODE, network=network())
    return DeviceCodeUnknown()


def _approval(
    tx: Connection,
    deps: Deps,
    grant: DeviceGrant,
    *,
    account_id: AccountId,
    session_id: SessionId | None,
    auth_time: datetime | None,
    merchant_id: MerchantId | None,
) -> Approval:
    session = sessions.load(tx, account_id, session_id) if session_id else None
    if session is None or auth_time is None or not session.alive(deps.clock.now()):
        raise SessionNotFound
    client = find_client(tx, deps, grant.client_id)
    if merchant_id is not None:
        elsewhere = client is not None and client.test_mode and client.acts_for != merchant_id
        if elsewhere or members.load_role(tx, merchant_id, account_id) is None:
            raise MerchantNotFound
    return Approval(
        account_id=account_id,
        merchant_id=merchant_id,
        session_id=SessionId(deps.ids.new()),
        auth_time=auth_time,
        methods=session.methods,
    )


def _find(
    tx: Connection, deps: Deps, account_id: AccountId, user_code: str
) -> tuple[DeviceGrant, AuthorizationSummary] | None:
    """The device that shows the code, if one waits; a wrong one is counted, and is told when that is committed.

    Raises TooManyAttempts, in which case nothing was looked up, however right the code.
    """
    now = deps.clock.now()
    limit, whom = LIMITS[Purpose.DEVICE_CODE], subject(deps.vault, to_text("acc", account_id))
    tried = attempts.load_for_update(tx, purpose=Purpose.DEVICE_CODE, subject=whom, now=now)
    if wait := tried.wait(limit, now):
        raise TooManyAttempts(wait)
    grant = device_grants.find_for_update(tx, user_code_index=_index(deps, user_code))
    client = find_client(tx, deps, grant.client_id) if grant is not None else None
    if grant is None or client is None or not grant.open(now):
        attempts.save(tx, purpose=Purpose.DEVICE_CODE, subject=whom, counted=tried.counted(limit, now), now=now)
        return None
    summary = AuthorizationSummary(
        client_id=client.id,
        client_name=client.display_name or client.id,
        publisher_name=client.publisher_name,
        scopes=grant.granted,
        third_party=not client.first_party,
    )
    return grant, summary


def _index(deps: Deps, user_code: str) -> bytes:
    return deps.vault.index("device_grants.user_code", device.normal(user_code))
