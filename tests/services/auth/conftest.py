"""Auth's own schema and use cases, with passwords that cost next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.auth.config import AuthSettings
from services.auth.oauth.endpoint import TokenEndpoint
from services.auth.passwords import Cost, Passwords
from services.auth.server import dependencies, servicers
from tests import harness
from tests.fakes.clock import FixedClock
from tests.services.auth.partners import Partners
from tests.services.auth.people import People

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.auth.usecases.deps import Deps
    from tests.conftest import StartService
    from tests.harness import Authority, Harness, Postgres


@pytest.fixture(scope="session")
def passwords() -> Iterator[Passwords]:
    """Argon2id at its least cost; what it costs in earnest is tested by itself."""
    cheap = Passwords(workers=2, cost=Cost(memory_kib=8, passes=1))
    yield cheap
    cheap.close()


@pytest.fixture(scope="session")
def settings(postgres: Postgres, authority: Authority) -> AuthSettings:
    """As in production, but for what differs in every test run."""
    return harness.settings(AuthSettings, service="auth", postgres=postgres, authority=authority)


@pytest.fixture
def deps(settings: AuthSettings, clock: FixedClock, passwords: Passwords) -> Iterator[Deps]:
    """What the use cases are given."""
    made = dependencies(settings, clock=clock, passwords=passwords)
    with made.db.transaction() as tx:
        # The test before may have lived in another time.
        tx.exec_driver_sql("DELETE FROM throttles")
    yield made
    made.db.dispose()


@pytest.fixture
def people(deps: Deps, clock: FixedClock) -> People:
    """Signs people up and in."""
    return People(deps, clock, TokenEndpoint())


@pytest.fixture
def auth(start_service: StartService, settings: AuthSettings, deps: Deps, clock: FixedClock) -> Harness:
    """The running service."""
    return start_service("auth", settings, servicers(deps), clock)


@pytest.fixture
def partners(deps: Deps, people: People) -> Partners:
    """Registers merchants' own clients, and speaks for them."""
    return Partners(deps, people)
