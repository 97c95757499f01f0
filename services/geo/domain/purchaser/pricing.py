"""A strong bound by prices and tolls (Lagrangian relaxation), in whole numbers and therefore exact.

Suppose that every lot of want k may be bought at a price of its own, whether a store is visited or not, and that
whoever drives on from a store pays a toll there, which whoever visits the store gets back. A tour visits what it
drives on from, so tolls cancel, and no price makes an answer cheaper than it is. Now each store can be judged by
itself: does what it spares against the prices pay for the cheapest arc that leads to it, toll included? Whatever the
prices and tolls, the sum of these judgements undercuts no answer. Good ones are looked for by subgradient steps; how
they were found does not matter for the proof.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.geo.domain.purchaser.bounds import useful_arcs, useful_nodes
from services.geo.domain.purchaser.problem import DEPOT, NO_ARC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.geo.domain.purchaser.bounds import Bounds
    from services.geo.domain.purchaser.problem import Problem

# Subgradient steps in a row without a better bound after which the step is halved, and the halvings until the end.
_PATIENCE = 20
_HALVINGS = 12
# Rounds of leaving out and pricing anew; what is left out makes the next bound larger.
_ROUNDS = 6
# Another round is worth its while if the last one left out this share of the arcs.
_WORTHWHILE = 0.1


@dataclass(frozen=True, slots=True)
class Reduced:
    """What an answer cheaper than another can be made of, and a bound on all such answers."""

    nodes: tuple[int, ...]
    arcs: tuple[tuple[int, int], ...]
    bound: int


def reduced(problem: Problem, known: Bounds, *, below: int) -> Reduced:
    """Leaves out, of stops and arcs, what no answer cheaper than `below` can have.

    The bound is on answers with a stop that cost less than `below`; where it is `below` or more there are none.
    """
    nodes = useful_nodes(problem, known, below)
    arcs = useful_arcs(problem, known, nodes, below)
    bound = known.goods
    pricing: Pricing | None = None
    for _ in range(_ROUNDS):
        before = len(arcs)
        pricing = priced(problem, nodes, arcs, upper=below, start=pricing)
        bound = max(bound, pricing.bound)
        nodes, arcs = _kept(problem, nodes, arcs, pricing, below)
        if bound >= below or not nodes or len(arcs) > before * (1 - _WORTHWHILE):
            break
    return Reduced(nodes, tuple(arcs), bound if nodes else max(bound, below))


@dataclass(frozen=True, slots=True)
class Pricing:
    """A bound on answers with at least one stop over given arcs, and what each choice adds to it."""

    bound: int
    # Of a lot, by want, and of driving on, by node.
    prices: tuple[int, ...]
    tolls: tuple[int, ...]
    # Cost of the cheapest arc to each node with its toll, and the node it comes from. The depot's is the way home.
    arrivals: dict[int, tuple[int, int]]
    # What visiting each node adds to the bound; below 0 where the bound counts on it.
    worths: dict[int, int]

    def visiting(self, node: int) -> int:
        """No answer that visits `node` costs less."""
        return self.bound + max(0, self.worths[node])

    def travelling(self, here: int, there: int, cost: int) -> int:
        """No answer that goes from `here` to `there`, at `cost`, costs less."""
        dearer = cost + self.tolls[here] - self.arrivals[there][0]
        least = self.bound + (0 if here == DEPOT else max(0, self.worths[here]))
        if there == DEPOT:
            return least + dearer
        return least + self.worths[there] + dearer - min(0, self.worths[there])


def priced(
    problem: Problem,
    nodes: Sequence[int],
    arcs: Sequence[tuple[int, int]],
    *,
    upper: int,
    start: Pricing | None = None,
) -> Pricing:
    """The best bound found on answers with a stop that use these nodes and arcs; `upper` is some answer's cost.

    `start` is a pricing of the same problem with more arcs.
    """
    return _Pricer(problem, nodes, arcs).ascend(upper, start)


def _kept(
    problem: Problem, nodes: Sequence[int], arcs: Sequence[tuple[int, int]], pricing: Pricing, below: int
) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
    """What is left after leaving out what costs `below` or more, and what no tour can be made of any more."""
    open_nodes = {DEPOT, *(node for node in nodes if pricing.visiting(node) < below)}
    left = [
        (here, there)
        for here, there in arcs
        if here in open_nodes
        and there in open_nodes
        and pricing.travelling(here, there, problem.travel[here][there]) < below
    ]
    open_nodes &= {here for here, _ in left} & {there for _, there in left}
    left = [(here, there) for here, there in left if here in open_nodes and there in open_nodes]
    return tuple(node for node in nodes if node in open_nodes), left


class _Pricer:
    def __init__(self, problem: Problem, nodes: Sequence[int], arcs: Sequence[tuple[int, int]]) -> None:
        self._nodes = nodes
        # Of every node the arcs to it, cheapest first: with tolls of 0 or more few need be looked at.
        self._inward: dict[int, list[tuple[int, int]]] = {node: [] for node in (DEPOT, *nodes)}
        for here, there in arcs:
            self._inward[there].append((problem.travel[here][there], here))
        for inward in self._inward.values():
            inward.sort()
        self._quantities = [want.quantity for want in problem.wants]
        self._penalties = [want.penalty for want in problem.wants]
        self._sold: dict[int, list[tuple[int, int, int]]] = {node: [] for node in nodes}
        for index, want in enumerate(problem.wants):
            for offer in want.useful:
                if offer.node in self._sold:
                    self._sold[offer.node].append((index, offer.price, min(offer.stock, want.quantity)))
        self._most = min(problem.stop_limit, len(nodes))
        self._size = problem.size

    def ascend(self, upper: int, start: Pricing | None) -> Pricing:
        prices = [float(price) for price in start.prices] if start else self._first_prices()
        tolls = [float(toll) for toll in start.tolls] if start else [0.0] * self._size
        best = found = self._at(prices, tolls)
        step, waited, halvings = 1.0, 0, 0
        while halvings < _HALVINGS and best.bound < upper:
            lots, leaves = self._slopes(found)
            norm = sum(slope * slope for slope in (*lots, *leaves))
            if norm == 0:
                break
            length = step * max(upper - found.bound, 1) / norm
            prices = [
                min(max(price + length * slope, 0.0), float(penalty))
                for price, slope, penalty in zip(prices, lots, self._penalties, strict=True)
            ]
            tolls = [max(toll + length * slope, 0.0) for toll, slope in zip(tolls, leaves, strict=True)]
            found = self._at(prices, tolls)
            waited += 1
            if found.bound > best.bound:
                best, waited = found, 0
            elif waited == _PATIENCE:
                step, waited, halvings = step / 2, 0, halvings + 1
        return best

    def _first_prices(self) -> list[float]:
        """For each want the price of its last lot when all of it is bought at the cheapest stores."""
        missing = list(self._quantities)
        prices = [0.0] * len(missing)
        offers = sorted((price, index, lots) for sold in self._sold.values() for index, price, lots in sold)
        for price, index, lots in offers:
            if missing[index] > 0:
                missing[index] -= lots
                prices[index] = float(price)
        return [
            float(penalty) if left > 0 else price
            for price, left, penalty in zip(prices, missing, self._penalties, strict=True)
        ]

    def _at(self, prices: Sequence[float], tolls: Sequence[float]) -> Pricing:
        whole_prices = tuple(round(price) for price in prices)
        whole_tolls = (0, *(round(toll) for toll in tolls[1:]))
        arrivals = {node: self._arrival(node, whole_tolls) for node in (DEPOT, *self._nodes)}
        worths: dict[int, int] = {}
        for node in self._nodes:
            worth = arrivals[node][0] - whole_tolls[node]
            for index, price, lots in self._sold[node]:
                if whole_prices[index] > price:
                    worth -= (whole_prices[index] - price) * lots
            worths[node] = worth
        bought = sum(price * quantity for price, quantity in zip(whole_prices, self._quantities, strict=True))
        counted = heapq.nsmallest(self._most, (worth for worth in worths.values() if worth < 0))
        return Pricing(bought + arrivals[DEPOT][0] + sum(counted), whole_prices, whole_tolls, arrivals, worths)

    def _arrival(self, node: int, tolls: Sequence[int]) -> tuple[int, int]:
        best = (NO_ARC, DEPOT)
        for cost, here in self._inward[node]:
            if cost >= best[0]:
                break
            if cost + tolls[here] < best[0]:
                best = (cost + tolls[here], here)
        return best

    def _slopes(self, at: Pricing) -> tuple[list[int], list[int]]:
        """How the bound changes with each price and each toll: lots wanted less lots sold, leaving less visiting."""
        lots = list(self._quantities)
        leaves = [0] * self._size
        counted = [node for node in self._nodes if at.worths[node] < 0]
        if len(counted) > self._most:
            counted = heapq.nsmallest(self._most, counted, key=lambda node: at.worths[node])
        for node in counted:
            leaves[node] -= 1
            leaves[at.arrivals[node][1]] += 1
            for index, price, held in self._sold[node]:
                if at.prices[index] > price:
                    lots[index] -= held
        leaves[at.arrivals[DEPOT][1]] += 1
        leaves[DEPOT] = 0
        return lots, leaves
