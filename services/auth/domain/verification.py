"""Proving that a phone is one's own, by a code in an SMS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.auth.domain.names import Phone, VerificationId

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
    phone: Phone
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

    def resendable(self, phone: Phone, now: datetime) -> bool:
        """Whether asking for a code to `phone` again means this one."""
        return (
            self.phone == phone
            and self.confirm_time is None
            and self.tries < MOST_TRIES
            and now < self.expire_time - _WORTH_RESENDING
        )


def code_of(digest: bytes) -> str:
    """The six digits that a keyed digest of the verification's id stands for. So the code is stored nowhere."""
    return f"{int.from_bytes(digest[:16], 'big') % 10**_CODE_DIGITS:0{_CODE_DIGITS}d}"
