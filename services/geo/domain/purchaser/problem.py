"""The problem and its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Cost of an arc that cannot be travelled: far above every sum of prices, penalties and arcs. A tour with one is no
# answer; solvers are never shown such arcs.
NO_ARC = 10**18

# The node where a tour begins and ends.
DEPOT = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """What one store asks for one want."""

    # Node of the store, 1 to n - 1.
    node: int
    # Cost units for one lot, 0 or more.
    price: int
    # Lots it has, 0 or more.
    stock: int


@dataclass(frozen=True, slots=True)
class Want:
    """One thing wanted. `offers` may be in any order; at most one a node."""

    # Lots, 1 or more.
    quantity: int
    offers: tuple[Offer, ...]
    # Cost units for every lot that is not bought. Finite, so that the best answer to a list that cannot be filled is
    # still an optimum that can be proven.
    penalty: int

    @property
    def useful(self) -> list[Offer]:
        """The offers that are better than going without, the cheapest first; at equal price the smallest node."""
        useful = [offer for offer in self.offers if offer.stock > 0 and offer.price < self.penalty]
        return sorted(useful, key=lambda offer: (offer.price, offer.node))


@dataclass(frozen=True, slots=True)
class Problem:
    """Costs between nodes, wants, and a limit on stops.

    An answer is an order of stops, at each of which something is bought when every want is bought where it is cheapest.
    Merely passing a store is no stop, even where the costs contradict themselves so that it would pay.

    `travel[a][b]` is the cost of going from a to b, 0 or more, not necessarily symmetric, and not necessarily below
    the cost of a detour. Node 0 is both ends of the tour: `travel[0][b]` leaves the start, `travel[a][0]` reaches the
    end, so an open end is a column of zeros. The diagonal is ignored but for `travel[0][0]`, the cost of a tour
    without stops.
    """

    travel: tuple[tuple[int, ...], ...]
    wants: tuple[Want, ...]
    max_stops: int | None = None

    @property
    def size(self) -> int:
        """Number of nodes, the depot included."""
        return len(self.travel)

    @property
    def stop_limit(self) -> int:
        """The most stops that a tour can have."""
        return self.size - 1 if self.max_stops is None else min(self.max_stops, self.size - 1)

    def sellers(self) -> tuple[int, ...]:
        """Nodes that have a useful offer, ascending."""
        return tuple(sorted({offer.node for want in self.wants for offer in want.useful}))

    def tour_cost(self, stops: Sequence[int]) -> int:
        """Cost of the tour from the depot over `stops`, in this order, and back."""
        travel, here, cost = self.travel, DEPOT, 0
        for node in stops:
            cost += travel[here][node]
            here = node
        return cost + travel[here][DEPOT]

    def goods_cost(self, stops: Iterable[int]) -> int:
        """Cheapest purchase of all wants at `stops`, penalties for what they lack included."""
        visited = frozenset(stops)
        return sum(bought_cost(want, visited) for want in self.wants)

    def cost(self, stops: Sequence[int]) -> int:
        """What the answer `stops` costs in all."""
        return self.tour_cost(stops) + self.goods_cost(stops)


def purchases(want: Want, visited: frozenset[int]) -> list[tuple[Offer, int]]:
    """What to buy where: the cheapest offers first, until the want is filled.

    Prices are by the lot and stocks are the only limits, so greedy is optimal.
    """
    missing = want.quantity
    bought: list[tuple[Offer, int]] = []
    for offer in want.useful:
        if offer.node in visited and missing > 0:
            lots = min(offer.stock, missing)
            bought.append((offer, lots))
            missing -= lots
    return bought


def bought_cost(want: Want, visited: frozenset[int]) -> int:
    """Cost of one want at the visited nodes, penalty for the rest included."""
    bought = purchases(want, visited)
    missing = want.quantity - sum(lots for _, lots in bought)
    return sum(offer.price * lots for offer, lots in bought) + missing * want.penalty


def shortfall(problem: Problem, stops: Iterable[int]) -> tuple[int, ...]:
    """Lots of each want that an answer leaves unbought."""
    visited = frozenset(stops)
    return tuple(want.quantity - sum(lots for _, lots in purchases(want, visited)) for want in problem.wants)


def busy_stops(problem: Problem, stops: Sequence[int]) -> tuple[int, ...]:
    """The stops at which something is bought, in their order. What is bought stays the same without the others."""
    visited = frozenset(stops)
    busy = {offer.node for want in problem.wants for offer, _ in purchases(want, visited)}
    return tuple(node for node in stops if node in busy)
