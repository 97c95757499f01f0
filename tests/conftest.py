"""Fixtures for every test: one cluster and one CA a session, services started in process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import redis

from tests import redis_server
from tests.fakes.clock import FixedClock
from tests.harness import Authority, Harness, Postgres
from tools.client.edge import Edge
from tools.client.people import Person
from tools.cluster import THROW_AWAY, Cluster
from tools.demo.flows import Shop
from tools.stack import runfile
from tools.stack.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pydantic import SecretStr

    from services.kit.clock import Clock
    from services.kit.config import Settings
    from services.kit.server import Servicer

    StartService = Callable[[str, Settings, Sequence[Servicer], Clock], Harness]


# Machines are busy at times: no test fails for having been slow.
hypothesis.settings.register_profile("billmesh", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("billmesh")


@pytest.fixture(scope="session")
def run() -> dict[str, Any]:
    """What run.json says of the stack that `make test` started."""
    try:
        return runfile.read(State.current())
    except FileNotFoundError:
        pytest.fail("this test needs the running system: `make test`, or `make run` before pytest", pytrace=False)


@pytest.fixture(scope="session")
def edge(run: dict[str, Any]) -> Iterator[Edge]:
    """The running edge. Calls that may be repeated are, for as long as a process takes to come back."""
    edge = Edge.from_run(run, patience=60)
    yield edge
    edge.close()


def _sign_in(run: dict[str, Any], role: str) -> dict[str, Any]:
    (found,) = [sign_in for sign_in in run["demo_sign_ins"] if sign_in["role"] == role]
    return dict(found)


@pytest.fixture(scope="session")
def indian_shop(run: dict[str, Any], edge: Edge) -> Shop:
    """A merchant who bills in INR with GST."""
    sign_in = _sign_in(run, "merchant-in")
    return Shop(Person.from_run(edge, sign_in), sign_in["merchant_id"], sign_in["store_id"])


@pytest.fixture(scope="session")
def finnish_shop(run: dict[str, Any], edge: Edge) -> Shop:
    """A merchant who bills in EUR with VAT."""
    sign_in = _sign_in(run, "merchant-fi")
    return Shop(Person.from_run(edge, sign_in), sign_in["merchant_id"], sign_in["store_id"])


@pytest.fixture(scope="session")
def shopper(run: dict[str, Any], edge: Edge) -> Person:
    """A person with a verified phone."""
    return Person.from_run(edge, _sign_in(run, "shopper"))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A throw-away cluster, one for each worker of the test run."""
    cluster = Cluster(tmp_path_factory.mktemp("postgres"), settings=THROW_AWAY)
    try:
        yield Postgres(cluster)
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def _redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretStr]:
    with redis_server.running(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def redis_url(_redis_url: SecretStr) -> SecretStr:
    """A Redis, empty at the start of the test."""
    with redis.Redis.from_url(_redis_url.get_secret_value()) as client:
        client.flushdb()
    return _redis_url


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


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share the running system run one after another; of the others each file stays in one process."""
    for item in items:
        shared = "run" in getattr(item, "fixturenames", ())
        file = Path(item.path).relative_to(item.config.rootpath)
        item.add_marker(pytest.mark.xdist_group("stack" if shared else str(file)))
