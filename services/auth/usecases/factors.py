"""Checking codes of an account's second factor. Used wherever one is taken, so that all tries add up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING

from services.auth import authenticator_apps
from services.auth.domain import totp
from services.auth.domain.attempts import LIMITS, NONE, Attempts, Purpose
from services.auth.domain.audit import Action
from services.auth.domain.errors.sign_in import AuthenticatorsLocked, FactorRefused, TooManyAttempts
from services.auth.domain.login import Factor
from services.auth.domain.totp import AuthenticatorState
from services.auth.store import attempts, authenticators, recovery_codes
from services.auth.usecases import audit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from services.auth.domain.names import AccountId
    from services.auth.domain.totp import Enrolment
    from services.auth.usecases.deps import Deps
    from services.kit.crypto import Vault


def subject(vault: Vault, name: str) -> bytes:
    """Under which tries about `name` (an account's id, a phone) are counted."""
    return vault.index("attempts", name)


class Outcome(Enum):
    """What became of a code. A wrong one must be committed before it is told, so this is no exception yet."""

    RIGHT = auto()
    WRONG = auto()

    def raise_if_wrong(self) -> None:
        """Raises FactorRefused; called when the count is committed."""
        if self is Outcome.WRONG:
            raise FactorRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """What someone gives as their second factor: a code of an authenticator, or a recovery code."""

    factor: Factor
    code: str

    def __repr__(self) -> str:
        """Hides the code: reprs end in logs."""
        return f"SecondFactor({self.factor})"


def check_code(
    tx: Connection, account_id: AccountId, *, deps: Deps, enrolments: Sequence[Enrolment], code: str, now: datetime
) -> Outcome:
    """Takes a code of one of `enrolments` and uses it up, or counts a failure.

    The counters' row is locked from before the check until the end of `tx`, so parallel tries queue up. Raises
    TooManyAttempts or AuthenticatorsLocked, in which case nothing was checked, however right the code.
    """
    tried = _tried(tx, account_id, deps=deps, now=now)
    right = _takes(tx, account_id, enrolments=enrolments, code=code, now=now)
    return _counted(tx, account_id, deps=deps, tried=tried, right=right, now=now)


def check_second_factor(
    tx: Connection, account_id: AccountId, *, deps: Deps, given: SecondFactor, now: datetime, unlocking: bool = False
) -> Outcome:
    """Takes what the account accepts as its second factor, with the counters of `check_code`: it is one secret more.

    `unlocking`: in a recovery, which has shown something else before, a hundred wrong ones in a row do not lock, and a
    right one ends the lock. Raises TooManyAttempts or AuthenticatorsLocked.
    """
    tried = _tried(tx, account_id, deps=deps, now=now, unlocking=unlocking)
    if given.factor is Factor.RECOVERY_CODE:
        right = recovery_codes.consume(tx, account_id, vault=deps.vault, code=given.code, now=now)
        if right:
            audit.note(tx, deps, Action.RECOVERY_CODE_USED, account=account_id)
    else:
        enrolments = authenticators.load_enrolments(
            tx, account_id, vault=deps.vault, state=AuthenticatorState.CONFIRMED
        )
        if not enrolments:
            # A recovery took all factors away, and made this one.
            enrolments = authenticators.load_enrolments(
                tx, account_id, vault=deps.vault, state=AuthenticatorState.PENDING
            )
        right = _takes(tx, account_id, enrolments=enrolments, code=given.code, now=now)
    return _counted(tx, account_id, deps=deps, tried=tried, right=right, now=now)


def _tried(tx: Connection, account_id: AccountId, *, deps: Deps, now: datetime, unlocking: bool = False) -> Attempts:
    limit = LIMITS[Purpose.TOTP]
    tried = attempts.load_for_update(tx, purpose=Purpose.TOTP, subject=subject(deps.vault, str(account_id)), now=now)
    if tried.locked(limit) and not unlocking:
        raise AuthenticatorsLocked
    if wait := tried.wait(limit, now):
        raise TooManyAttempts(wait)
    return tried


def _takes(tx: Connection, account_id: AccountId, *, enrolments: Sequence[Enrolment], code: str, now: datetime) -> bool:
    for enrolment in enrolments:
        authenticator = enrolment.authenticator
        step = totp.matching_step(
            code,
            now=now,
            last_step=authenticator.last_step,
            code_at=partial(authenticator_apps.code_at, enrolment.secret),
        )
        if step is not None and authenticators.consume_step(tx, account_id, authenticator.id, step=step, now=now):
            return True
    return False


def _counted(
    tx: Connection, account_id: AccountId, *, deps: Deps, tried: Attempts, right: bool, now: datetime
) -> Outcome:
    limit = LIMITS[Purpose.TOTP]
    counted = NONE if right else tried.counted(limit, now)
    whom = subject(deps.vault, str(account_id))
    attempts.save(tx, purpose=Purpose.TOTP, subject=whom, counted=counted, now=now)
    if counted.locked(limit) and not tried.locked(limit):
        audit.note(tx, deps, Action.LOCKED, account=account_id)
    return Outcome.RIGHT if right else Outcome.WRONG


def count_try(tx: Connection, *, purpose: Purpose, whom: bytes, now: datetime) -> timedelta | None:
    """Counts a try before it is made; if it is one too many, how long to wait, and it is not counted."""
    limit = LIMITS[purpose]
    tried = attempts.load_for_update(tx, purpose=purpose, subject=whom, now=now)
    if wait := tried.wait(limit, now):
        return wait
    attempts.save(tx, purpose=purpose, subject=whom, counted=tried.counted(limit, now), now=now)
    return None


def forget_tries(tx: Connection, *, purpose: Purpose, whom: bytes, now: datetime) -> None:
    """After a success."""
    attempts.save(tx, purpose=purpose, subject=whom, counted=NONE, now=now)
