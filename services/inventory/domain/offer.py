"""What stores offer of what is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from services.inventory.domain.ids import ItemId, MerchantId, ProductId, StoreId
from services.kit.money import Money
from services.kit.place import GeoPoint


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product and how much of it, in its unit."""

    product_id: ProductId
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, and where. `max_stores` bounds the stores chosen by coverage."""

    origin: GeoPoint
    radius_metres: float
    wanted: tuple[Wanted, ...]
    currency: str
    max_stores: int


@dataclass(frozen=True, slots=True)
class Offer:
    """One product in one store; `available` is above 0 and may be less than what is wanted."""

    product_id: ProductId
    item_id: ItemId
    item_name: str
    unit_price: Money
    available: Decimal


@dataclass(frozen=True, slots=True)
class StoreOffers:
    """What one store offers of the list, in the order of the list."""

    merchant_id: MerchantId
    store_id: StoreId
    location: GeoPoint
    distance_metres: float
    offers: tuple[Offer, ...]
    # For how many wanted products the store has all that is wanted.
    complete: int


def ordered(stores: list[StoreOffers]) -> list[StoreOffers]:
    """Most complete first, then most offered, nearest, and by id: the same search always answers the same."""
    return sorted(
        stores, key=lambda store: (-store.complete, -len(store.offers), store.distance_metres, store.store_id)
    )
