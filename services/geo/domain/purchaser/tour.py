"""Shorter tours over the same stops: or-opt and 2-opt for one-way costs, each move priced in constant time.

A tour is a list whose first entry is the depot; the way back to it is implied.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from services.geo.domain.purchaser.problem import DEPOT

if TYPE_CHECKING:
    from collections.abc import Sequence

Travel: TypeAlias = "Sequence[Sequence[int]]"

_LONGEST_SEGMENT = 3


@dataclass(frozen=True, slots=True)
class _Move:
    """Rewrites positions `first` to `last`: reversed in place, or taken out and put back after `after`."""

    gain: int
    first: int
    last: int
    # Position in the tour without the segment; None leaves it where it is.
    after: int | None
    is_reversed: bool


def tour_cost(travel: Travel, tour: Sequence[int]) -> int:
    """Cost of the closed tour."""
    return sum(travel[here][there] for here, there in zip(tour, [*tour[1:], DEPOT], strict=True))


def cheapest_insertion(travel: Travel, tour: Sequence[int], node: int) -> tuple[int, int]:
    """Extra cost of visiting `node`, and the index at which it is put to have it so."""
    best_cost, best_index = -1, -1
    here = tour[-1]
    to_node = [row[node] for row in travel]
    from_node = travel[node]
    for index, there in enumerate(tour):
        cost = to_node[here] + from_node[there] - travel[here][there]
        if best_index < 0 or cost < best_cost:
            best_cost, best_index = cost, index
        here = there
    # Before the depot means at the end.
    return best_cost, best_index or len(tour)


def improve(travel: Travel, tour: list[int]) -> list[int]:
    """A local optimum of or-opt (segments of up to three, either way round) and 2-opt, from `tour`."""
    while len(tour) > 2:  # noqa: PLR2004 - with one stop there is nothing to reorder
        move = _best_or_opt(travel, tour) or _best_two_opt(travel, tour)
        if move is None:
            break
        tour = _applied(tour, move)
    return tour


def _best_two_opt(travel: Travel, tour: list[int]) -> _Move | None:
    size = len(tour)
    closed = [*tour, tour[0]]
    turned = _turning_costs(travel, tour)
    best: _Move | None = None
    for first in range(1, size - 1):
        before, head = closed[first - 1], closed[first]
        for last in range(first + 1, size):
            tail, after = closed[last], closed[last + 1]
            gain = (
                travel[before][head] + travel[tail][after]
                - travel[before][tail] - travel[head][after]
                - (turned[last] - turned[first])
            )  # fmt: skip
            if gain > 0 and (best is None or gain > best.gain):
                best = _Move(gain, first, last, None, is_reversed=True)
    return best


def _best_or_opt(travel: Travel, tour: list[int]) -> _Move | None:
    size = len(tour)
    closed = [*tour, tour[0]]
    turned = _turning_costs(travel, tour)
    best: _Move | None = None
    for length in range(1, min(_LONGEST_SEGMENT, size - 2) + 1):
        for first in range(1, size - length + 1):
            last = first + length - 1
            head, tail = closed[first], closed[last]
            before, behind = closed[first - 1], closed[last + 1]
            saved = travel[before][head] + travel[tail][behind] - travel[before][behind]
            turning = turned[last] - turned[first]
            rest = tour[:first] + tour[last + 1 :]
            for after, here in enumerate(rest):
                if after == first - 1:
                    continue
                there = rest[after + 1] if after + 1 < len(rest) else DEPOT
                gap = travel[here][there]
                straight = saved + gap - travel[here][head] - travel[tail][there]
                backward = saved + gap - travel[here][tail] - travel[head][there] - turning
                gain = max(straight, backward)
                if gain > 0 and (best is None or gain > best.gain):
                    best = _Move(gain, first, last, after, is_reversed=backward > straight)
    return best


def _turning_costs(travel: Travel, tour: list[int]) -> list[int]:
    """Prefix sums of what each arc costs more when it is travelled the other way.

    Reversing positions i to j costs `sums[j] - sums[i]` inside the segment.
    """
    sums = [0]
    for here, there in pairwise(tour):
        sums.append(sums[-1] + travel[there][here] - travel[here][there])
    return sums


def _applied(tour: list[int], move: _Move) -> list[int]:
    segment = tour[move.first : move.last + 1]
    if move.is_reversed:
        segment.reverse()
    if move.after is None:
        return tour[: move.first] + segment + tour[move.last + 1 :]
    rest = tour[: move.first] + tour[move.last + 1 :]
    return rest[: move.after + 1] + segment + rest[move.after + 1 :]
