"""How many messages may go out, so that nobody is flooded and no merchant's key empties the account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from services.notification.domain.message import Channel, MessageKind

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Counter(StrEnum):
    """What is counted, apart for each channel.

    Codes are counted apart, so that a flood of bills keeps nobody from signing in; security notices are, so that
    whoever asks for many codes cannot keep the owner of an account from hearing of it.
    """

    PHONE_CODES = "PHONE_CODES"
    PHONE_NOTICES = "PHONE_NOTICES"
    PHONE = "PHONE"
    MERCHANT = "MERCHANT"
    EMAIL_CODES = "EMAIL_CODES"
    EMAIL_NOTICES = "EMAIL_NOTICES"
    EMAIL = "EMAIL"
    MERCHANT_EMAIL = "MERCHANT_EMAIL"


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
class Allowance:
    """What one channel carries: to one recipient in an hour, and for one merchant in a day."""

    codes_per_hour: int
    notices_per_hour: int
    messages_per_hour: int
    messages_per_merchant_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits in force."""

    sms: Allowance
    email: Allowance

    def of_recipient(self, channel: Channel, kind: MessageKind, now: datetime) -> Window:
        """The present window of a phone or an address, for messages of this kind."""
        allowed = self._allowance(channel)
        codes, notices, others = _COUNTERS[channel]
        if kind is MessageKind.SECURITY_NOTICE:
            return _window(notices, now, _HOUR, allowed.notices_per_hour)
        if kind.is_of_the_platform:
            return _window(codes, now, _HOUR, allowed.codes_per_hour)
        return _window(others, now, _HOUR, allowed.messages_per_hour)

    def of_merchant(self, channel: Channel, now: datetime) -> Window:
        """The present window of a merchant."""
        counter = Counter.MERCHANT if channel is Channel.SMS else Counter.MERCHANT_EMAIL
        return _window(counter, now, _DAY, self._allowance(channel).messages_per_merchant_day)

    def _allowance(self, channel: Channel) -> Allowance:
        return self.sms if channel is Channel.SMS else self.email


_COUNTERS = {
    Channel.SMS: (Counter.PHONE_CODES, Counter.PHONE_NOTICES, Counter.PHONE),
    Channel.EMAIL: (Counter.EMAIL_CODES, Counter.EMAIL_NOTICES, Counter.EMAIL),
}


def _window(counter: Counter, now: datetime, length: timedelta, limit: int) -> Window:
    return Window(counter, now - (now - _EPOCH) % length, length, limit)
