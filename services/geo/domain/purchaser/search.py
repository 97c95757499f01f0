"""A very good answer, fast: iterated local search over which stops to make and in which order.

A local search adds, drops and swaps stops and reorders the tour until nothing gets cheaper. Between two of them a few
stops are thrown out and a few put in. Without a time limit the answer depends on the problem and the seed alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.geo.domain.purchaser.goods import Goods
from services.geo.domain.purchaser.problem import DEPOT, NO_ARC, busy_stops
from services.geo.domain.purchaser.tour import cheapest_insertion, improve, tour_cost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from services.geo.domain.purchaser.problem import Problem

# Above this many candidates the swap scan looks only at those with the cheapest insertion.
_SWAP_CANDIDATES = 60
# How often a round begins from a new construction instead of a disturbed answer.
_RESTART_SHARE = 0.15
# How much dearer than the last answer a round's result may be and still be the next round's beginning.
_ACCEPTANCE = 1.02


@dataclass(frozen=True, slots=True)
class Answer:
    """Stops in their order, and what they cost in all."""

    stops: tuple[int, ...]
    cost: int


@dataclass(slots=True)
class _State:
    """An answer being worked on."""

    tour: list[int]
    stops: int
    travel: int
    goods: int

    @property
    def cost(self) -> int:
        return self.travel + self.goods


def never() -> bool:
    """Time that does not run out; the rounds end the search."""
    return False


def search(
    problem: Problem,
    *,
    seed: int = 1,
    rounds: int = 400,
    out_of_time: Callable[[], bool] = never,
    start: Sequence[int] | None = None,
    target: int | None = None,
) -> Answer:
    """The best answer of `rounds` rounds, or of those that fit before `out_of_time()` turns true.

    At least one local search is finished whatever the time. `start` is an answer to begin from; at `target` or below
    the search stops.
    """
    return _Search(problem, seed=seed, out_of_time=out_of_time).run(rounds=rounds, start=start, target=target)


class _Search:
    def __init__(self, problem: Problem, *, seed: int, out_of_time: Callable[[], bool]) -> None:
        self._problem = problem
        self._travel = problem.travel
        self._goods = Goods(problem)
        self._out_of_time = out_of_time
        # Reproducible, not secret.
        self._random = random.Random(seed)  # noqa: S311
        self._nodes = [
            node for node in range(1, problem.size) if self._goods.sold[node] and _can_be_reached(problem, node)
        ]
        self._limit = problem.stop_limit

    def run(self, *, rounds: int, start: Sequence[int] | None, target: int | None) -> Answer:
        # To stay at home always is an answer; a tour over an arc that does not exist is none, and costs more.
        best = Answer((), self._problem.cost(()))
        present = self._descend(self._state([DEPOT, *start] if start else self._constructed(greed=1.0)))
        best = min(best, self._answer(present), key=_cost)
        for _ in range(rounds):
            if self._out_of_time() or (target is not None and best.cost <= target):
                break
            if self._random.random() < _RESTART_SHARE:
                tour = self._constructed(greed=0.5)
            else:
                is_best = self._random.random() < 0.5  # noqa: PLR2004 - a coin
                tour = self._disturbed([DEPOT, *best.stops] if is_best else present.tour)
            found = self._descend(self._state(tour))
            if found.cost < present.cost * _ACCEPTANCE:
                present = found
            best = min(best, self._answer(found), key=_cost)
        return best

    def _answer(self, state: _State) -> Answer:
        stops = busy_stops(self._problem, state.tour[1:])
        return Answer(stops, self._problem.cost(stops))

    def _state(self, tour: list[int]) -> _State:
        stops = sum(1 << node for node in tour[1:])
        return _State(tour, stops, tour_cost(self._travel, tour), self._goods.cost(stops))

    def _constructed(self, *, greed: float) -> list[int]:
        return self._filled([DEPOT], greed=greed)

    def _disturbed(self, tour: list[int]) -> list[int]:
        tour, pick = list(tour), self._random
        for _ in range(pick.randint(1, max(1, len(tour) // 3))):
            if len(tour) > 1:
                tour.pop(pick.randrange(1, len(tour)))
        for node in pick.sample(self._nodes, min(len(self._nodes), pick.randint(0, 2))):
            if node not in tour and len(tour) <= self._limit:
                tour.insert(cheapest_insertion(self._travel, tour, node)[1], node)
        return self._filled(tour, greed=pick.uniform(0.5, 1.0))

    def _filled(self, tour: list[int], *, greed: float) -> list[int]:
        """Adds stops by travel per lot newly bought until all is bought; less greed adds more chance."""
        missing = self._goods.missing(sum(1 << node for node in tour[1:]))
        while len(tour) <= self._limit and any(missing):
            scored: list[tuple[float, int, int]] = []
            for node in self._nodes:
                if (lots := self._goods.fills(missing, node)) and node not in tour:
                    extra, index = cheapest_insertion(self._travel, tour, node)
                    noise = 1.0 if greed >= 1.0 else self._random.uniform(greed, 2.0 - greed)
                    scored.append(((extra + 1) / lots * noise, node, index))
            if not scored:
                break
            _, node, index = min(scored)
            tour.insert(index, node)
            for want, lots in self._goods.sold[node]:
                missing[want] = max(0, missing[want] - lots)
        return tour

    def _descend(self, state: _State) -> _State:
        self._reorder(state)
        while True:
            if not (self._drop_or_add(state) or self._swap(state)):
                return state
            self._reorder(state)
            if self._out_of_time():
                return state

    def _reorder(self, state: _State) -> None:
        state.tour = improve(self._travel, state.tour)
        state.travel = tour_cost(self._travel, state.tour)

    def _drop_or_add(self, state: _State) -> bool:
        """Takes the best of all single drops and additions; False if none helps."""
        tour, travel, stops = state.tour, self._travel, state.stops
        costs = self._goods.costs(stops)
        best = (0, 0, -1)
        for index in range(1, len(tour)):
            node, before, after = tour[index], tour[index - 1], tour[(index + 1) % len(tour)]
            change = travel[before][after] - travel[before][node] - travel[node][after]
            if change < best[0]:
                change += self._goods.change(costs, stops & ~(1 << node), node)
                best = min(best, (change, node, -1))
        if len(tour) <= self._limit:
            for node in self._nodes:
                if not stops >> node & 1:
                    saved = self._goods.change(costs, stops | 1 << node, node)
                    if saved < best[0]:
                        extra, index = cheapest_insertion(travel, tour, node)
                        best = min(best, (saved + extra, node, index))
        change, node, index = best
        if change == 0:
            return False
        if index < 0:
            tour.remove(node)
        else:
            tour.insert(index, node)
        self._visit(state, stops ^ 1 << node)
        return True

    def _swap(self, state: _State) -> bool:
        """Takes the best exchange of one stop for another, found stop by stop; False if none helps."""
        best_change = 0
        best: tuple[list[int], int] | None = None
        goods_floor = self._goods.floor
        for old in state.tour[1:]:
            rest = [node for node in state.tour if node != old]
            without = state.stops & ~(1 << old)
            costs = self._goods.costs(without)
            goods_without = sum(costs)
            travel_change = tour_cost(self._travel, rest) - state.travel
            for extra, index, node in self._insertions(rest, state.stops):
                travelled = travel_change + extra
                # No purchase is cheaper than that of all stores together.
                if travelled + goods_floor - state.goods >= best_change:
                    continue
                after = without | 1 << node
                goods = goods_without + self._goods.change(costs, after, node)
                change = travelled + goods - state.goods
                if change < best_change:
                    best_change, best = change, ([*rest[:index], node, *rest[index:]], after)
            if self._out_of_time():
                break
        if best is None:
            return False
        state.tour = best[0]
        self._visit(state, best[1])
        return True

    def _insertions(self, tour: list[int], taken: int) -> list[tuple[int, int, int]]:
        """Extra cost, index and node of every store not taken, cheapest first where there are many."""
        found = [(*cheapest_insertion(self._travel, tour, node), node) for node in self._nodes if not taken >> node & 1]
        if len(found) > _SWAP_CANDIDATES:
            found = sorted(found)[:_SWAP_CANDIDATES]
        return found

    def _visit(self, state: _State, stops: int) -> None:
        state.stops = stops
        state.travel = tour_cost(self._travel, state.tour)
        state.goods = self._goods.cost(stops)


def _can_be_reached(problem: Problem, node: int) -> bool:
    """Whether any arc leads there and any leads on."""
    others = [other for other in range(problem.size) if other != node]
    return any(problem.travel[other][node] < NO_ARC for other in others) and any(
        problem.travel[node][other] < NO_ARC for other in others
    )


def _cost(answer: Answer) -> int:
    return answer.cost
