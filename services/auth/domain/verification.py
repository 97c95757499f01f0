"""Proving that a phone or an e-mail address is one's own, by a code that is sent there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.auth.domain.names import Email, Phone, VerificationId

VALID_FOR = timedelta(minutes=10)
RESEND_AFTER = timedelta(seconds=30)
MOST_TRIES = 5
_CODE_DIGITS = 6
# Less than this left: a new code is worth more than the old one sent again.
_WORTH_RESENDING = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A code under way; an account has at most one."""

    id: VerificationId
    # Where its code goes.
    to: Phone | Email
    # Wrong codes so far.
    tries: int
    # Messages so far.
    sends: int
    expire_time: datetime
    last_send_time: datetime
    # When the right code came; the same one is then taken again, for an answer that was lost.
    confirm_time: datetime | None = None

    @property
    def resend_time(self) -> datetime:
        """From when on it may be sent again."""
        return self.last_send_time + RESEND_AFTER

    def open(self, now: datetime) -> bool:
        """Whether a code is still taken."""
        return now < self.expire_time and self.tries < MOST_TRIES

    def resendable(self, to: Phone | Email, now: datetime) -> bool:
        """Whether asking for a code to `to` again means this one."""
        return (
            self.to == to
            and self.confirm_time is None
            and self.tries < MOST_TRIES
            and now < self.expire_time - _WORTH_RESENDING
        )


def sent_again(before: Verification, now: datetime) -> Verification:
    """The same code in another message."""
    return replace(before, sends=before.sends + 1, last_send_time=now)


def begun(verification_id: VerificationId, to: Phone | Email, now: datetime) -> Verification:
    """A new one."""
    return Verification(id=verification_id, to=to, tries=0, sends=1, expire_time=now + VALID_FOR, last_send_time=now)


def code_of(digest: bytes) -> str:
    """The six digits that a keyed digest of the verification's id stands for. So the code is stored nowhere."""
    return f"{int.from_bytes(digest[:16], 'big') % 10**_CODE_DIGITS:0{_CODE_DIGITS}d}"
