"""Bounds hold for every answer, without a triangle inequality to lean on."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given

from services.geo.domain.purchaser.bounds import bounds, closure, useful_arcs, useful_nodes
from services.geo.domain.purchaser.problem import Problem
from tests.services.geo.problems import optimum, problems


@given(problems(most_stores=4))
def test_no_answer_undercuts_a_bound(problem: Problem) -> None:
    known = bounds(problem)

    for length in range(1, problem.size):
        for stops in permutations(range(1, problem.size), length):
            cost = problem.cost(stops)
            assert known.goods <= cost
            assert all(known.visiting(node) <= cost for node in stops)
            arcs = zip((0, *stops), (*stops, 0), strict=True)
            assert all(known.travelling(here, there, problem.travel[here][there]) <= cost for here, there in arcs)


@given(problems(most_stores=4))
def test_what_is_left_out_is_in_no_better_answer(problem: Problem) -> None:
    known = bounds(problem)
    best = optimum(problem)
    nodes = useful_nodes(problem, known, best + 1)
    arcs = set(useful_arcs(problem, known, nodes, best + 1))
    sellers = set(problem.sellers())

    for length in range(1, problem.stop_limit + 1):
        for stops in permutations(range(1, problem.size), length):
            if problem.cost(stops) == best and sellers.issuperset(stops):
                assert set(stops) <= set(nodes)
                assert set(zip((0, *stops), (*stops, 0), strict=True)) <= arcs


def test_the_closure_takes_detours_but_never_through_the_depot() -> None:
    travel = ((0, 1, 9), (1, 0, 9), (1, 9, 0))

    closed = closure(travel)

    # 1 to 2 by way of the depot would cost 1 + 9.
    assert closed[2][1] == 9
    assert closure(((0, 1, 9), (5, 0, 2), (5, 7, 0)))[0][2] == 3
