"""Which stores have how much of a list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from services.geo.domain.shopping import Shortage
from services.geo.domain.trip import Purchase, Unfilled, UnfilledReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.geo.domain.identity import StoreId
    from services.geo.domain.shopping import Market, ShoppingList, StoreOffers
    from services.geo.domain.store import Store
    from services.kit.place import GeoPoint


class MatchKind(StrEnum):
    """How much of the list a store has."""

    FULL = "FULL"
    PARTIAL = "PARTIAL"


@dataclass(frozen=True, slots=True)
class StoreMatch:
    """What a store has of a list and what it lacks. `distance` in metres from the start."""

    store: Store
    distance: int
    available: tuple[Purchase, ...]
    missing: tuple[Shortage, ...]

    @property
    def kind(self) -> MatchKind:
        """Full where nothing is missing."""
        return MatchKind.PARTIAL if self.missing else MatchKind.FULL

    @property
    def goods_total(self) -> int:
        """Minor units of everything available."""
        return sum(purchase.cost.minor for purchase in self.available)

    @property
    def rank(self) -> tuple[int, int, int, int, str]:
        """Sorts the better match first: fewer lines missing, more lines had in part, cheaper, nearer; then the id."""
        return len(self.missing), -len(self.available), self.goods_total, self.distance, str(self.store.id)


def matches(
    shopping: ShoppingList, market: Market, stores: Mapping[StoreId, Store], start: GeoPoint
) -> list[StoreMatch]:
    """Every store of the market that has anything wanted, the best match first."""
    found = [_match(shopping, offers, stores[offers.store], start) for offers in market.stores]
    return sorted(found, key=lambda match: match.rank)


def unmatched(shopping: ShoppingList, market: Market) -> tuple[Unfilled, ...]:
    """What no single store has enough of, in the order of the list, then the words that are no product."""
    found: list[Unfilled] = []
    for line in shopping.wanted:
        most = max((offer.milli for store in market.stores if (offer := store.offer(line.product))), default=0)
        if most < line.milli:
            if line.product in market.only_elsewhere:
                reason = UnfilledReason.OTHER_CURRENCY
            else:
                reason = UnfilledReason.NOT_ENOUGH_STOCK if most else UnfilledReason.NOT_SOLD_NEARBY
            found.append(Unfilled(reason, line.milli - most, product=line.product))
    unknown = (Unfilled(UnfilledReason.UNKNOWN_PRODUCT, 1000, text=text) for text in shopping.unresolved)
    return (*found, *unknown)


def _match(shopping: ShoppingList, offers: StoreOffers, store: Store, start: GeoPoint) -> StoreMatch:
    available: list[Purchase] = []
    missing: list[Shortage] = []
    for line in shopping.wanted:
        offer = offers.offer(line.product)
        held = min(offer.milli, line.milli) if offer else 0
        if offer and held:
            available.append(Purchase(offer, held))
        if held < line.milli:
            missing.append(Shortage(line.product, line.milli - held))
    distance = round(store.details.location.distance_metres(start))
    return StoreMatch(store, distance, tuple(available), tuple(missing))
