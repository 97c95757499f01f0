"""Reads instances of TPPLIB, the library of travelling purchaser problems, from a folder with their optima.csv."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

from services.geo.domain.purchaser.problem import Offer, Problem, Want

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Above the cost of every tour and purchase of the library, so that every want is filled.
_PENALTY = 10**7


def instances(folder: Path) -> Iterator[tuple[str, Problem, int]]:
    """Name, problem and published optimum of every instance that optima.csv lists."""
    with (folder / "optima.csv").open() as lines:
        for row in csv.DictReader(lines):
            yield row["instance"], read(folder / f"{row['instance']}.tpp"), int(row["optimum"])


def read(path: Path) -> Problem:
    """One instance. Distances are Euclidean, truncated, as the library says; its node 1 is the depot."""
    words = iter(path.read_text().split())
    points: list[tuple[float, float]] = []
    wanted: list[int] = []
    offers: list[list[Offer]] = []
    size = 0
    for word in words:
        if word == "DIMENSION":
            next(words)
            size = int(next(words))
        elif word == "NODE_COORD_SECTION":
            next(words)
            points = [(float(next(words)), float(next(words))) for _ in range(size) if next(words)]
        elif word == "DEMAND_SECTION":
            next(words)
            wanted = [int(next(words)) for _ in range(int(next(words))) if next(words)]
            offers = [[] for _ in wanted]
        elif word == "OFFER_SECTION":
            next(words)
            for _ in range(size):
                node = int(next(words)) - 1
                for _ in range(int(next(words))):
                    item, price, stock = (int(next(words)) for _ in range(3))
                    offers[item - 1].append(Offer(node, price, stock))
    travel = tuple(tuple(math.floor(math.dist(here, there)) for there in points) for here in points)
    wants = (Want(lots, tuple(of_it), _PENALTY) for lots, of_it in zip(wanted, offers, strict=True))
    return Problem(travel, tuple(wants))
