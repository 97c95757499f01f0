"""Remembered ways."""

from __future__ import annotations

import pytest

from services.geo.domain.roads import TravelMode, Way
from services.geo.roads.cells import Cells, MemoryCells, Network, RedisCells
from services.kit.optional_redis import OptionalRedis
from tests.redis_server import AWAY

NETWORK = Network("3.9.1-7", TravelMode.DRIVE)
A, B, C = (6_017_000, 2_494_000), (6_018_000, 2_495_000), (-1, -2)


@pytest.fixture(params=["memory", "redis"])
def cells(request: pytest.FixtureRequest) -> Cells:
    if request.param == "memory":
        return MemoryCells()
    return RedisCells(OptionalRedis(request.getfixturevalue("redis_url"), patience=1))


def test_what_was_put_is_got_and_nothing_else(cells: Cells) -> None:
    cells.put(NETWORK, {(A, B): Way(1200, 90), (A, C): None, (C, A): Way(0, 0)})

    assert cells.get(NETWORK, [(A, B), (B, A), (A, C), (C, A)]) == {
        (A, B): Way(1200, 90),
        (A, C): None,
        (C, A): Way(0, 0),
    }
    assert cells.get(Network("3.9.1-8", TravelMode.DRIVE), [(A, B)]) == {}
    assert cells.get(Network("3.9.1-7", TravelMode.WALK), [(A, B)]) == {}
    assert cells.get(NETWORK, []) == {}


def test_memory_forgets_what_was_not_asked_for_longest() -> None:
    cells = MemoryCells(most=2)
    cells.put(NETWORK, {(A, B): Way(1, 1), (B, A): Way(2, 2)})
    cells.get(NETWORK, [(A, B)])
    cells.put(NETWORK, {(A, C): Way(3, 3)})

    assert set(cells.get(NETWORK, [(A, B), (B, A), (A, C)])) == {(A, B), (A, C)}


def test_a_redis_that_is_away_remembers_nothing() -> None:
    cells = RedisCells(OptionalRedis(AWAY, patience=1))

    cells.put(NETWORK, {(A, B): Way(1, 1)})
    assert cells.get(NETWORK, [(A, B)]) == {}
