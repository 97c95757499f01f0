"""Proof that no answer is cheaper than the one at hand, by CP-SAT.

The model asks for an answer that costs at least one unit less. That there is none is the proof, and is found much
sooner than the optimum of the same model without that limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ortools.sat.python import cp_model

from services.geo.domain.purchaser.bounds import bounds
from services.geo.domain.purchaser.pricing import reduced
from services.geo.domain.purchaser.problem import DEPOT, Problem, busy_stops
from services.geo.domain.purchaser.search import Answer, search

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.geo.domain.purchaser.pricing import Reduced
    from services.geo.domain.purchaser.problem import Want

# Rounds of local search that polish an answer the solver found but could not finish with.
_POLISH_ROUNDS = 20
# Below this many seconds the solver cannot even load its model.
_SHORTEST_ATTEMPT = 0.01


@dataclass(frozen=True, slots=True)
class Proof:
    """The best answer known, and what no answer can undercut."""

    answer: Answer
    # At most `answer.cost`; equal to it exactly when the answer is optimal.
    lower_bound: int

    @property
    def is_optimal(self) -> bool:
        """Whether no cheaper answer exists."""
        return self.lower_bound == self.answer.cost


def prove(problem: Problem, answer: Answer, *, seconds: float, monotonic: Callable[[], float], seed: int = 1) -> Proof:
    """Proves `answer` optimal, or returns a better one, proven or not, within about `seconds`.

    The answer returned never costs more than the one given.
    """
    ends_at = monotonic() + seconds
    known = bounds(problem)
    lower_bound = min(known.goods, answer.cost)
    no_answers: list[tuple[int, ...]] = []
    while lower_bound < answer.cost and ends_at - monotonic() > _SHORTEST_ATTEMPT:
        parts = reduced(problem, known, below=answer.cost)
        # Staying at home is an answer too, and has no stop.
        lower_bound = max(lower_bound, min(parts.bound, problem.cost(()), answer.cost))
        if lower_bound == answer.cost:
            break
        model = _Model(problem, parts, below=answer.cost)
        for stops in no_answers:
            model.forbid(stops)
        attempt = model.solve(seconds=max(ends_at - monotonic(), _SHORTEST_ATTEMPT), seed=seed)
        lower_bound = max(lower_bound, min(attempt.lower_bound, answer.cost))
        if attempt.stops is None:
            # Nothing cheaper: either none exists, and the bound has met the cost, or time ran out.
            break
        stops = busy_stops(problem, attempt.stops)
        if stops != attempt.stops:
            # The solver bought a little dearer somewhere only to have bought there. Such stops are no answer.
            no_answers.append(attempt.stops)
        found = Answer(stops, problem.cost(stops))
        if lower_bound < found.cost:
            found = search(
                problem,
                seed=seed,
                rounds=_POLISH_ROUNDS,
                start=found.stops,
                out_of_time=lambda: monotonic() >= ends_at,
            )
        answer = min(answer, found, key=lambda each: each.cost)
    return Proof(answer, min(lower_bound, answer.cost))


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one solve found: a cheaper answer if any, and a bound on every cheaper answer."""

    stops: tuple[int, ...] | None
    lower_bound: int


