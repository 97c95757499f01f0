"""From shops, prices and roads to the travelling purchaser's whole numbers, and back.

A cost unit is a minor unit of the currency, or a thousandth of one where a quantity is not whole, so that every sum
is exact. A lot is the largest amount of a product that the quantity wanted and every useful stock are multiples of.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.geo.domain.purchaser.problem import DEPOT, NO_ARC, Offer, Problem, Want, purchases
from services.geo.domain.shopping import MILLI

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.geo.domain.roads import Way, Ways
    from services.geo.domain.shopping import Market, StoreOffers, Wanted
    from services.geo.domain.travel_cost import TravelCost

# A line's lots beyond which lots are made coarser: stocks are then rounded down to whole lots.
_MOST_LOTS = 10_000
# Offers whose line would cost more minor units than this are slips of the keyboard; nobody is sent there.
_DEAREST_LINE = 10**10
# All penalties together stay below this, so that a solver's 64-bit sums cannot overflow.
_PENALTY_LIMIT = 2**60
# How much heavier a lot of a line of few lots may weigh than one of a line of many.
_WEIGHT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class TravelTable:
    """Minor units and seconds of every arc, the time in the shop at its end included; the depot is node 0."""

    costs: tuple[tuple[int, ...], ...]
    seconds: tuple[tuple[int, ...], ...]

    def corrected(self, costs: Mapping[tuple[int, int], int]) -> TravelTable:
        """The table with some arcs' costs replaced."""
        rows = [list(row) for row in self.costs]
        for (here, there), cost in costs.items():
            rows[here][there] = cost
        return replace(self, costs=tuple(tuple(row) for row in rows))


@dataclass(frozen=True, slots=True)
class Model:
    """A problem and what its numbers stand for. Node i + 1 is store i; want k is line k of the list."""

    problem: Problem
    stores: tuple[StoreOffers, ...]
    # Cost units in a minor unit.
    scale: int
    # Thousandths of the product's unit in a lot of each want.
    lots: tuple[int, ...]

    def bought(self, stops: Sequence[int]) -> list[dict[int, int]]:
        """For each stop, thousandths bought by index of the want."""
        visited = frozenset(stops)
        position = {node: index for index, node in enumerate(stops)}
        baskets: list[dict[int, int]] = [{} for _ in stops]
        for index, want in enumerate(self.problem.wants):
            for offer, lots in purchases(want, visited):
                baskets[position[offer.node]][index] = lots * self.lots[index]
        return baskets

    def penalties(self, stops: Sequence[int]) -> int:
        """Cost units of what `stops` leave unbought."""
        visited = frozenset(stops)
        return sum(
            want.penalty * (want.quantity - sum(lots for _, lots in purchases(want, visited)))
            for want in self.problem.wants
        )

    def minor(self, units: int) -> int:
        """Cost units as minor units, rounded half up."""
        return (2 * units + self.scale) // (2 * self.scale)


def travel_table(ways: Ways, cost: TravelCost, *, stop_seconds: int) -> TravelTable:
    """Prices the roads. An open end costs nothing to reach."""
    size = len(ways.outward) + 1
    arcs: list[list[Way | None]] = [[None, *ways.outward]]
    for index, row in enumerate(ways.between):
        arcs.append([None if ways.homeward is None else ways.homeward[index], *row])
    costs = [[NO_ARC] * size for _ in range(size)]
    seconds = [[0] * size for _ in range(size)]
    for here in range(size):
        for there in range(size):
            way = arcs[here][there]
            if way is not None and here != there:
                stop = stop_seconds if there != DEPOT else 0
                costs[here][there] = cost.of(way, stop_seconds=stop)
                seconds[here][there] = way.seconds + stop
        if ways.homeward is None:
            costs[here][DEPOT] = 0
    costs[DEPOT][DEPOT] = cost.of(ways.direct) if ways.direct else 0
    return TravelTable(tuple(tuple(row) for row in costs), tuple(tuple(row) for row in seconds))


