"""What stores offer of what is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    """What to look for, and where. `max_stores` bounds the stores chosen by coverage; `currency` "" is any."""

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


@dataclass(frozen=True, slots=True)
class Candidate:
    """One item of one store that is a wanted product; a store may have several."""

    merchant_id: MerchantId
    store_id: StoreId
    location: GeoPoint
    distance_metres: float
    offer: Offer


def by_store(candidates: Iterable[Candidate], wanted: Iterable[Wanted]) -> list[StoreOffers]:
    """One offer for each store, product and currency; stores by completeness, then coverage, distance and id.

    The same candidates in any order always make the same answer.
    """
    quantities = {each.product_id: each.quantity for each in wanted}
    order = {product_id: place for place, product_id in enumerate(quantities)}
    stores: dict[StoreId, list[Candidate]] = {}
    for candidate in candidates:
        stores.setdefault(candidate.store_id, []).append(candidate)
    found = []
    for of_store in stores.values():
        best: dict[tuple[int, str], Offer] = {}
        for candidate in of_store:
            offer = candidate.offer
            key = order[offer.product_id], offer.unit_price.currency
            before = best.get(key)
            quantity = quantities[offer.product_id]
            if before is None or _preference(offer, quantity) < _preference(before, quantity):
                best[key] = offer
        offers = tuple(best[key] for key in sorted(best))
        first = of_store[0]
        found.append(
            StoreOffers(
                merchant_id=first.merchant_id,
                store_id=first.store_id,
                location=first.location,
                distance_metres=first.distance_metres,
                offers=offers,
                complete=len({each.product_id for each in offers if each.available >= quantities[each.product_id]}),
            )
        )
    return sorted(found, key=lambda each: (-each.complete, -len(each.offers), each.distance_metres, each.store_id))


def _preference(offer: Offer, wanted: Decimal) -> tuple[bool, Decimal, int, ItemId]:
    """Least is best: all that is wanted and cheapest; else the most, then cheapest."""
    enough = offer.available >= wanted
    return not enough, Decimal(0) if enough else -offer.available, offer.unit_price.minor, offer.item_id
