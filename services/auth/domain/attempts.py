"""How often something may be tried. Counted per subject, in the database, inside the check: parallel tries add up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Purpose(StrEnum):
    """What is tried; each has counters of its own."""

    PASSWORD = "password"  # noqa: S105 - the name of a purpose
    TOTP = "totp"
    MESSAGE_BY_ACCOUNT = "message_by_account"
    MESSAGE_TO_PHONE = "message_to_phone"
    MESSAGE_TO_EMAIL = "message_to_email"
    DEVICE_CODE = "device_code"
    # How often a client's refusal is noted, not how often it may try: nobody guesses 256 bits, and whoever tried in its
    # name would shut it out.
    CLIENT_REFUSAL = "client_refusal"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` within `window`; and, where set, never more than `in_a_row` without a success between."""

    most: int
    window: timedelta
    in_a_row: int | None = None


LIMITS = {
    # Five codes of five authenticators, three live steps each, are 15 in a million: 5 tries give a guesser 1 in 13,000.
    Purpose.TOTP: Limit(most=5, window=timedelta(minutes=15), in_a_row=100),
    Purpose.PASSWORD: Limit(most=10, window=timedelta(minutes=15)),
    Purpose.MESSAGE_BY_ACCOUNT: Limit(most=5, window=timedelta(hours=1)),
    Purpose.MESSAGE_TO_PHONE: Limit(most=5, window=timedelta(days=1)),
    Purpose.MESSAGE_TO_EMAIL: Limit(most=5, window=timedelta(days=1)),
    # Of 25.6 thousand million codes.
    Purpose.DEVICE_CODE: Limit(most=10, window=timedelta(minutes=15)),
    Purpose.CLIENT_REFUSAL: Limit(most=5, window=timedelta(minutes=15)),
}


@dataclass(frozen=True, slots=True)
class Attempts:
    """What was tried in vain: the moments of the last few, oldest first, and how many in a row."""

    recent: tuple[datetime, ...] = ()
    in_a_row: int = 0

    def wait(self, limit: Limit, now: datetime) -> timedelta | None:
        """How long until the next try is allowed; None: it is allowed now."""
        if len(self.recent) < limit.most:
            return None
        until = self.recent[-limit.most] + limit.window
        return until - now if until > now else None

    def locked(self, limit: Limit) -> bool:
        """Whether waiting does not help any more."""
        return limit.in_a_row is not None and self.in_a_row >= limit.in_a_row

    def counted(self, limit: Limit, now: datetime) -> Attempts:
        """With one more. Moments that no rule can ask for are forgotten."""
        return Attempts((*self.recent, now)[-limit.most :], self.in_a_row + 1)


NONE = Attempts()
