"""Which stores a plan chooses among when there are more than it can prove a choice for.

Two questions: which stores promise most, and which of the rest cannot be on any trip that beats the one found. Both
use straight lines, so that no road need be measured to a store that does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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

    def least_visit(self, store: GeoPoint) -> int:
        """Minor units that every trip with this store costs in travel at least."""
        out = self.cost.at_least(shortest_way(self.start, store, self.mode), stop_seconds=self.stop_seconds)
        return out + (self.cost.at_least(shortest_way(store, self.end, self.mode)) if self.end else 0)


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


def cannot_be_on(trip_total: int, goods_floor: int, journey: Journey, store: StoreOffers) -> bool:
    """Whether every trip with `store` costs at least `trip_total`.

    `goods_floor`: what the goods cost at the least if every store of the market were visited. All in minor units.
    """
    return goods_floor + journey.least_visit(store.location) >= trip_total


def goods_floor(wanted: Sequence[Wanted], market: Market) -> int:
    """Minor units for which all stores together sell the list, or what they have of it; rounded down."""
    total = 0
    for line in wanted:
        missing = line.milli
        offers = [offer for store in market.stores if (offer := store.offer(line.product))]
        for offer in sorted(offers, key=lambda offer: offer.unit_price.minor):
            taken = min(missing, offer.milli)
            total += offer.unit_price.minor * taken
            missing -= taken
    return total // MILLI


def _alone(store: StoreOffers, line: Wanted, visit: int) -> float:
    """What a unit of the want costs in this store if one went there for it alone."""
    offer = store.offer(line.product)
    if offer is None:
        return float("inf")
    return offer.unit_price.minor + visit * MILLI / min(offer.milli, line.milli)
