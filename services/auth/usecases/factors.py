"""Checking codes against an account's authenticators. Used wherever a code is taken, so that all tries add up."""

from __future__ import annotations

from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING

from services.auth import authenticator_apps
from services.auth.domain import totp
from services.auth.domain.attempts import LIMITS, NONE, Purpose
from services.auth.domain.errors.sign_in import AuthenticatorsLocked, FactorRefused, TooManyAttempts
from services.auth.store import attempts, authenticators

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


def check_code(
    tx: Connection, account_id: AccountId, *, deps: Deps, enrolments: Sequence[Enrolment], code: str, now: datetime
) -> Outcome:
    """Takes a code of one of `enrolments` and uses it up, or counts a failure.

    The counters' row is locked from before the check until the end of `tx`, so parallel tries queue up. Raises
    TooManyAttempts or AuthenticatorsLocked, in which case nothing was checked, however right the code.
    """
    limit = LIMITS[Purpose.TOTP]
    whom = subject(deps.vault, str(account_id))
    tried = attempts.load_for_update(tx, purpose=Purpose.TOTP, subject=whom, now=now)
    if tried.locked(limit):
        raise AuthenticatorsLocked
    if wait := tried.wait(limit, now):
        raise TooManyAttempts(wait)
    outcome = Outcome.WRONG
    for enrolment in enrolments:
        authenticator = enrolment.authenticator
        step = totp.matching_step(
            code,
            now=now,
            last_step=authenticator.last_step,
            code_at=partial(authenticator_apps.code_at, enrolment.secret),
        )
        if step is not None and authenticators.consume_step(tx, account_id, authenticator.id, step=step, now=now):
            outcome = Outcome.RIGHT
            break
    counted = NONE if outcome is Outcome.RIGHT else tried.counted(limit, now)
    attempts.save(tx, purpose=Purpose.TOTP, subject=whom, counted=counted, now=now)
    return outcome


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
