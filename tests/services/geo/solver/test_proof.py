"""Proofs: right where everything can be tried, and honest where time runs out."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings

from services.geo.domain.purchaser.problem import NO_ARC, Offer, Problem, Want
from services.geo.domain.purchaser.search import Answer, search
from services.geo.solver.proof import prove
from tests.services.geo.problems import optimum, problems
from tests.services.geo.tpplib import instances

LIBRARY = os.environ.get("BILLMESH_TPPLIB")


@settings(max_examples=120, deadline=None)
@given(problems())
def test_what_is_called_optimal_is(problem: Problem) -> None:
    best = optimum(problem)
    # From a bad answer on purpose: the solver then has to find the optimum itself.
    worst = Answer((), problem.cost(()))

    proof = prove(problem, worst, seconds=10, monotonic=time.monotonic)

    assert proof.is_optimal
    assert proof.answer.cost == best == problem.cost(proof.answer.stops)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_an_optimum_is_proven_not_replaced(problem: Problem) -> None:
    found = search(problem, rounds=60)
    best = optimum(problem)
    # Where a detour is shorter than the way the search may miss the optimum; then the proof rightly replaces it.
    if found.cost == best < NO_ARC:
        proof = prove(problem, found, seconds=10, monotonic=time.monotonic)
        assert proof.answer == found
        assert proof.lower_bound == best


def test_without_time_nothing_is_called_optimal() -> None:
    problem = Problem(((0, 5), (5, 0)), (Want(1, (Offer(1, 3, 1),), 100),))

    proof = prove(problem, Answer((1,), 13), seconds=0, monotonic=time.monotonic)

    assert not proof.is_optimal
    assert (proof.answer.cost, proof.lower_bound) == (13, 3)


def test_time_that_runs_out_in_the_middle_leaves_a_bound() -> None:
    size = 40
    travel = tuple(
        tuple(0 if here == there else 50 + (here * 7919 + there * 104729) % 97 for there in range(size))
        for here in range(size)
    )
    wants = tuple(
        Want(3, tuple(Offer(node, 100 + (node * 31 + item * 17) % 60, 1) for node in range(1, size)), 10**6)
        for item in range(25)
    )
    problem = Problem(travel, wants)
    found = search(problem, rounds=0)

    proof = prove(problem, found, seconds=0.3, monotonic=time.monotonic)

    assert not proof.is_optimal
    assert 0 < proof.lower_bound < proof.answer.cost <= found.cost


@pytest.mark.skipif(LIBRARY is None, reason="BILLMESH_TPPLIB names no folder of TPPLIB instances")
def test_reaches_published_optima() -> None:
    checked = 0
    for name, problem, best in instances(Path(LIBRARY or "")):
        # Many times what it takes on an idle machine; the target ends the search.
        ends_at = time.monotonic() + 30
        found = search(problem, rounds=10**6, out_of_time=partial(_is_past, ends_at), target=best)
        assert found.cost == best, name
        checked += 1
    assert checked > 0


def _is_past(moment: float) -> bool:
    return time.monotonic() > moment
