"""What goods cost at a set of stops, fast enough to ask a million times.

A set of stops is an integer with bit n set for node n. Every want remembers its cost by the bits of the nodes that
sell it, so trying a stop more or less looks up only the wants that this stop sells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.geo.domain.purchaser.problem import Problem

# Entries of all wants' memories together; at about 100 bytes each.
_MEMORY_LIMIT = 300_000


class Goods:
    """The goods side of one problem."""

    def __init__(self, problem: Problem) -> None:
        self._offers: list[list[tuple[int, int, int]]] = []
        self._quantities = [want.quantity for want in problem.wants]
        self._penalties = [want.penalty for want in problem.wants]
        self._sellers: list[int] = []
        self._memory: list[dict[int, int]] = [{} for _ in problem.wants]
        self._remembered = 0
        self.sold: list[list[int]] = [[] for _ in range(problem.size)]
        for index, want in enumerate(problem.wants):
            useful = sorted(
                (offer.price, offer.node, min(offer.stock, want.quantity))
                for offer in want.offers
                if offer.stock > 0 and offer.price < want.penalty
            )
            self._offers.append([(1 << node, price, lots) for price, node, lots in useful])
            self._sellers.append(sum(1 << node for _, node, _ in useful))
            for _, node, _ in useful:
                self.sold[node].append(index)
        self.floor = self.cost((1 << problem.size) - 1)

    def cost(self, stops: int) -> int:
        """Cheapest purchase of everything at `stops`, penalties included."""
        return sum(self.want_cost(index, stops) for index in range(len(self._offers)))

    def change(self, before: int, after: int, node: int) -> int:
        """How the cost changes when only `node` differs between the two sets."""
        want_cost = self.want_cost
        return sum(want_cost(index, after) - want_cost(index, before) for index in self.sold[node])

    def lots_missing(self, stops: int) -> int:
        """Lots that `stops` lack, over all wants."""
        return sum(self._want_missing(index, stops) for index in range(len(self._offers)))

    def fills(self, stops: int, node: int) -> int:
        """Lots of what `stops` lack that `node` has."""
        joined = stops | 1 << node
        return sum(self._want_missing(index, stops) - self._want_missing(index, joined) for index in self.sold[node])

    def want_cost(self, index: int, stops: int) -> int:
        """Cost of one want at `stops`."""
        relevant = stops & self._sellers[index]
        memory = self._memory[index]
        known = memory.get(relevant)
        if known is None:
            missing, known = self._quantities[index], 0
            for bit, price, lots in self._offers[index]:
                if relevant & bit:
                    if lots >= missing:
                        known += price * missing
                        missing = 0
                        break
                    known += price * lots
                    missing -= lots
            known += missing * self._penalties[index]
            self._remember(memory, relevant, known)
        return known

    def _want_missing(self, index: int, stops: int) -> int:
        held = sum(lots for bit, _, lots in self._offers[index] if stops & bit)
        return max(0, self._quantities[index] - held)

    def _remember(self, memory: dict[int, int], relevant: int, cost: int) -> None:
        if self._remembered >= _MEMORY_LIMIT:
            for each in self._memory:
                each.clear()
            self._remembered = 0
        memory[relevant] = cost
        self._remembered += 1
