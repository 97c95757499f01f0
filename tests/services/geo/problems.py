"""Small problems of every shape, and their optimum by trying everything."""

from __future__ import annotations

from itertools import permutations

from hypothesis import strategies as st

from services.geo.domain.purchaser.problem import NO_ARC, Offer, Problem, Want, busy_stops


@st.composite
def problems(draw: st.DrawFn, *, most_stores: int = 5, most_wants: int = 4) -> Problem:
    """One-way costs with no regard to the triangle inequality, missing roads, short stocks, open ends, few stops."""
    size = draw(st.integers(1, most_stores)) + 1
    cost = st.one_of(st.integers(0, 60), st.just(NO_ARC)) if draw(st.booleans()) else st.integers(0, 60)
    travel = [[0 if here == there else draw(cost) for there in range(size)] for here in range(size)]
    if draw(st.booleans()):
        for row in travel:
            row[0] = 0
    travel[0][0] = draw(st.sampled_from((0, 7)))
    penalty = draw(st.sampled_from((15, 2_000, 1_000_000)))
    wants = tuple(draw(_wants(size, penalty)) for _ in range(draw(st.integers(1, most_wants))))
    max_stops = draw(st.one_of(st.none(), st.integers(1, size)))
    return Problem(tuple(tuple(row) for row in travel), wants, max_stops)


@st.composite
def _wants(draw: st.DrawFn, size: int, penalty: int) -> Want:
    sellers = draw(st.lists(st.integers(1, size - 1), unique=True, max_size=size - 1))
    offers = tuple(Offer(node, draw(st.integers(0, 40)), draw(st.integers(0, 6))) for node in sellers)
    return Want(draw(st.integers(1, 6)), offers, penalty)


def optimum(problem: Problem) -> int:
    """The least cost of any answer, by trying every order of every set of stores that sell something cheapest."""
    nodes = problem.sellers()
    return min(
        problem.cost(stops)
        for length in range(min(problem.stop_limit, len(nodes)) + 1)
        for stops in permutations(nodes, length)
        if busy_stops(problem, stops) == stops
    )
