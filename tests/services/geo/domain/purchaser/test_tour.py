"""Tours get shorter and stay tours."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.geo.domain.purchaser.tour import cheapest_insertion, improve, tour_cost


def matrix(size: int, seed: int) -> list[list[int]]:
    pick = Random(seed)  # noqa: S311 - reproducible, not secret
    return [[0 if here == there else pick.randrange(100) for there in range(size)] for here in range(size)]


@given(st.integers(1, 9), st.integers(0, 10_000))
def test_improving_keeps_the_stops_and_never_costs_more(size: int, seed: int) -> None:
    travel, tour = matrix(size, seed), list(range(size))

    better = improve(travel, tour)

    assert better[0] == 0
    assert sorted(better) == tour
    assert tour_cost(travel, better) <= tour_cost(travel, tour)


@given(st.integers(0, 10_000))
def test_a_local_optimum_has_no_better_move(seed: int) -> None:
    """Moves priced in constant time are priced right: no neighbour that is priced in full is cheaper."""
    travel = matrix(7, seed)
    tour = improve(travel, list(range(7)))
    cost = tour_cost(travel, tour)

    for first in range(1, 7):
        for last in range(first, 7):
            turned = tour[:first] + tour[first : last + 1][::-1] + tour[last + 1 :]
            assert tour_cost(travel, turned) >= cost
            segment, rest = tour[first : last + 1], tour[:first] + tour[last + 1 :]
            if len(segment) <= 3:
                for place in range(1, len(rest) + 1):
                    for way in (segment, segment[::-1]):
                        assert tour_cost(travel, rest[:place] + way + rest[place:]) >= cost


@given(st.integers(1, 6), st.integers(0, 10_000))
def test_the_cheapest_insertion_is_the_cheapest(size: int, seed: int) -> None:
    travel, tour = matrix(size + 1, seed), list(range(size))

    extra, index = cheapest_insertion(travel, tour, size)

    costs = [tour_cost(travel, [*tour[:place], size, *tour[place:]]) for place in range(1, size + 1)]
    assert extra == min(costs) - tour_cost(travel, tour)
    assert tour_cost(travel, [*tour[:index], size, *tour[index:]]) == min(costs)
