"""Prices and tolls undercut every answer, and what they leave out is in no better one."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given

from services.geo.domain.purchaser.bounds import bounds
from services.geo.domain.purchaser.pricing import priced, reduced
from services.geo.domain.purchaser.problem import NO_ARC, Problem
from tests.services.geo.problems import optimum, problems


@given(problems(most_stores=4))
def test_no_answer_undercuts_the_bound_of_what_it_is_made_of(problem: Problem) -> None:
    nodes = problem.sellers()
    among = (0, *nodes)
    arcs = [
        (here, there) for here in among for there in among if here != there and problem.travel[here][there] < NO_ARC
    ]
    pricing = priced(problem, nodes, arcs, upper=problem.cost(()) + 1000)

    for length in range(1, min(problem.stop_limit, len(nodes)) + 1):
        for stops in permutations(nodes, length):
            way = list(zip((0, *stops), (*stops, 0), strict=True))
            if all(arc in arcs for arc in way):
                cost = problem.cost(stops)
                assert pricing.bound <= cost
                assert all(pricing.visiting(node) <= cost for node in stops)
                for here, there in way:
                    assert pricing.travelling(here, there, problem.travel[here][there]) <= cost


@given(problems(most_stores=4))
def test_what_is_left_out_is_in_no_better_answer(problem: Problem) -> None:
    best = optimum(problem)
    parts = reduced(problem, bounds(problem), below=best + 1)
    nodes = problem.sellers()

    for length in range(1, min(problem.stop_limit, len(nodes)) + 1):
        for stops in permutations(nodes, length):
            if problem.cost(stops) == best:
                assert parts.bound <= best
                assert set(stops) <= set(parts.nodes)
                assert set(zip((0, *stops), (*stops, 0), strict=True)) <= set(parts.arcs)
