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
        # For each node, the wants that it sells and the lots of each that are of use.
        self.sold: list[list[tuple[int, int]]] = [[] for _ in range(problem.size)]
        for index, want in enumerate(problem.wants):
            useful = [(offer.node, offer.price, min(offer.stock, want.quantity)) for offer in want.useful]
            self._offers.append([(1 << node, price, lots) for node, price, lots in useful])
            self._sellers.append(sum(1 << node for node, _, _ in useful))
            for node, _, lots in useful:
                self.sold[node].append((index, lots))
        self.floor = self.cost((1 << problem.size) - 1)

    def cost(self, stops: int) -> int:
        """Cheapest purchase of everything at `stops`, penalties included."""
        return sum(self.costs(stops))

    def costs(self, stops: int) -> list[int]:
        """As `cost`, by want."""
        return [self._want_cost(index, stops) for index in range(len(self._offers))]

    def change(self, before: list[int], after: int, node: int) -> int:
        """How the cost changes from `before`, the costs at stops that differ from `after` in `node` alone."""
        change = 0
        for index, _ in self.sold[node]:
            change += self._want_cost(index, after) - before[index]
        return change

    def missing(self, stops: int) -> list[int]:
        """Lots that `stops` lack, by want."""
        return [
            max(0, quantity - sum(lots for bit, _, lots in offers if stops & bit))
            for quantity, offers in zip(self._quantities, self._offers, strict=True)
        ]

    def fills(self, missing: list[int], node: int) -> int:
        """Lots of what is missing that `node` has."""
        filled = 0
        for index, lots in self.sold[node]:
            filled += min(lots, missing[index])
        return filled

    def _want_cost(self, index: int, stops: int) -> int:
        relevant = stops & self._sellers[index]
        known = self._memory[index].get(relevant)
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
            if self._remembered >= _MEMORY_LIMIT:
                for memory in self._memory:
                    memory.clear()
                self._remembered = 0
            self._memory[index][relevant] = known
            self._remembered += 1
        return known
