"""Which stores a plan chooses among when there are more than it can prove a choice for.

Two questions: which stores promise most, and what is the least that any trip to the rest can cost. Both use straight
lines, so that no road need be measured to a store that does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.geo.domain.model import TravelTable
from services.geo.domain.purchaser.problem import DEPOT
from services.geo.domain.roads import estimated_way, shortest_way
from services.geo.domain.shopping import MILLI

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.geo.domain.roads import TravelMode
    from services.geo.domain.shopping import Market, StoreOffers, Wanted
    from services.geo.domain.travel_cost import TravelCost
    from services.kit.place import GeoPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What a trip's travel depends on, the stores aside."""

    start: GeoPoint
    end: GeoPoint | None
    mode: TravelMode
    cost: TravelCost
    stop_seconds: int

    def estimated_visit(self, store: GeoPoint) -> int:
        """Minor units that a trip to this store alone would likely cost."""
        out = self.cost.of(estimated_way(self.start, store, self.mode), stop_seconds=self.stop_seconds)
        return out + (self.cost.of(estimated_way(store, self.end, self.mode)) if self.end else 0)


def by_promise(wanted: Sequence[Wanted], market: Market, journey: Journey) -> list[StoreOffers]:
    """The market's stores, the most promising first.

    For each want in turn, the stores where it is cheapest with the way there come first, until they hold enough of
    it; then the rest by what they save against the dearest offers less what it costs to go there.
    """
    visits = {store.store: journey.estimated_visit(store.location) for store in market.stores}
    dearest = {
        line.product: max(
            (offer.unit_price.minor for store in market.stores if (offer := store.offer(line.product))), default=0
        )
        for line in wanted
    }

    def saving(store: StoreOffers) -> float:
        saved = sum(
            (dearest[line.product] - offer.unit_price.minor) * min(offer.milli, line.milli) / MILLI
            for line in wanted
            if (offer := store.offer(line.product))
        )
        return saved - visits[store.store]

    ordered: dict[StoreOffers, None] = {}
    for line in wanted:
        missing = line.milli
        for store in sorted(
            (store for store in market.stores if store.offer(line.product)),
            key=lambda store: _alone(store, line, visits[store.store]),
        ):
            if missing <= 0:
                break
            offer = store.offer(line.product)
            missing -= offer.milli if offer else 0
            ordered[store] = None
    for store in sorted(market.stores, key=saving, reverse=True):
        ordered[store] = None
    return list(ordered)


def at_least(measured: TravelTable, stores: Sequence[StoreOffers], journey: Journey) -> TravelTable:
    """A table of all `stores` that no road undercuts: as measured for the first ones, straight lines for the rest.

    Its seconds are of no use.
    """
    points = [journey.start, *(store.location for store in stores)]
    known = len(measured.costs)
    costs = [[0] * len(points) for _ in points]
    for here, start in enumerate(points):
        for there, end in enumerate(points):
            if here < known and there < known:
                costs[here][there] = measured.costs[here][there]
            elif there != DEPOT:
                way = shortest_way(start, end, journey.mode)
                costs[here][there] = journey.cost.at_least(way, stop_seconds=journey.stop_seconds)
            elif journey.end is not None:
                costs[here][there] = journey.cost.at_least(shortest_way(start, journey.end, journey.mode))
    rows = tuple(tuple(row) for row in costs)
    return TravelTable(rows, rows)


def _alone(store: StoreOffers, line: Wanted, visit: int) -> float:
    """What a unit of the want costs in this store if one went there for it alone."""
    offer = store.offer(line.product)
    if offer is None:
        return float("inf")
    return offer.unit_price.minor + visit * MILLI / min(offer.milli, line.milli)
