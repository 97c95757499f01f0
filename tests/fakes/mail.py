"""A mail server in memory, which does with each mail what a test told it to; and a directory of merchants."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from services.kit.errors import PeerUnavailable
from services.notification.clients.mailer import Mail
from services.notification.domain.contact import Contact
from services.notification.domain.delivery import Accepted, Busy, NoAnswer, NotReached, Outcome, Refused
from services.notification.domain.message import DeliveryError, Fault, TenantId
from tests.fakes.sms import ProcessKilled


class FakeMailer:
    """Implements services.notification.clients.mailer.Mailer."""

    def __init__(self) -> None:
        self.taken: list[Mail] = []
        self.calls = 0
        # What becomes of the next calls; without a plan a mail is taken.
        self.plan: deque[Callable[[Mail], Outcome]] = deque()

    def send(self, mail: Mail) -> Outcome:
        """As planned, else taken."""
        self.calls += 1
        step = self.plan.popleft() if self.plan else self.take
        return step(mail)

    def close(self) -> None:
        """Nothing to end."""

    def take(self, mail: Mail) -> Outcome:
        """Takes the mail."""
        self.taken.append(mail)
        return Accepted(f"<{mail.name}@mail.test>")

    def take_and_lose_answer(self, mail: Mail) -> Outcome:
        """Takes it, and the line breaks."""
        self.take(mail)
        return self.lose(mail)

    def take_and_die(self, mail: Mail) -> Outcome:
        """Takes it, and the calling process dies."""
        self.take(mail)
        raise ProcessKilled

    def die(self, mail: Mail) -> Outcome:
        """The calling process dies before the server has anything."""
        raise ProcessKilled

    def lose(self, mail: Mail) -> Outcome:
        """The line breaks, and nothing arrived."""
        return NoAnswer(DeliveryError(Fault.NO_ANSWER))

    def not_reached(self, mail: Mail) -> Outcome:
        """No connection."""
        return NotReached()

    @staticmethod
    def refuse(fault: Fault, code: int) -> Callable[[Mail], Outcome]:
        """Says no."""
        return lambda _: Refused(DeliveryError(fault, code))

    @staticmethod
    def busy(code: int = 451) -> Callable[[Mail], Outcome]:
        """Says not now."""
        return lambda _: Busy(DeliveryError(Fault.PROVIDER_BUSY, code))


class FakeTenants:
    """Implements services.notification.clients.tenants.Tenants; every merchant is live unless a test says otherwise."""

    def __init__(self) -> None:
        self.test: set[TenantId] = set()
        self.countries: dict[TenantId, str] = {}
        self.owners: dict[TenantId, list[Contact]] = {}
        self.is_away = False

    def is_test(self, tenant: TenantId) -> bool:
        """Whether a test said so."""
        if self.is_away:
            raise PeerUnavailable("auth")
        return tenant in self.test

    def country(self, tenant: TenantId) -> str:
        """Where a test said, else India."""
        return self.countries.get(tenant, "IN")

    def contacts(self, tenant: TenantId) -> Sequence[Contact]:
        """As a test said, else nobody."""
        if self.is_away:
            raise PeerUnavailable("auth")
        return self.owners.get(tenant, [])
