"""Peers of geo that do what a test says; each implements the Protocol of services.geo.clients."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.geo.clients import RoadsUnavailable
from services.geo.domain.roads import RoadSource, Route, Way, Ways, estimated_route, estimated_ways
from services.geo.domain.shopping import ShoppingList, StoreOffers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from services.geo.domain.identity import AccountId, MerchantId, ShoppingListId, StoreId
    from services.geo.domain.roads import TravelMode
    from services.geo.domain.shopping import Wanted
    from services.kit.failure import Failure
    from services.kit.place import GeoPoint


@dataclass
class FakeInventory:
    """Offers and lists that a test put in; remembers where it was told that stores are."""

    stores: list[StoreOffers] = field(default_factory=list)
    unseen: int = 0
    lists: dict[tuple[UUID, UUID], ShoppingList] = field(default_factory=dict)
    placed: dict[UUID, tuple[GeoPoint, int, bool]] = field(default_factory=dict)
    refusal: Failure | None = None

    def find_offers(
        self, around: GeoPoint, radius_metres: int, wanted: Sequence[Wanted], currency: str | None
    ) -> tuple[list[StoreOffers], int]:
        """What is within the radius and wanted."""
        self._answer()
        products = {line.product for line in wanted}
        found = []
        for store in self.stores:
            offers = tuple(
                offer
                for offer in store.offers
                if offer.product in products and currency in {None, offer.unit_price.currency}
            )
            if offers and store.location.distance_metres(around) <= radius_metres:
                found.append(StoreOffers(store.store, store.merchant, store.location, offers))
        return found, self.unseen

    def wanted(self, account_id: AccountId, list_id: ShoppingListId) -> ShoppingList:
        """The person's list."""
        self._answer()
        return self.lists[account_id, list_id]

    def place_store(
        self, merchant_id: MerchantId, store_id: StoreId, *, location: GeoPoint, version: int, is_open: bool
    ) -> None:
        """The newest version wins."""
        self._answer()
        known = self.placed.get(store_id)
        if known is None or known[1] < version:
            self.placed[store_id] = (location, version, is_open)

    def _answer(self) -> None:
        if self.refusal is not None:
            raise self.refusal


@dataclass
class FakeRoads:
    """A road network of estimates. `on_road` says what a way turns out to be when its leg is measured."""

    on_road: Callable[[Way], Way] = staticmethod(lambda way: way)  # noqa: RUF009 - a function, not a shared value
    is_away: bool = False
    source: RoadSource = RoadSource.VALHALLA
    attribution: str = "© OpenStreetMap contributors"
    asked: int = 0

    def ways(self, start: GeoPoint, stores: Sequence[GeoPoint], end: GeoPoint | None, mode: TravelMode) -> Ways:
        """Estimates."""
        self._answer()
        return estimated_ways(start, stores, end, mode)

    def route(self, points: Sequence[GeoPoint], mode: TravelMode) -> Route:
        """Estimates, as they turn out."""
        self._answer()
        legs = estimated_route(points, mode).legs
        return Route(tuple(type(leg)(self.on_road(leg.way), leg.polyline) for leg in legs))

    def close(self) -> None:
        """Has no connections."""

    def _answer(self) -> None:
        self.asked += 1
        if self.is_away:
            raise RoadsUnavailable("away")
