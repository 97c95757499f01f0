"""Signing in: a challenge, its factors, and the authorization code at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from services.auth.domain import login
from services.auth.domain.attempts import Purpose
from services.auth.domain.errors.sign_in import ChallengeExpired, FactorRefused, TooManyAttempts
from services.auth.domain.login import Challenge, Factor, Granted, Opened, Stage
from services.auth.domain.names import AccountId
from services.auth.domain.totp import AuthenticatorState
from services.auth.store import accounts, authenticators, challenges
from services.auth.usecases import authorizations
from services.auth.usecases.deps import digest, new_secret
from services.auth.usecases.factors import Outcome, check_code, count_try, forget_tries, subject
from services.kit.db import become

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.client import AuthorizationRequest
    from services.auth.domain.names import AuthenticatorId, SignInName
    from services.auth.usecases.deps import Deps

# No account has it.
_NOBODY = AccountId(UUID(int=0))


def begin_login(deps: Deps, *, name: SignInName, request: AuthorizationRequest) -> Opened:
    """Opens a challenge, for whatever name. Raises ClientUnknown, RedirectUriNotRegistered or ScopeUnknown."""
    granted = deps.clients.granted_scopes(request)
    with deps.db.transaction() as tx:
        account_id = name.account_id
        given = str(account_id)
        if name.phone is not None:
            account_id = accounts.find_claimant(tx, index=accounts.phone_index(deps.vault, name.phone))
            given = name.phone.e164
        return open_challenge(
            tx,
            deps=deps,
            account_id=account_id,
            whom=subject(deps.vault, str(account_id) if account_id else given),
            enrolling=None,
            request=request,
            granted=granted,
            token=new_secret(),
        )


def open_challenge(
    tx: Connection,
    *,
    deps: Deps,
    account_id: AccountId | None,
    whom: bytes,
    enrolling: AuthenticatorId | None,
    request: AuthorizationRequest,
    granted: frozenset[str],
    token: str,
) -> Opened:
    """Writes a challenge. One that confirms a new authenticator asks for its code only."""
    challenge = Challenge(
        digest=digest(token),
        stage=Stage.PASSWORD if enrolling is None else Stage.TOTP,
        account_id=account_id,
        subject=whom,
        enrolling=enrolling,
        request=request,
        granted=granted,
        expire_time=deps.clock.now() + login.lifetime(enrolling),
    )
    challenges.create(tx, challenge=challenge)
    return Opened(token=token, factors=challenge.factors, expire_time=challenge.expire_time)


def answer_password(deps: Deps, *, token: str, password: str) -> Opened:
    """Takes the password. The try is counted before anything is hashed, and forgotten if it was right.

    Raises ChallengeExpired, FactorOutOfTurn, TooManyAttempts, FactorRefused or SignInBusy.
    """
    now = deps.clock.now()
    with deps.db.transaction() as tx:
        challenge = _expect(challenges.load(tx, digest=digest(token)), Factor.PASSWORD, now)
        if wait := count_try(tx, purpose=Purpose.PASSWORD, whom=challenge.subject, now=now):
            raise TooManyAttempts(wait)
        # The same statements whether or not there is such an account: they take the same time.
        account_id = challenge.account_id or _NOBODY
        become(tx, account=account_id)
        stored = accounts.load_password_hash(tx, account_id)
    if not deps.passwords.matches(password, stored):
        raise FactorRefused
    with deps.db.transaction() as tx:
        next_stage = login.NEXT[Stage.PASSWORD]
        if not challenges.advance(tx, digest=challenge.digest, came_from=Stage.PASSWORD, to=next_stage):
            raise ChallengeExpired
        forget_tries(tx, purpose=Purpose.PASSWORD, whom=challenge.subject, now=now)
    return Opened(token=token, factors=(Factor.TOTP,), expire_time=challenge.expire_time)


def answer_code(deps: Deps, *, token: str, code: str) -> Granted:
    """Takes an authenticator's code; the sign-in is finished, and so is the sign-up if it was one.

    Raises ChallengeExpired, FactorOutOfTurn, TooManyAttempts, AuthenticatorsLocked or FactorRefused.
    """
    now = deps.clock.now()
    granted = None
    with deps.db.transaction() as tx:
        challenge = _expect(challenges.load_for_update(tx, digest=digest(token)), Factor.TOTP, now)
        account_id = challenge.account_id
        if account_id is None:
            raise ChallengeExpired
        become(tx, account=account_id)
        outcome = _check(tx, account_id, deps=deps, challenge=challenge, code=code, now=now)
        if outcome is Outcome.RIGHT:
            challenges.advance(tx, digest=challenge.digest, came_from=Stage.TOTP, to=login.NEXT[Stage.TOTP])
            if challenge.enrolling is not None:
                accounts.activate(tx, account_id)
            granted = authorizations.grant_code(
                tx, account_id, deps=deps, request=challenge.request, granted=challenge.granted, auth_time=now
            )
    if granted is None:
        raise FactorRefused
    return granted


def _expect(challenge: Challenge | None, factor: Factor, now: datetime) -> Challenge:
    if challenge is None:
        raise ChallengeExpired
    challenge.expect(factor, now)
    return challenge


def _check(
    tx: Connection, account_id: AccountId, *, deps: Deps, challenge: Challenge, code: str, now: datetime
) -> Outcome:
    """A sign-up is answered by the authenticator that it made; a sign-in by any that is confirmed."""
    state = AuthenticatorState.CONFIRMED if challenge.enrolling is None else AuthenticatorState.PENDING
    enrolments = [
        enrolment
        for enrolment in authenticators.load_enrolments(tx, account_id, vault=deps.vault, state=state)
        if challenge.enrolling in {None, enrolment.authenticator.id}
    ]
    return check_code(tx, account_id, deps=deps, enrolments=enrolments, code=code, now=now)
