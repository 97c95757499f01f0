"""Billing in the test's own process, with fake peers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import psycopg2
import pytest

from services.billing.composition import NAME, servicers
from services.billing.config import BillingSettings
from services.billing.documents.printing import PressPrinter
from services.billing.domain.gateway import Provider
from services.billing.gateways.razorpay import Razorpay
from services.billing.gateways.stripe import Stripe
from services.billing.links import PublicLinks
from services.billing.reading import FileReader
from services.billing.usecases.deps import Deps
from services.billing.worker import functions, printing
from services.kit.crypto import Vault
from services.kit.db import Database
from services.kit.ids import TimeOrderedIds
from tests import harness
from tests.fakes.billing_peers import FakeInventory, FakeMerchants, FakeMessenger
from tests.fakes.gateways import FakeGateways
from tests.services.billing.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import StartService
    from tests.fakes.clock import FixedClock
    from tests.harness import Authority, Postgres


@pytest.fixture
def gateway_server() -> Iterator[FakeGateways]:
    """Payment gateways."""
    server = FakeGateways()
    yield server
    server.close()


@pytest.fixture(scope="session")
def files() -> Iterator[FileReader]:
    """What reads files; its process takes a second to start."""
    reader = FileReader()
    yield reader
    reader.close()


@pytest.fixture
def world(
    postgres: Postgres,
    authority: Authority,
    start_service: StartService,
    clock: FixedClock,
    gateway_server: FakeGateways,
    files: FileReader,
) -> Iterator[World]:
    """A running billing service, its peers, and a merchant of Bengaluru whose staff calls it."""
    link_key = base64.b64encode(b"l" * 32).decode()
    settings = harness.settings(
        BillingSettings, service=NAME, postgres=postgres, authority=authority, link_key=link_key
    )
    inventory, merchants, messenger = FakeInventory(), FakeMerchants(), FakeMessenger()
    deps = Deps(
        db=Database(settings, name=NAME),
        clock=clock,
        ids=TimeOrderedIds(clock),
        vault=Vault(settings),
        merchants=merchants,
        items=inventory,
        stock=inventory,
        messenger=messenger,
        links=PublicLinks(settings.link_key, public_url=settings.public_url),
        files=files,
        gateways={Provider.RAZORPAY: Razorpay(gateway_server.url), Provider.STRIPE: Stripe(gateway_server.url)},
    )
    printer = PressPrinter()
    superuser = psycopg2.connect(postgres.superuser_dsn)
    superuser.autocommit = True
    running = start_service(NAME, settings, servicers(deps), clock)
    yield World(
        harness=running,
        deps=deps,
        clock=clock,
        inventory=inventory,
        merchants=merchants,
        messenger=messenger,
        tasks={**functions(deps), **printing(deps, printer)},
        superuser=superuser,
    )
    printer.close()
    superuser.close()
    deps.db.dispose()
