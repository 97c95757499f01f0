"""What is wanted, and what stores offer of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from services.kit.money import Money, round_half_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.geo.domain.identity import ItemId, MerchantId, ProductId, StoreId
    from services.kit.place import GeoPoint

# Quantities are whole thousandths of a product's unit.
MILLI = 1000

# The most products that one plan takes.
MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product and how much of it, in thousandths, above 0."""

    product: ProductId
    milli: int


@dataclass(frozen=True, slots=True)
class ShoppingList:
    """A list as it is looked for: products, and the words that are no product yet."""

    wanted: tuple[Wanted, ...]
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemOffer:
    """A store's item that is a wanted product."""

    product: ProductId
    item: ItemId
    name: str
    unit_price: Money
    # What it has, in thousandths, above 0.
    milli: int


@dataclass(frozen=True, slots=True)
class StoreOffers:
    """What one store has of the list; at most one offer a product."""

    store: StoreId
    merchant: MerchantId
    location: GeoPoint
    offers: tuple[ItemOffer, ...]

    def offer(self, product: ProductId) -> ItemOffer | None:
        """The store's offer of `product`."""
        return next((offer for offer in self.offers if offer.product == product), None)


@dataclass(frozen=True, slots=True)
class Market:
    """The stores in reach that have something of the list, all prices in one currency."""

    currency: str
    stores: tuple[StoreOffers, ...]
    # Products that are offered in reach, but only in other currencies.
    only_elsewhere: frozenset[ProductId] = frozenset()
    # Stores with something of the list that a limit kept out of sight.
    unseen: int = 0

    def supply(self, product: ProductId) -> int:
        """What all stores together have of `product`, in thousandths."""
        return sum(offer.milli for store in self.stores for offer in store.offers if offer.product == product)


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is not bought of something wanted."""

    product: ProductId
    milli: int


def line_cost(unit_price: Money, milli: int) -> Money:
    """Price of a quantity, rounded half up to the minor unit."""
    return Money(round_half_up(Decimal(unit_price.minor * milli) / MILLI), unit_price.currency)


def nearest_currency(stores: Sequence[StoreOffers], start: GeoPoint) -> str | None:
    """The currency of the nearest store that offers anything, the first id among equals; None where none does."""
    offering = [store for store in stores if store.offers]
    if not offering:
        return None
    nearest = min(offering, key=lambda store: (store.location.distance_metres(start), store.store.bytes))
    return nearest.offers[0].unit_price.currency


def market(stores: Sequence[StoreOffers], currency: str, *, unseen: int = 0) -> Market:
    """The part of the offers that is in `currency`."""
    kept: list[StoreOffers] = []
    here: set[ProductId] = set()
    anywhere: set[ProductId] = set()
    for store in stores:
        anywhere.update(offer.product for offer in store.offers)
        offers = tuple(offer for offer in store.offers if offer.unit_price.currency == currency)
        here.update(offer.product for offer in offers)
        if offers:
            kept.append(StoreOffers(store.store, store.merchant, store.location, offers))
    return Market(currency, tuple(kept), frozenset(anywhere - here), unseen)
