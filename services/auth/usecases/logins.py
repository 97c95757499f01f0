"""Signing in: a challenge, its factors, consent where a third party asks, and the authorization code at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain.attempts import Purpose
from services.auth.domain.errors.sign_in import ChallengeExpired, FactorRefused, TooManyAttempts
from services.auth.domain.login import (
    CODE_METHOD,
    PASSWORD_METHOD,
    Answered,
    Challenge,
    Factor,
    Granted,
    Opened,
    Stage,
)
from services.auth.domain.throttle import Rule
from services.auth.domain.totp import AuthenticatorState
from services.auth.store import accounts, authenticators, challenges
from services.auth.usecases import authorizations
from services.auth.usecases.challenges import NOBODY, finish, load_expected, open_challenge, opened, refused
from services.auth.usecases.deps import digest, network, new_secret
from services.auth.usecases.factors import (
    Outcome,
    SecondFactor,
    check_code,
    check_second_factor,
    count_try,
    forget_tries,
    subject,
)
from services.auth.usecases.passkeys import check_assertion
from services.kit.db import become

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.client import AuthorizationRequest
    from services.auth.domain.names import AccountId, SignInName
    from services.auth.usecases.deps import Deps


def begin_login(
    deps: Deps,
    *,
    name: SignInName | None,
    request: AuthorizationRequest | None = None,
    handle: str = "",
    device_name: str = "",
) -> Opened:
    """Opens a challenge, for whatever name; without one, for whoever has a passkey.

    `request`: what one of our own applications asks for; None: what waits under `handle`, from a device called
    `device_name`. Raises ClientUnknown, RedirectUriNotRegistered, ScopeUnknown, AuthorizationRequestExpired or
    TooManyAttempts.
    """
    deps.throttle.admit(Rule.BEGIN_LOGIN, network=network(), name=name.text if name else "")
    granted = deps.clients.granted_scopes(request) if request is not None else frozenset[str]()
    with deps.db.transaction() as tx:
        if request is None:
            request, granted, _ = authorizations.resolve(tx, deps, handle)
            request = request.on(device_name)
        account_id = find_account(tx, deps, name) if name else None
        given = str(account_id) if account_id else name.text if name else ""
        return open_challenge(
            tx,
            deps=deps,
            token=new_secret(),
            stage=Stage.PASSWORD if name else Stage.PASSKEY,
            account_id=account_id,
            whom=subject(deps.vault, given),
            request=request,
            granted=granted,
        )


def find_account(tx: Connection, deps: Deps, name: SignInName) -> AccountId | None:
    """Whose verified phone or address that is. An account id is taken as it is: nothing is looked up for it."""
    if name.phone is not None:
        return accounts.find_claimant(tx, index=accounts.phone_index(deps.vault, name.phone))
    if name.email is not None:
        return accounts.find_email_claimant(tx, index=accounts.email_index(deps.vault, name.email))
    return name.account_id


def answer_password(deps: Deps, *, token: str, password: str) -> Opened:
    """Takes the password. The try is counted before anything is hashed, and forgotten if it was right.

    Raises ChallengeExpired, FactorOutOfTurn, TooManyAttempts, FactorRefused or SignInBusy.
    """
    deps.throttle.admit(Rule.PASSWORD, network=network())
    now = deps.clock.now()
    with deps.db.transaction() as tx:
        challenge = challenges.load(tx, digest=digest(token))
        if challenge is None:
            raise ChallengeExpired
        challenge.expect(Factor.PASSWORD, now)
        if wait := count_try(tx, purpose=Purpose.PASSWORD, whom=challenge.subject, now=now):
            raise TooManyAttempts(wait)
        # The same statements whether or not there is such an account: they take the same time.
        account_id = challenge.account_id or NOBODY
        become(tx, account=account_id)
        stored = accounts.load_password_hash(tx, account_id)
    if not deps.passwords.matches(password, stored):
        with deps.db.transaction() as tx:
            refused(tx, deps, challenge, Factor.PASSWORD)
        raise FactorRefused
    with deps.db.transaction() as tx:
        if not challenges.advance(tx, challenge=challenge, to=Stage.TOTP, methods=(PASSWORD_METHOD,)):
            raise ChallengeExpired
        forget_tries(tx, purpose=Purpose.PASSWORD, whom=challenge.subject, now=now)
    factors = (Factor.TOTP, Factor.RECOVERY_CODE, Factor.PASSKEY)
    return opened(deps, token, factors, challenge.expire_time)


def answer_code(deps: Deps, *, token: str, code: str, factor: Factor = Factor.TOTP) -> Answered:
    """Takes an authenticator's code, or by `factor` a recovery code, after the password.

    Raises ChallengeExpired, FactorOutOfTurn, TooManyAttempts, AuthenticatorsLocked, FactorRefused or
    AuthorizationRequestExpired.
    """
    deps.throttle.admit(Rule.CODE, network=network())
    now = deps.clock.now()
    answered: Answered | None = None
    with deps.db.transaction() as tx:
        challenge = load_expected(tx, token=token, factor=factor, now=now)
        account_id = challenge.account_id
        if account_id is None:
            raise ChallengeExpired
        become(tx, account=account_id)
        given = SecondFactor(factor=factor, code=code)
        if _check(tx, account_id, deps=deps, challenge=challenge, given=given, now=now) is Outcome.RIGHT:
            methods = (*(challenge.methods or (PASSWORD_METHOD,)), CODE_METHOD)
            answered = finish(tx, account_id, deps=deps, token=token, challenge=challenge, methods=methods, now=now)
        else:
            refused(tx, deps, challenge, factor)
    if answered is None:
        raise FactorRefused
    return answered


def answer_passkey(deps: Deps, *, token: str, answer: str) -> Answered:
    """Takes what a passkey signed: in place of the password as both factors, after it as the second.

    Raises ChallengeExpired, FactorOutOfTurn, TooManyAttempts, FactorRefused or AuthorizationRequestExpired.
    """
    deps.throttle.admit(Rule.CODE, network=network())
    now = deps.clock.now()
    answered: Answered | None = None
    with deps.db.transaction() as tx:
        challenge = load_expected(tx, token=token, factor=Factor.PASSKEY, now=now)
        proof = check_assertion(tx, deps, token=token, challenge=challenge, answer=answer, now=now)
        if proof is None:
            refused(tx, deps, challenge, Factor.PASSKEY)
        else:
            answered = finish(
                tx,
                proof.account_id,
                deps=deps,
                token=token,
                challenge=challenge,
                methods=(*challenge.methods, *proof.methods),
                now=now,
            )
    if answered is None:
        raise FactorRefused
    return answered


def decide_consent(deps: Deps, *, token: str, allowed: bool) -> Granted:
    """Answers a challenge that asks whether a third party's client may.

    Raises ChallengeExpired, FactorOutOfTurn or AuthorizationRequestExpired.
    """
    now = deps.clock.now()
    with deps.db.transaction() as tx:
        challenge = challenges.load_for_update(tx, digest=digest(token))
        if challenge is None:
            raise ChallengeExpired
        challenge.expect_consent(now)
        account_id, request, auth_time = challenge.account_id, challenge.request, challenge.auth_time
        if account_id is None or request is None or auth_time is None:
            raise ChallengeExpired
        become(tx, account=account_id)
        challenges.advance(tx, challenge=challenge, to=Stage.DONE, methods=challenge.methods)
        if not allowed:
            return authorizations.denied_redirect(tx, deps, account_id, request)
        authorizations.remember_consent(tx, deps, account_id, request, challenge.granted)
        return authorizations.grant_code(
            tx,
            account_id,
            deps=deps,
            request=request,
            granted=challenge.granted,
            auth_time=auth_time,
            methods=challenge.methods,
        )


def _check(
    tx: Connection, account_id: AccountId, *, deps: Deps, challenge: Challenge, given: SecondFactor, now: datetime
) -> Outcome:
    """A sign-up is answered by the authenticator that it made; a sign-in by whatever the account has."""
    if challenge.enrolling is None:
        return check_second_factor(tx, account_id, deps=deps, given=given, now=now)
    enrolments = [
        enrolment
        for enrolment in authenticators.load_enrolments(
            tx, account_id, vault=deps.vault, state=AuthenticatorState.PENDING
        )
        if enrolment.authenticator.id == challenge.enrolling
    ]
    return check_code(tx, account_id, deps=deps, enrolments=enrolments, code=given.code, now=now)
