"""`python -m bench.trips`: how soon a trip is planned and proven the best, and how near search comes to known optima.

Problems are made from a seed: stores within 10 km, prices and stocks that differ, roads by a usual detour that differ
by the way one takes them. With BILLMESH_TPPLIB naming a folder of TPPLIB instances and their optima.csv, the search is
held against those too. Times are CPU seconds of one thread, so that a busy machine does not change them.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import time
from functools import partial
from pathlib import Path

from services.geo.domain.purchaser.problem import Offer, Problem, Want
from services.geo.domain.purchaser.search import search
from services.geo.solver.proof import prove
from tests.services.geo.tpplib import instances

# Stores and products of the list.
_SIZES = ((30, 5), (30, 10), (30, 20), (50, 20))
_CITY_SIZES = ((60, 10), (100, 10), (150, 10))
_SEARCH_SECONDS = 0.2
_PROOF_SECONDS = 30.0
_TPPLIB_SECONDS = (0.5, 2.0)
# Rupees: paise a kilometre, paise a minute, minutes in a shop.
_KILOMETRE, _MINUTE, _STOP = 1200, 200, 3


def main() -> None:
    """Prints one line a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=6, help="problems of each size")
    arguments = parser.parse_args()
    print("stores x wants   answer ms   proof ms: median      max   proven   optimal at once   largest gap")
    for stores, wants in _SIZES:
        _measure(f"{stores} x {wants}", [region(stores, wants, seed) for seed in range(arguments.problems)])
    print("the centre of a city: many shops close together, each with half of the list")
    for stores, wants in _CITY_SIZES:
        _measure(f"{stores} x {wants}", [centre(stores, wants, seed) for seed in range(arguments.problems)])
    folder = os.environ.get("BILLMESH_TPPLIB")
    if folder:
        _library(Path(folder))


def region(stores: int, wants: int, seed: int) -> Problem:
    """Stores anywhere within 10 km, each with about 60 % of the list and a few pieces of everything; in paise."""
    pick = random.Random(seed)  # noqa: S311 - reproducible, not secret
    points = [(0.0, 0.0)]
    while len(points) <= stores:
        point = pick.uniform(-10, 10), pick.uniform(-10, 10)
        if math.hypot(*point) <= 10:  # noqa: PLR2004 - kilometres
            points.append(point)
    travel = _roads(pick, points, speed=24, kilometre=_KILOMETRE, minute=_MINUTE, stop=_STOP)
    return Problem(travel, _wants(pick, stores, wants, sold=0.6, middle=9.2, stock=6))


def centre(stores: int, wants: int, seed: int) -> Problem:
    """Stores within a few hundred metres; in cents. Stopping costs more than getting there."""
    pick = random.Random(seed)  # noqa: S311 - reproducible, not secret
    points = [(0.0, 0.0), *((pick.gauss(0, 0.6), pick.gauss(0, 0.6)) for _ in range(stores))]
    travel = _roads(pick, points, speed=24, kilometre=25, minute=20, stop=5)
    return Problem(travel, _wants(pick, stores, wants, sold=0.5, middle=5.7, stock=30))


def _roads(
    pick: random.Random,
    points: list[tuple[float, float]],
    *,
    speed: int,
    kilometre: int,
    minute: int,
    stop: int,
) -> tuple[tuple[int, ...], ...]:
    rows = []
    for here in points:
        row = []
        for index, there in enumerate(points):
            length = math.dist(here, there) * 1.35 * pick.uniform(0.94, 1.1)
            cost = length * kilometre + length / speed * 60 * minute + (stop * minute if index else 0)
            row.append(round(cost))
        rows.append(tuple(row))
    return tuple(rows)


def _wants(pick: random.Random, stores: int, wants: int, *, sold: float, middle: float, stock: int) -> tuple[Want, ...]:
    levels = [pick.uniform(-0.15, 0.15) for _ in range(stores + 1)]
    made = []
    for _ in range(wants):
        price = math.exp(pick.gauss(middle, 0.9))
        lots = pick.choice((1, 1, 1, 2, 3, 5))
        offers = [
            Offer(node, max(1, round(price * (1 + levels[node] + pick.uniform(-0.15, 0.15)))), pick.randint(1, stock))
            for node in range(1, stores + 1)
            if pick.random() < sold
        ]
        if sum(offer.stock for offer in offers) < lots:
            offers = [*offers[1:], Offer(offers[0].node if offers else 1, round(price), lots)]
        made.append(Want(lots, tuple(offers), 10**8))
    return tuple(made)


def _measure(name: str, problems: list[Problem]) -> None:
    answers, proofs, gaps = [], [], []
    proven = at_once = 0
    for problem in problems:
        began = time.thread_time()
        found = search(problem, rounds=10**6, out_of_time=partial(_is_past, began + _SEARCH_SECONDS))
        answers.append(time.thread_time() - began)
        began = time.thread_time()
        proof = prove(problem, found, seconds=_PROOF_SECONDS, monotonic=time.monotonic)
        proofs.append(time.thread_time() - began)
        proven += proof.is_optimal
        at_once += proof.is_optimal and proof.answer.cost == found.cost
        gaps.append(1 - proof.lower_bound / found.cost)
    print(
        f"{name:>14}   {statistics.median(answers) * 1000:>9.0f}   {statistics.median(proofs) * 1000:>16.0f}"
        f"   {max(proofs) * 1000:>6.0f}   {proven:>3}/{len(problems)}   {at_once:>11}/{len(problems)}"
        f"   {max(gaps):>10.2%}",
        flush=True,
    )


def _library(folder: Path) -> None:
    print("TPPLIB: gap of the search to the published optimum after " + " and ".join(f"{s} s" for s in _TPPLIB_SECONDS))
    for name, problem, best in instances(folder):
        gaps = []
        for seconds in _TPPLIB_SECONDS:
            ends_at = time.thread_time() + seconds
            found = search(problem, rounds=10**6, out_of_time=partial(_is_past, ends_at), target=best)
            gaps.append(f"{found.cost / best - 1:7.2%}")
        print(f"{name:>24}  {'  '.join(gaps)}", flush=True)


def _is_past(moment: float) -> bool:
    return time.thread_time() > moment


if __name__ == "__main__":
    main()
