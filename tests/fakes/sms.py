"""A provider of SMS in memory, which does with each message what a test told it to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notification.clients.provider import ProviderAway
from services.notification.domain.delivery import Accepted, Busy, NoAnswer, NotReached, Outcome, Refused
from services.notification.domain.limits import Window
from services.notification.domain.message import DeliveryError, Fault


class ProcessKilled(BaseException):
    """What a kill -9 looks like from within: nothing after it runs."""


@dataclass(frozen=True)
class Taken:
    """A message that the provider has."""

    provider_id: str
    phone: str
    text: str
    callback_url: str


class FakeProvider:
    """Implements services.notification.clients.provider.SmsProvider."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.calls = 0
        self.looks = 0
        self.is_away = False
        # What becomes of the next calls; without a plan a message is taken.
        self.plan: deque[Callable[[str, str, str], Outcome]] = deque()

    def send(self, *, phone: str, text: str, callback_url: str) -> Outcome:
        """As planned, else taken."""
        self.calls += 1
        step = self.plan.popleft() if self.plan else self.take
        return step(phone, text, callback_url)

    def find(self, *, phone: str, text: str, since: datetime) -> Sequence[Accepted]:
        """All that was taken with this phone and text."""
        self.looks += 1
        if self.is_away:
            raise ProviderAway
        return [Accepted(t.provider_id) for t in self.taken if (t.phone, t.text) == (phone, text)]

    def close(self) -> None:
        """Nothing to end."""

    def take(self, phone: str, text: str, callback_url: str) -> Outcome:
        """Takes the message."""
        self.taken.append(Taken(f"SM{len(self.taken):032x}{id(self):x}", phone, text, callback_url))
        return Accepted(self.taken[-1].provider_id)

    def take_and_lose_answer(self, phone: str, text: str, callback_url: str) -> Outcome:
        """Takes it, and the line breaks."""
        self.take(phone, text, callback_url)
        return NoAnswer(DeliveryError(Fault.NO_ANSWER))

    def take_and_die(self, phone: str, text: str, callback_url: str) -> Outcome:
        """Takes it, and the calling process dies."""
        self.take(phone, text, callback_url)
        raise ProcessKilled

    def die(self, phone: str, text: str, callback_url: str) -> Outcome:
        """The calling process dies before the provider has anything."""
        raise ProcessKilled

    def lose(self, phone: str, text: str, callback_url: str) -> Outcome:
        """The line breaks, and nothing arrived."""
        return NoAnswer(DeliveryError(Fault.NO_ANSWER))

    def not_reached(self, phone: str, text: str, callback_url: str) -> Outcome:
        """No connection."""
        return NotReached()

    @staticmethod
    def refuse(fault: Fault, code: int) -> Callable[[str, str, str], Outcome]:
        """Says no."""
        return lambda *_: Refused(DeliveryError(fault, code))

    @staticmethod
    def busy(retry_after: timedelta | None = None) -> Callable[[str, str, str], Outcome]:
        """Says not now."""
        return lambda *_: Busy(DeliveryError(Fault.PROVIDER_BUSY, 20429), retry_after)


class FakeShield:
    """Implements services.notification.clients.shield.Shield."""

    def __init__(self) -> None:
        self.full: dict[tuple[bytes, Window], timedelta] = {}

    def is_full(self, key: bytes, window: Window) -> bool:
        """Whether it was noted."""
        return (key, window) in self.full

    def remember_full(self, key: bytes, window: Window, *, left: timedelta) -> None:
        """Notes it."""
        self.full[key, window] = left

    def close(self) -> None:
        """Nothing to end."""