def model(wanted: Sequence[Wanted], market: Market, travel: TravelTable, *, max_stops: int | None) -> Model:
    """The problem of buying `wanted` from the market's stores, which are the table's nodes in order."""
    lots = tuple(_lot(line, market) for line in wanted)
    scale = 1 if all(lot % MILLI == 0 for lot in lots) else MILLI
    costs = tuple(tuple(min(cost * scale, NO_ARC) for cost in row) for row in travel.costs)
    wants = tuple(
        Want(line.milli // lot, _offers(line, market, lot=lot, scale=scale), penalty=0)
        for line, lot in zip(wanted, lots, strict=True)
    )
    return Model(Problem(costs, _with_penalties(wants, costs), max_stops), market.stores, scale, lots)


def goods_first(problem: Problem) -> Problem:
    """The same, but a unit of goods weighs more than all travel: the cheapest goods, by the shortest way there."""
    weight = 1 + sum(max(cost for cost in (0, *row) if cost < NO_ARC) for row in problem.travel)
    wants = tuple(
        replace(want, offers=tuple(replace(offer, price=offer.price * weight) for offer in want.offers))
        for want in problem.wants
    )
    return replace(problem, wants=_with_penalties(wants, problem.travel))


def time_first(problem: Problem, travel: TravelTable) -> Problem:
    """The same, but a second weighs more than all costs: the shortest time, and among equals the lowest cost."""
    weight = 1 + _most(problem.wants, problem.travel)
    costs = tuple(
        tuple(cost if cost >= NO_ARC else seconds * weight + cost for cost, seconds in zip(row, times, strict=True))
        for row, times in zip(problem.travel, travel.seconds, strict=True)
    )
    return replace(problem, travel=costs, wants=_with_penalties(problem.wants, costs))


def _lot(line: Wanted, market: Market) -> int:
    stocks = (min(offer.milli, line.milli) for store in market.stores if (offer := store.offer(line.product)))
    lot = math.gcd(line.milli, *stocks)
    if line.milli // lot > _MOST_LOTS:
        lot = next(size for size in range(-(-line.milli // _MOST_LOTS), line.milli + 1) if line.milli % size == 0)
    return lot


def _offers(line: Wanted, market: Market, *, lot: int, scale: int) -> tuple[Offer, ...]:
    found = []
    for index, store in enumerate(market.stores):
        offer = store.offer(line.product)
        if offer and offer.milli >= lot and 0 <= offer.unit_price.minor * line.milli <= _DEAREST_LINE * MILLI:
            # Exact: either the lot is whole units, or a unit of cost is a thousandth.
            found.append(Offer(index + 1, offer.unit_price.minor * lot * scale // MILLI, offer.milli // lot))
    return tuple(found)


def _with_penalties(wants: tuple[Want, ...], travel: Sequence[Sequence[int]]) -> tuple[Want, ...]:
    """Penalties so high that no saving is worth a lot unbought, and all lines weigh alike if their lots allow."""
    most = 1 + _most(wants, travel)
    weight = min(max((want.quantity for want in wants), default=1), _WEIGHT_LIMIT)
    penalties = [max(most, -(-most * weight // want.quantity)) for want in wants]
    total = sum(penalty * want.quantity for penalty, want in zip(penalties, wants, strict=True))
    shrink = -(-total // _PENALTY_LIMIT)
    return tuple(
        replace(want, penalty=max(1, penalty // shrink) if shrink else penalty)
        for want, penalty in zip(wants, penalties, strict=True)
    )


def _most(wants: Sequence[Want], travel: Sequence[Sequence[int]]) -> int:
    """More than any sensible answer costs: everything at the highest price, and the dearest arc out of every node."""
    goods = sum(want.quantity * max((offer.price for offer in want.offers), default=0) for want in wants)
    return goods + sum(max((cost for cost in row if cost < NO_ARC), default=0) for row in travel)
