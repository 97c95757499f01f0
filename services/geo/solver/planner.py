"""The few places in which trips are computed, and what is computed there."""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from services.geo.domain.errors import PlannerBusy
from services.geo.domain.model import goods_first, time_first
from services.geo.domain.purchaser.bounds import bounds
from services.geo.domain.purchaser.pricing import reduced
from services.geo.domain.purchaser.search import search
from services.geo.domain.trip import TripGoal
from services.geo.solver.proof import prove

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.geo.domain.model import Model, TravelTable
    from services.geo.domain.purchaser.problem import Problem
    from services.geo.solver.proof import Proof

T = TypeVar("T")

# Rounds that an alternative gets; it starts from the best trip's problem, and need not be proven.
_ALTERNATIVE_ROUNDS = 40
_MOST_ROUNDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, of one thread's time, for the parts of a plan."""

    search: float = 0.2
    proof: float = 5.0
    alternative: float = 0.08


class Planner:
    """Runs `places` computations at once and lets `waiting` more wait; beyond that it refuses.

    The search is Python and gives way to the request threads as any thread does; the proof runs without the
    interpreter's lock.
    """

    def __init__(self, *, places: int, waiting: int, limits: Limits, monotonic: Callable[[], float]) -> None:
        self._executor = ThreadPoolExecutor(places, thread_name_prefix="plan")
        self._admitted = threading.BoundedSemaphore(places + waiting)
        self._limits = limits
        self._monotonic = monotonic

    def best(self, model: Model, *, start: tuple[int, ...] | None = None, seconds: float) -> Proof:
        """The best answer and what is proven about it, within about `seconds`. Raises PlannerBusy."""
        return self._run(lambda: self._best(model.problem, start, seconds))

    def alternatives(
        self, model: Model, travel: TravelTable, best: tuple[int, ...]
    ) -> list[tuple[TripGoal, tuple[int, ...]]]:
        """Answers that buy as much as `best` and pursue one goal each. Raises PlannerBusy."""
        return self._run(lambda: self._alternatives(model, travel, best))

    def possible(self, model: Model, best: tuple[int, ...]) -> list[int]:
        """Nodes that an answer cheaper than `best` could visit, and those of `best`. Raises PlannerBusy."""

        def nodes() -> list[int]:
            parts = reduced(model.problem, bounds(model.problem), below=model.problem.cost(best))
            return sorted({*parts.nodes, *best})

        return self._run(nodes)

    def close(self) -> None:
        """Waits for what runs; nothing new begins."""
        self._executor.shutdown(cancel_futures=True)

    def _run(self, work: Callable[[], T]) -> T:
        if not self._admitted.acquire(blocking=False):
            raise PlannerBusy
        try:
            return self._executor.submit(contextvars.copy_context().run, work).result()
        finally:
            self._admitted.release()

    def _best(self, problem: Problem, start: tuple[int, ...] | None, seconds: float) -> Proof:
        # Counted from here, where the waiting is over.
        ends_at = self._monotonic() + seconds
        found = search(problem, rounds=_MOST_ROUNDS, start=start, out_of_time=self._after(self._limits.search))
        left = min(self._limits.proof, ends_at - self._monotonic())
        return prove(problem, found, seconds=max(left, 0.0), monotonic=self._monotonic)

    def _alternatives(
        self, model: Model, travel: TravelTable, best: tuple[int, ...]
    ) -> list[tuple[TripGoal, tuple[int, ...]]]:
        found: list[tuple[TripGoal, tuple[int, ...]]] = []
        unbought = model.penalties(best)
        for goal, problem in (
            *((TripGoal.FEWEST_STOPS, replace(model.problem, max_stops=stops)) for stops in range(1, len(best))),
            (TripGoal.CHEAPEST_GOODS, goods_first(model.problem)),
            (TripGoal.FASTEST, time_first(model.problem, travel)),
        ):
            if any(goal == other for other, _ in found):
                continue
            start = best if problem.stop_limit >= len(best) else None
            out_of_time = self._after(self._limits.alternative)
            answer = search(problem, rounds=_ALTERNATIVE_ROUNDS, start=start, out_of_time=out_of_time)
            stops = answer.stops
            if stops != best and model.penalties(stops) <= unbought:
                found.append((goal, stops))
        return found

    def _after(self, seconds: float) -> Callable[[], bool]:
        ends_at = self._monotonic() + seconds
        return lambda: self._monotonic() >= ends_at
