"""The service over a real database, with a provider that does what it is told."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest

from services.kit.crypto import Vault
from services.kit.db import Database
from services.kit.ids import TimeOrderedIds
from services.kit.money import Money
from services.notification.clients.twilio import TwilioReports
from services.notification.composition import servicers
from services.notification.config import NotificationSettings
from services.notification.domain.content import BillIssued, Content, EmailVerification, PhoneVerification
from services.notification.domain.message import (
    PLATFORM,
    Attempt,
    Channel,
    Message,
    MessageDetail,
    MessageId,
    TenantId,
)
from services.notification.store import messages
from services.notification.usecases.deps import Deps
from services.notification.usecases.messages import get_message
from services.notification.usecases.sending import Order, send_message
from services.notification.worker import tasks
from tests import harness
from tests.fakes.clock import FixedClock
from tests.fakes.mail import FakeMailer, FakeTenants
from tests.fakes.sms import FakeProvider, FakeShield
from tests.harness import Authority, Harness, Postgres

SETTLE = timedelta(seconds=30)
MAIL_SETTLE = timedelta(seconds=180)
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of a provider that does not exist
ACCOUNT_SID = "AC00000000000000000000000000000000"


def new_phone() -> str:
    """An Indian mobile number that no other test uses."""
    return f"+9198{secrets.randbelow(10**8):08d}"


def bill_issued(**changes: Any) -> BillIssued:
    given = BillIssued(
        merchant_name="Mehta Stores",
        bill_number="BLR/26-27/000042",
        total=Money(123456_50, "INR"),
        outstanding=Money(123456_50, "INR"),
        due_date=date(2026, 12, 5),
        link=f"https://edge.test/b/{secrets.token_hex(13)}",
    )
    return replace(given, **changes)


def verification(code: str = "482913") -> PhoneVerification:
    return PhoneVerification(code=code, valid_for=timedelta(minutes=10))


def new_email() -> str:
    """An address that no other test uses."""
    return f"asha.{secrets.token_hex(6)}@mail.test"


def email_verification(code: str = "482913") -> EmailVerification:
    return EmailVerification(code=code, valid_for=timedelta(minutes=10))


@dataclass
class World:
    """One merchant, a provider, a mail server, a clock; jobs run when a test says so."""

    deps: Deps
    backstage: psycopg2.extensions.connection
    provider: FakeProvider
    mailer: FakeMailer
    tenants: FakeTenants
    shield: FakeShield
    clock: FixedClock
    tenant: TenantId
    sent: list[MessageId] = field(default_factory=list)

    def order(self, content: Content | None = None, **changes: Any) -> Order:
        content = content or bill_issued()
        platform = content.kind.is_of_the_platform
        given = Order(
            sender="auth" if platform else "billing",
            tenant=PLATFORM if platform else self.tenant,
            dedupe_key=secrets.token_hex(8),
            phone="" if changes.get("email") else new_phone(),
            email="",
            locale="",
            subject="",
            expire_time=None,
            content=content,
        )
        return replace(given, **changes)

    def mail(self, content: Content | None = None, **changes: Any) -> Order:
        """As `order`, by e-mail."""
        return self.order(content, **({"email": new_email()} | changes))

    def send(self, order: Order | None = None) -> Message:
        message = send_message(order or self.order(), deps=self.deps)
        self.sent.append(message.id)
        return message

    def detail(self, message: Message) -> MessageDetail:
        return get_message(message.tenant, message.id, deps=self.deps)

    def attempts(self, message: Message) -> tuple[Attempt, ...]:
        with self.deps.db.transaction(merchant=message.tenant) as tx:
            return messages.list_attempts(tx, message.tenant, message.id)

    def jobs(self) -> Sequence[tuple[int, str, dict[str, Any]]]:
        """Jobs of this world's messages that are due."""
        rows = self.query(
            """
            SELECT id, task_name, args FROM notification.procrastinate_jobs
            WHERE status = 'todo' AND coalesce(scheduled_at, '-infinity') <= %s AND args->>'message_id' = ANY (%s)
            ORDER BY scheduled_at NULLS FIRST, id
            """,
            self.clock.now(),
            [str(message_id) for message_id in self.sent],
        )
        return [(row[0], row[1], row[2] if isinstance(row[2], dict) else json.loads(row[2])) for row in rows]

    def work(self) -> int:
        """Runs what is due until nothing is; how many jobs that were. A kill leaves its job undone, as it would."""
        done = 0
        functions = tasks(self.deps)
        while due := self.jobs():
            job, task, arguments = due[0]
            functions[task](**arguments)
            self.execute("UPDATE notification.procrastinate_jobs SET status = 'succeeded' WHERE id = %s", job)
            done += 1
        return done

    def work_after(self, wait: timedelta) -> int:
        self.clock.advance(wait)
        return self.work()

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Behind the scenes, past row-level security."""
        with self.backstage.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def execute(self, statement: str, *values: object) -> None:
        self.query(statement, *values)


@pytest.fixture
def settings(postgres: Postgres, authority: Authority) -> NotificationSettings:
    return harness.settings(
        NotificationSettings,
        service="notification",
        postgres=postgres,
        authority=authority,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        sms_from="+15005550006",
        sms_codes_per_phone_hour=3,
        sms_per_phone_hour=5,
        sms_per_merchant_day=20,
        sms_notices_per_phone_hour=4,
        email_codes_per_address_hour=3,
        email_notices_per_address_hour=4,
        email_per_address_hour=5,
        email_per_merchant_day=20,
    )


@pytest.fixture
def world(settings: NotificationSettings, postgres: Postgres, clock: FixedClock) -> Iterator[World]:
    provider, shield, mailer, tenants = FakeProvider(), FakeShield(), FakeMailer(), FakeTenants()
    deps = Deps(
        db=Database(settings, name="notification-test"),
        vault=Vault(settings),
        clock=clock,
        ids=TimeOrderedIds(clock),
        provider=provider,
        mailer=mailer,
        tenants=tenants,
        shield=shield,
        limits=settings.limits,
        settle={Channel.SMS: SETTLE, Channel.EMAIL: MAIL_SETTLE},
        text_life=settings.text_life,
        public_url=settings.public_url,
    )
    backstage = psycopg2.connect(postgres.superuser_dsn, options="-c search_path=notification,public")
    backstage.autocommit = True
    yield World(deps, backstage, provider, mailer, tenants, shield, clock, TenantId(uuid4()))
    backstage.close()
    deps.db.dispose()


@pytest.fixture
def service(world: World, settings: NotificationSettings, start_service: Callable[..., Harness]) -> Harness:
    return start_service("notification", settings, servicers(world.deps, TwilioReports(settings)), world.clock)


@pytest.fixture
def other_merchant() -> UUID:
    return uuid4()
