"""The problem's own arithmetic."""

from __future__ import annotations

from itertools import product

from hypothesis import given

from services.geo.domain.purchaser.goods import Goods
from services.geo.domain.purchaser.problem import (
    Offer,
    Problem,
    Want,
    bought_cost,
    busy_stops,
    purchases,
    shortfall,
)
from tests.services.geo.problems import problems

LINE = ((0, 4, 8), (4, 0, 4), (8, 4, 0))


def test_buys_the_cheapest_first_until_the_want_is_filled() -> None:
    want = Want(5, (Offer(1, 30, 9), Offer(2, 20, 3), Offer(3, 25, 1)), penalty=1000)

    assert purchases(want, frozenset((1, 2, 3))) == [(Offer(2, 20, 3), 3), (Offer(3, 25, 1), 1), (Offer(1, 30, 9), 1)]
    assert bought_cost(want, frozenset((2, 3))) == 60 + 25 + 1000


def test_goes_without_what_costs_more_than_going_without() -> None:
    assert purchases(Want(1, (Offer(1, 50, 1),), penalty=50), frozenset((1,))) == []


def test_counts_what_is_missing() -> None:
    problem = Problem(LINE, (Want(4, (Offer(1, 1, 1), Offer(2, 1, 2)), 100), Want(1, (), 100)))

    assert shortfall(problem, (1, 2)) == (1, 1)
    assert problem.cost((1, 2)) == 4 + 4 + 8 + 3 + 200


def test_an_open_end_costs_nothing_to_reach() -> None:
    travel = ((0, 4, 8), (0, 0, 4), (0, 4, 0))

    assert Problem(travel, ()).tour_cost((1, 2)) == 8


def test_a_stop_is_where_something_is_bought() -> None:
    want = (Want(1, (Offer(1, 2, 1), Offer(2, 1, 1)), 100),)

    assert busy_stops(Problem(LINE, want), (1, 2)) == (2,)
    assert busy_stops(Problem(LINE, want), (1,)) == (1,)


@given(problems())
def test_remembered_costs_are_the_costs(problem: Problem) -> None:
    goods = Goods(problem)
    nodes = range(1, problem.size)

    for chosen in product((False, True), repeat=len(nodes)):
        visited = [node for node, is_in in zip(nodes, chosen, strict=True) if is_in]
        stops = sum(1 << node for node in visited)
        assert goods.cost(stops) == problem.goods_cost(visited)
        for node in nodes:
            other = stops ^ 1 << node
            assert goods.change(goods.costs(stops), other, node) == goods.cost(other) - goods.cost(stops)
