"""Fixtures for every test: one cluster and one CA a session, services started in process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.clock import FixedClock
from tests.harness import Authority, Harness, Postgres
from tools.cluster import THROW_AWAY, Cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from services.kit.clock import Clock
    from services.kit.config import Settings
    from services.kit.server import Servicer

    StartService = Callable[[str, Settings, Sequence[Servicer], Clock], Harness]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A throw-away cluster, one for each worker of the test run."""
    cluster = Cluster(tmp_path_factory.mktemp("postgres"), settings=THROW_AWAY)
    try:
        yield Postgres(cluster)
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Issues the certificates of the session."""
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def clock() -> FixedClock:
    """Stands at the start of the test."""
    return FixedClock()


@pytest.fixture
def start_service(authority: Authority) -> Iterator[StartService]:
    """Starts services in process: `start_service("billing", settings, servicers, clock)`; ends them with the test."""
    running: list[Harness] = []

    def start(name: str, settings: Settings, servicers: Sequence[Servicer], clock: Clock) -> Harness:
        harness = Harness(name=name, settings=settings, servicers=servicers, authority=authority, clock=clock)
        running.append(harness)
        return harness

    yield start
    for harness in running:
        harness.close()
