"""Inventory in the test's own process, with the whole catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
import pytest

from services.inventory import load_catalogue
from services.inventory.composition import NAME, servicers
from services.inventory.usecases.deps import Deps
from services.kit.config import Settings
from services.kit.db import Database
from services.kit.ids import TimeOrderedIds
from tests import harness
from tests.services.inventory.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import StartService
    from tests.fakes.clock import FixedClock
    from tests.harness import Authority, Postgres


@pytest.fixture(scope="session")
def stocked(postgres: Postgres) -> Postgres:
    """The cluster with inventory's schema and the catalogue in it."""
    load_catalogue.load(postgres.url(NAME))
    return postgres


@pytest.fixture
def deps(stocked: Postgres, authority: Authority, clock: FixedClock) -> Iterator[Deps]:
    """What use cases are given."""
    settings = harness.settings(Settings, service=NAME, postgres=stocked, authority=authority)
    database = Database(settings, name=NAME)
    yield Deps(db=database, clock=clock, ids=TimeOrderedIds(clock))
    database.dispose()


@pytest.fixture
def world(
    stocked: Postgres, authority: Authority, start_service: StartService, clock: FixedClock, deps: Deps
) -> Iterator[World]:
    """A running inventory service."""
    settings = harness.settings(Settings, service=NAME, postgres=stocked, authority=authority)
    service = start_service(NAME, settings, servicers(deps), clock)
    behind = psycopg2.connect(stocked.superuser_dsn, options="-c search_path=inventory,public")
    behind.autocommit = True
    yield World(service, deps, clock, behind)
    behind.close()
