"""How many messages may go out, so that nobody is flooded and no merchant's key empties the account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.notification.domain.message import MessageKind

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Counter(StrEnum):
    """What is counted. Codes are counted apart, so that a flood of bills keeps nobody from signing in."""

    PHONE_CODES = "PHONE_CODES"
    PHONE = "PHONE"
    MERCHANT = "MERCHANT"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in which at most `limit` are allowed."""

    counter: Counter
    start: datetime
    length: timedelta
    limit: int

    def left(self, now: datetime) -> timedelta:
        """Until it ends."""
        return self.start + self.length - now


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits in force."""

    codes_per_phone_hour: int
    messages_per_phone_hour: int
    messages_per_merchant_day: int

    def of_phone(self, kind: MessageKind, now: datetime) -> Window:
        """The present window of a phone, for messages of this kind."""
        if kind.is_of_the_platform:
            return _window(Counter.PHONE_CODES, now, _HOUR, self.codes_per_phone_hour)
        return _window(Counter.PHONE, now, _HOUR, self.messages_per_phone_hour)

    def of_merchant(self, now: datetime) -> Window:
        """The present window of a merchant."""
        return _window(Counter.MERCHANT, now, _DAY, self.messages_per_merchant_day)


def _window(counter: Counter, now: datetime, length: timedelta, limit: int) -> Window:
    return Window(counter, now - (now - _EPOCH) % length, length, limit)
