"""Getting back into an account: recovery codes, and recovering without the password or without a second factor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from services.auth.domain import verification

if TYPE_CHECKING:
    from uuid import UUID

    from services.auth.domain.names import AccountId

CODES = 10
# Crockford's base32: no letter looks like a digit.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_BITS = 80
_BITS = 5
_LENGTH = CODE_BITS // _BITS
_GROUP = 4
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})

VALID_FOR = verification.VALID_FOR
MOST_TRIES = verification.MOST_TRIES
# How long someone without a second factor waits, so that the account's owner can say no.
WAIT = timedelta(hours=72)
# How long after that they may go on; a wait that nobody came back for must not stay open for ever.
USABLE = timedelta(days=7)


def spelled(bits: int) -> str:
    """The recovery code that 80 random bits stand for: "XXXX-XXXX-XXXX-XXXX"."""
    letters = "".join(_ALPHABET[bits >> _BITS * place & len(_ALPHABET) - 1] for place in range(_LENGTH))
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def normalised(code: str) -> str:
    """A recovery code as it was made, however it was typed."""
    return code.upper().translate(_LOOKALIKES)


class Channel(StrEnum):
    """Where a recovery's code goes."""

    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """A recovery under way."""

    # SHA-256 of the token that its person's application holds.
    digest: bytes
    # What its code is derived from.
    id: UUID
    # Whose; None if the name that was given is nobody's. Nothing that is answered differs for it.
    account_id: AccountId | None
    channel: Channel
    # Wrong codes so far.
    tries: int
    expire_time: datetime
    # When its code was taken.
    use_time: datetime | None = None

    def open(self, now: datetime) -> bool:
        """Whether a code is still taken."""
        return self.use_time is None and now < self.expire_time and self.tries < MOST_TRIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Someone has the person's messages, but no second factor."""

    start_time: datetime
    # From when on a new recovery may do without.
    available_time: datetime

    def over(self, now: datetime) -> bool:
        """Whether a recovery may do without the second factor now."""
        return self.available_time <= now < self.available_time + USABLE

    def stale(self, now: datetime) -> bool:
        """Whether nobody came back in time, so that the wait begins anew."""
        return now >= self.available_time + USABLE


def new_wait(now: datetime) -> Wait:
    """One that begins."""
    return Wait(start_time=now, available_time=now + WAIT)
