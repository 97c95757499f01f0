"""What no answer can beat, and which stops and arcs no better answer can have.

A matrix of road costs breaks the triangle inequality, so a detour can be cheaper than the direct arc. The bounds
therefore use the cost of the cheapest path through any stores, which no tour can undercut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.geo.domain.purchaser.goods import Goods
from services.geo.domain.purchaser.problem import DEPOT, NO_ARC

if TYPE_CHECKING:
    from services.geo.domain.purchaser.problem import Problem


@dataclass(frozen=True, slots=True)
class Bounds:
    """Lower bounds of one problem."""

    # Cheapest way from the depot to each node through any stores, and from each node to the depot.
    outward: tuple[int, ...]
    homeward: tuple[int, ...]
    # Cheapest purchase of everything if every store were visited, unavoidable penalties included.
    goods: int

    def visiting(self, node: int) -> int:
        """No answer that visits `node` costs less."""
        return self.outward[node] + self.homeward[node] + self.goods

    def travelling(self, here: int, there: int, cost: int) -> int:
        """No answer that goes from `here` to `there`, at `cost`, costs less."""
        return self.outward[here] + cost + self.homeward[there] + self.goods


def bounds(problem: Problem) -> Bounds:
    """The bounds of `problem`; cubic in its nodes."""
    closed = closure(problem.travel)
    # The tour begins and ends at the depot, so from there to there nothing has been travelled yet.
    outward = (0, *closed[DEPOT][1:])
    homeward = (0, *(row[DEPOT] for row in closed[1:]))
    return Bounds(outward, homeward, Goods(problem).floor)


def closure(travel: tuple[tuple[int, ...], ...]) -> list[list[int]]:
    """Cheapest paths between all nodes (Floyd and Warshall), never through the depot.

    The depot stands for the start and the end at once, which may be two places: a path through it would jump from
    the one to the other.
    """
    best = [[min(cost, NO_ARC) for cost in row] for row in travel]
    size = len(best)
    for via in range(1, size):
        onward = best[via]
        for here in range(size):
            so_far = best[here][via]
            if so_far < NO_ARC and here != via:
                row = best[here]
                best[here] = [min(direct, so_far + rest) for direct, rest in zip(row, onward, strict=True)]
    return best


def useful_nodes(problem: Problem, known: Bounds, below: int) -> tuple[int, ...]:
    """Nodes that sell something and that an answer cheaper than `below` could visit."""
    return tuple(node for node in problem.sellers() if known.visiting(node) < below)


def useful_arcs(problem: Problem, known: Bounds, nodes: tuple[int, ...], below: int) -> list[tuple[int, int]]:
    """Arcs among the depot and `nodes` that an answer cheaper than `below` could travel."""
    among = (DEPOT, *nodes)
    return [
        (here, there)
        for here in among
        for there in among
        if here != there
        and (cost := problem.travel[here][there]) < NO_ARC
        and known.travelling(here, there, cost) < below
    ]
