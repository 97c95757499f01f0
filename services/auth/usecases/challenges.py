"""Challenges, whatever they are for: opening them, and what comes of one whose factors are all there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from services.auth.clients import SecurityEvent
from services.auth.domain import login
from services.auth.domain.audit import Action
from services.auth.domain.errors.sign_in import ChallengeExpired
from services.auth.domain.login import Answered, Challenge, Factor, Opened, Stage, SteppedUp
from services.auth.domain.names import AccountId
from services.auth.store import accounts, challenges, recoveries, sessions
from services.auth.usecases import audit, authorizations
from services.auth.usecases.deps import digest
from services.auth.usecases.later import note_later
from services.auth.usecases.notices import tell
from services.kit.ids import to_text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.client import AuthorizationRequest
    from services.auth.domain.names import AuthenticatorId, SessionId
    from services.auth.usecases.deps import Deps

# No account has it. For a name that nobody has, the statements are about this one.
NOBODY = AccountId(UUID(int=0))


def open_challenge(
    tx: Connection,
    *,
    deps: Deps,
    token: str,
    stage: Stage,
    account_id: AccountId | None,
    whom: bytes,
    request: AuthorizationRequest | None,
    granted: frozenset[str] = frozenset(),
    enrolling: AuthenticatorId | None = None,
    session_id: SessionId | None = None,
) -> Opened:
    """Writes a challenge. `whom`: under which wrong passwords are counted."""
    challenge = Challenge(
        digest=digest(token),
        stage=stage,
        account_id=account_id,
        subject=whom,
        enrolling=enrolling,
        request=request,
        granted=granted,
        expire_time=deps.clock.now() + login.lifetime(enrolling),
        session_id=session_id,
    )
    challenges.create(tx, challenge=challenge)
    return opened(deps, token, challenge.factors, challenge.expire_time)


def opened(deps: Deps, token: str, factors: tuple[Factor, ...], expire_time: datetime) -> Opened:
    """What whoever answers is given."""
    options = ""
    if Factor.PASSKEY in factors:
        options = deps.relying_party.request_options(challenge=passkey_challenge(deps, token))
    return Opened(token=token, factors=factors, expire_time=expire_time, passkey_options=options)


def passkey_challenge(deps: Deps, token: str) -> bytes:
    """What a passkey signs to answer the challenge of `token`; as good once as that, and stored nowhere."""
    return deps.vault.index("challenges.passkey", token)


def load_expected(tx: Connection, *, token: str, factor: Factor, now: datetime) -> Challenge:
    """The challenge of `token`, locked until `tx` ends. Raises ChallengeExpired or FactorOutOfTurn."""
    challenge = challenges.load_for_update(tx, digest=digest(token))
    if challenge is None:
        raise ChallengeExpired
    challenge.expect(factor, now)
    return challenge


def finish(
    tx: Connection,
    account_id: AccountId,
    *,
    deps: Deps,
    token: str,
    challenge: Challenge,
    methods: tuple[str, ...],
    now: datetime,
) -> Answered:
    """Both factors are there: the session is stepped up, the person is asked for consent, or gets the code.

    `tx` acts for the person. Raises ChallengeExpired or AuthorizationRequestExpired.
    """
    end_recovery(tx, deps, account_id)
    proven = login.both_factors(methods)
    if challenge.session_id is not None:
        challenges.advance(tx, challenge=challenge, to=Stage.DONE, methods=proven)
        if not sessions.renew(tx, account_id, challenge.session_id, methods=proven, now=now):
            raise ChallengeExpired
        target = to_text("ses", challenge.session_id)
        audit.note(tx, deps, Action.STEPPED_UP, account=account_id, target=target, methods=" ".join(proven))
        return SteppedUp(auth_time=now)
    request = _request(challenge)
    if challenge.enrolling is not None:
        accounts.activate(tx, account_id)
        audit.note(tx, deps, Action.ACCOUNT_CREATED, account=account_id, client=request.client_id)
    audit.note(tx, deps, Action.SIGNED_IN, account=account_id, client=request.client_id, methods=" ".join(proven))
    if authorizations.consent_needed(tx, deps, account_id, request, challenge.granted):
        challenges.advance(
            tx, challenge=challenge, to=Stage.CONSENT, methods=proven, account_id=account_id, auth_time=now
        )
        consent = authorizations.summary(tx, deps, request, challenge.granted)
        return Opened(token=token, factors=(), expire_time=challenge.expire_time, consent=consent)
    challenges.advance(tx, challenge=challenge, to=Stage.DONE, methods=proven)
    return authorizations.grant_code(
        tx, account_id, deps=deps, request=request, granted=challenge.granted, auth_time=now, methods=proven
    )


def end_recovery(tx: Connection, deps: Deps, account_id: AccountId) -> None:
    """Whoever has both factors says no to whoever has none. `tx` acts for the person."""
    if recoveries.end_wait(tx, account_id):
        audit.note(tx, deps, Action.RECOVERY_CANCELLED, account=account_id)
        tell(tx, deps, account_id, SecurityEvent.RECOVERY_CANCELLED)


def refused(tx: Connection, deps: Deps, challenge: Challenge, factor: Factor) -> None:
    """Has a wrong answer noted, whether or not the challenge is about anyone."""
    client = challenge.request.client_id if challenge.request else ""
    note_later(tx, deps, Action.FACTOR_REFUSED, account=challenge.account_id, client=client, factor=factor.value)


def _request(challenge: Challenge) -> AuthorizationRequest:
    if challenge.request is None:
        raise ChallengeExpired
    return challenge.request
