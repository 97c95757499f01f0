"""Time-based one-time codes (RFC 6238): which step a code belongs to. Making codes is the caller's `code_at`."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.auth.domain.names import AuthenticatorId

STEP_SECONDS = 30
DIGITS = 6
MOST = 5
PENDING_FOR = timedelta(hours=1)
# Steps before and after the present one that are taken: clocks differ, and people type slowly.
_WINDOW = 1
# Smaller than any step: nothing was used yet.
NEVER = -1


class AuthenticatorState(StrEnum):
    """Where an authenticator stands."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """An app or device that shows codes."""

    id: AuthenticatorId
    display_name: str
    state: AuthenticatorState
    create_time: datetime
    last_use_time: datetime | None = None
    # The newest step of which a code was taken; that step and older ones are used up.
    last_step: int = NEVER

    def lapsed(self, now: datetime) -> bool:
        """Whether it was never confirmed in time, and so counts as gone."""
        return self.state is AuthenticatorState.PENDING and now - self.create_time > PENDING_FOR


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An authenticator with its secret (base32), for the one time it is shown."""

    authenticator: Authenticator
    secret: str

    def __repr__(self) -> str:
        """Hides the secret: reprs end in logs."""
        return f"Enrolment({self.authenticator!r}, …)"


def step_of(moment: datetime) -> int:
    """The number of the step that `moment` is in."""
    return int(moment.timestamp()) // STEP_SECONDS


def matching_step(code: str, *, now: datetime, last_step: int, code_at: Callable[[int], str]) -> int | None:
    """The step whose code this is, of those near `now` and after `last_step`; None if it is of none.

    Every step is compared in full, so the time taken tells nothing.
    """
    present = step_of(now)
    found = None
    for step in range(present - _WINDOW, present + _WINDOW + 1):
        matches = hmac.compare_digest(code_at(step).encode(), code.encode())
        if matches and step > last_step:
            found = step
    return found
