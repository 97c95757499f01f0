"""Throttles, counted in PostgreSQL and in Redis: the same answers, exact for requests at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import redis

from services.auth.config import AuthSettings
from services.auth.domain.errors.sign_in import TooManyAttempts
from services.auth.domain.throttle import DEFAULTS, Rate, Rule, Scope, address_of, counted_network
from services.auth.throttle import PostgresCounters, RedisCounters, Throttle
from tests.redis_server import AWAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import SecretStr

    from services.auth.throttle import Counters
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock

MINUTE = timedelta(minutes=1)
RULES = {
    Rule.PASSWORD: {
        Scope.NAME: Rate(3, MINUTE),
        Scope.NETWORK: Rate(6, MINUTE),
        Scope.EVERYONE: Rate(10_000, MINUTE),
    },
    Rule.CODE: {Scope.EVERYONE: Rate(2, MINUTE)},
}
HERE = "203.0.113.5"


@pytest.fixture(params=["postgres", "redis", "redis away"])
def counters(request: pytest.FixtureRequest, deps: Deps) -> Iterator[Counters]:
    if request.param == "postgres":
        yield PostgresCounters(deps.db)
        return
    url = AWAY if request.param == "redis away" else request.getfixturevalue("redis_url")
    shared = RedisCounters(url, fallback=PostgresCounters(deps.db))
    yield shared
    shared.close()


@pytest.fixture
def throttle(counters: Counters, deps: Deps, clock: FixedClock) -> Throttle:
    return Throttle(
        counters, vault=deps.vault, clock=clock, rules=RULES, exempt=(ip_network("10.0.0.0/8"), ip_network("::1/128"))
    )


def address() -> str:
    """One that no other test has."""
    return f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"


def test_a_burst_and_then_one_at_a_time(throttle: Throttle, clock: FixedClock) -> None:
    name = str(uuid4())
    for _ in range(3):
        throttle.admit(Rule.PASSWORD, network=None, name=name)
    with pytest.raises(TooManyAttempts) as refused:
        throttle.admit(Rule.PASSWORD, network=None, name=name)
    assert refused.value.retry_after == timedelta(seconds=20)
    # What is refused is not counted: whoever keeps trying waits no longer.
    clock.advance(timedelta(seconds=15))
    with pytest.raises(TooManyAttempts) as refused:
        throttle.admit(Rule.PASSWORD, network=None, name=name)
    assert refused.value.retry_after == timedelta(seconds=5)
    clock.advance(timedelta(seconds=5))
    throttle.admit(Rule.PASSWORD, network=None, name=name)
    with pytest.raises(TooManyAttempts):
        throttle.admit(Rule.PASSWORD, network=None, name=name)
    throttle.admit(Rule.PASSWORD, network=None, name=str(uuid4()))
    clock.advance(MINUTE)
    for _ in range(3):
        throttle.admit(Rule.PASSWORD, network=None, name=name)


def test_a_network_that_is_refused_costs_the_name_nothing(throttle: Throttle) -> None:
    network, name = address(), str(uuid4())
    for _ in range(6):
        throttle.admit(Rule.PASSWORD, network=network, name=str(uuid4()))
    for _ in range(9):
        with pytest.raises(TooManyAttempts):
            throttle.admit(Rule.PASSWORD, network=network, name=name)
    for _ in range(3):
        throttle.admit(Rule.PASSWORD, network=address(), name=name)


def test_networks(throttle: Throttle) -> None:
    one = address()
    for number in range(6):
        throttle.admit(Rule.PASSWORD, network=one.removesuffix("::1") + f"::{number:x}")
    with pytest.raises(TooManyAttempts):
        throttle.admit(Rule.PASSWORD, network=one)
    for _ in range(9):
        for free in ("10.1.2.3", "::1", "::ffff:10.1.2.3", "", "unknown", None):
            throttle.admit(Rule.PASSWORD, network=free)


def test_looking_costs_nothing_and_charging_is_never_refused(throttle: Throttle, clock: FixedClock) -> None:
    name = str(uuid4())
    for _ in range(9):
        throttle.check(Rule.PASSWORD, network=None, name=name)
    for _ in range(9):
        throttle.charge(Rule.PASSWORD, network=None, name=name)
    with pytest.raises(TooManyAttempts) as refused:
        throttle.check(Rule.PASSWORD, network=None, name=name)
    # However much was charged, a period later all is forgotten.
    assert refused.value.retry_after is not None
    assert refused.value.retry_after <= timedelta(seconds=40)
    clock.advance(timedelta(seconds=40))
    throttle.check(Rule.PASSWORD, network=None, name=name)


def test_everyone_together(throttle: Throttle, clock: FixedClock) -> None:
    throttle.admit(Rule.CODE, network=address(), name="a")
    throttle.admit(Rule.CODE, network=address(), name="b")
    with pytest.raises(TooManyAttempts):
        throttle.admit(Rule.CODE, network=address(), name="c")
    clock.advance(timedelta(seconds=30))
    throttle.admit(Rule.CODE, network=address(), name="c")


def test_a_clock_that_was_ahead_locks_nobody_out(throttle: Throttle, clock: FixedClock) -> None:
    name = str(uuid4())
    clock.advance(timedelta(days=400))
    for _ in range(3):
        throttle.admit(Rule.PASSWORD, network=None, name=name)
    clock.advance(timedelta(days=-400))
    throttle.check(Rule.PASSWORD, network=None, name=name)
    for _ in range(3):
        throttle.admit(Rule.PASSWORD, network=None, name=name)
    with pytest.raises(TooManyAttempts):
        throttle.admit(Rule.PASSWORD, network=None, name=name)


def test_many_at_the_same_moment_are_counted_exactly(throttle: Throttle) -> None:
    network = address()

    def admitted(_: int) -> bool:
        try:
            throttle.admit(Rule.PASSWORD, network=network)
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(admitted, range(40))) == 6


def test_what_is_kept_names_nobody(throttle: Throttle, counters: Counters, deps: Deps, redis_url: SecretStr) -> None:
    throttle.admit(Rule.PASSWORD, network=HERE, name="+919845012345")
    with deps.db.transaction() as tx:
        kept = str(tx.exec_driver_sql("SELECT * FROM throttles").all())
    with redis.Redis.from_url(redis_url.get_secret_value()) as client:
        kept += str([(key, client.get(key)) for key in client.scan_iter()])
    assert "9845012345" not in kept
    assert HERE not in kept


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("203.0.113.5", "203.0.113.5/32"),
        ("::ffff:203.0.113.5", "203.0.113.5/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (" 203.0.113.5 ", "203.0.113.5/32"),
        ("203.0.113.5:80", "None"),
        (None, "None"),
    ],
)
def test_what_is_one_network(text: str | None, network: str) -> None:
    found = address_of(text)
    assert str(counted_network(found) if found else None) == network


def test_configuration(settings: AuthSettings) -> None:
    assert settings.throttle_rules() == DEFAULTS
    values = settings.model_dump() | {"throttles": {"sign_up": {"network": "7/2h"}}}
    rules = AuthSettings.model_validate(values).throttle_rules()
    assert rules[Rule.SIGN_UP] == DEFAULTS[Rule.SIGN_UP] | {Scope.NETWORK: Rate(7, timedelta(hours=2))}
    assert rules[Rule.CODE] == DEFAULTS[Rule.CODE]
    for wrong in ("0/1h", "7", "7/h", "7/1w"):
        with pytest.raises(ValueError, match="throttles"):
            AuthSettings.model_validate(values | {"throttles": {"sign_up": {"network": wrong}}})