class _Model:
    """The problem restricted to what an answer cheaper than `below` could be made of."""

    def __init__(self, problem: Problem, parts: Reduced, *, below: int) -> None:
        self._problem = problem
        self._below = below
        self._model = cp_model.CpModel()
        self._variables: list[cp_model.IntVar] = []
        self._costs: list[int] = []
        self._visited = {node: self._model.new_bool_var(f"visit_{node}") for node in parts.nodes}
        self._arcs = {(here, there): self._model.new_bool_var(f"arc_{here}_{there}") for here, there in parts.arcs}
        self._add_tour()
        self._bought: dict[int, list[cp_model.IntVar]] = {node: [] for node in parts.nodes}
        for want in problem.wants:
            self._add_want(want)
        for node, visit in self._visited.items():
            # A stop is where something is bought.
            self._model.add(cp_model.LinearExpr.sum(self._bought[node]) >= visit)
        if problem.max_stops is not None and problem.max_stops < len(parts.nodes):
            self._model.add(cp_model.LinearExpr.sum(list(self._visited.values())) <= problem.max_stops)
        cost = cp_model.LinearExpr.weighted_sum(self._variables, self._costs)
        self._model.minimize(cost)
        self._model.add(cost <= below - 1)

    def forbid(self, stops: tuple[int, ...]) -> None:
        """Rules out visiting exactly these."""
        if self._visited.keys() >= set(stops):
            inside = [self._visited[node].negated() for node in stops]
            outside = [visit for node, visit in self._visited.items() if node not in stops]
            self._model.add_bool_or([*inside, *outside])

    def solve(self, *, seconds: float, seed: int) -> _Attempt:
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        # One thread a solve: several requests share the machine, and the executor bounds how many.
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        # Raises the bound from below by unsatisfiable cores: twice as fast as the default on problems of this kind.
        solver.parameters.optimize_with_core = True
        solver.parameters.random_seed = seed
        status = solver.solve(self._model)
        if status == cp_model.INFEASIBLE:
            return _Attempt(None, self._below)
        if status == cp_model.MODEL_INVALID:
            raise RuntimeError(f"the solver refuses the model: {self._model.validate()}")
        bound = math.ceil(round(solver.best_objective_bound, 6))
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return _Attempt(None, bound)
        onward = {here: there for (here, there), taken in self._arcs.items() if solver.boolean_value(taken)}
        stops: list[int] = []
        node = onward.get(DEPOT, DEPOT)
        while node != DEPOT:
            stops.append(node)
            node = onward[node]
        return _Attempt(tuple(stops), bound)

    def _add_tour(self) -> None:
        model, travel = self._model, self._problem.travel
        circuit: list[tuple[int, int, cp_model.LiteralT]] = [
            (here, there, taken) for (here, there), taken in self._arcs.items()
        ]
        for (here, there), taken in self._arcs.items():
            self._pay(travel[here][there], taken)
        circuit += [(node, node, visit.negated()) for node, visit in self._visited.items()]
        # Staying at home: no stop at all. The other nodes must then not make a circuit of their own.
        home = model.new_bool_var("home")
        circuit.append((DEPOT, DEPOT, home))
        self._pay(travel[DEPOT][DEPOT], home)
        for visit in self._visited.values():
            model.add_implication(home, visit.negated())
        model.add_circuit(circuit)

    def _add_want(self, want: Want) -> None:
        offers = [(offer, min(offer.stock, want.quantity)) for offer in want.useful if offer.node in self._visited]
        # Cheapest-first buying takes multiples of this, so they may be the lots. Where nobody runs short, one lot.
        lot = math.gcd(want.quantity, *(lots for _, lots in offers))
        quantity, penalty = want.quantity // lot, want.penalty * lot
        most_missing = min(quantity, (self._below - 1) // penalty) if penalty else quantity
        missing = self._model.new_int_var(0, most_missing, "missing")
        bought: list[cp_model.IntVar] = []
        visits: list[cp_model.IntVar] = []
        held_lots: list[int] = []
        for offer, held in offers:
            lots = held // lot
            visit = self._visited[offer.node]
            amount = self._model.new_int_var(0, lots, "bought")
            self._model.add(amount <= lots * visit)
            bought.append(amount)
            self._bought[offer.node].append(amount)
            visits.append(visit)
            held_lots.append(lots)
            self._pay(offer.price * lot, amount)
        self._pay(penalty, missing)
        self._model.add(cp_model.LinearExpr.sum([*bought, missing]) == quantity)
        # Follows from the above, but only here does the linear relaxation see it.
        self._model.add(cp_model.LinearExpr.weighted_sum([*visits, missing], [*held_lots, 1]) >= quantity)

    def _pay(self, cost: int, variable: cp_model.IntVar) -> None:
        self._variables.append(variable)
        self._costs.append(cost)
