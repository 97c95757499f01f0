"""What a shop has on its shelves, and at what price: generated over the catalogue, the same for the same seed.

Prices and stock of the demo are invented; the shops are real and answer for none of it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.inventory.catalogue import CatalogueProduct, PriceBand
    from tools.seed.shops import Shop

#: Kinds of shops (OpenStreetMap's `shop` and `amenity`) in which people do their everyday shopping.
KINDS = frozenset(
    {
        *("supermarket", "convenience", "kiosk", "greengrocer", "marketplace", "general", "variety_store"),
        *("bakery", "pastry", "butcher", "seafood", "deli", "cheese", "dairy", "farm", "health_food", "organic"),
        *("confectionery", "chocolate", "coffee", "tea", "spices", "beverages", "wine", "alcohol", "frozen_food"),
        *("pharmacy", "chemist", "cosmetics", "baby_goods", "pet", "florist", "garden_centre"),
        *("hardware", "doityourself", "houseware", "electronics", "stationery", "books", "toys", "department_store"),
    }
)

# How many percent of what a kind of shop could have it does have, for a product in few baskets (weight 1) and for one
# in every basket (weight 5). Big shops have nearly all; a convenience store has what everybody wants.
_BREADTH = {
    "supermarket": (55, 97),
    "department_store": (50, 85),
    "convenience": (8, 80),
    "kiosk": (5, 60),
    "variety_store": (20, 60),
}
_SPECIALIST_BREADTH = (60, 95)
# What shops of a kind ask, in percent of the middle of the usual band.
_PRICE_LEVEL = {"supermarket": 97, "convenience": 112, "kiosk": 122, "department_store": 108, "marketplace": 95}
_WEIGHED = "KGM"
_CENTS_ENDINGS = {"EUR": 5, "INR": 100}


@dataclass(frozen=True, slots=True)
class Offer:
    """One product in one shop: its price in minor units, tax included, and how many there are (kilograms: KGM)."""

    product: CatalogueProduct
    price: int
    quantity: Decimal


def offers_of(
    shop: Shop, products: Sequence[CatalogueProduct], *, merchant: str, currency: str, seed: int
) -> list[Offer]:
    """Return what the shop sells, in catalogue order. Shops of one merchant and kind ask the same prices."""
    shelves = random.Random(f"{seed}/{shop.place}")  # noqa: S311 - the same demo every time, not secrets
    pricing = random.Random(f"{seed}/{merchant}")  # noqa: S311
    rare, common = _BREADTH.get(shop.kind, _SPECIALIST_BREADTH)
    offers = []
    for product in products:
        # Drawn whatever becomes of them, so that one product more does not change all that follow it.
        presence, amount, place_in_band = shelves.random(), shelves.random(), pricing.random()
        band = product.price_in(currency)
        if band is None or shop.kind not in product.shops:
            continue
        percent = rare + (common - rare) * (product.weight - 1) / 4
        if presence * 100 >= percent:
            continue
        offers.append(
            Offer(
                product=product,
                price=price_in(band, place_in_band, level=_PRICE_LEVEL.get(shop.kind, 100)),
                quantity=_quantity(product, amount),
            )
        )
    return offers


def price_in(band: PriceBand, place: float, *, level: int = 100) -> int:
    """Return a price at `place` (0 to 1) of the band, at a shop's level in percent, rounded as shelf prices are."""
    step = _CENTS_ENDINGS.get(band.currency, 1)
    wanted = (band.low + (band.high - band.low) * place) * level / 100
    rounded = max(step, round(wanted / step) * step)
    # 2.99 rather than 3.00, as shelves in euros have it.
    return rounded - 1 if band.currency == "EUR" and rounded % 10 == 0 and rounded > step else rounded


def _quantity(product: CatalogueProduct, amount: float) -> Decimal:
    most = 15 + 20 * product.weight
    if product.unit_code == _WEIGHED:
        return (Decimal(1) + Decimal(round(amount * most * 10))) / 10 + 2
    # One shop in fifteen has run out: it is in the range, and a trip must go round it.
    return Decimal(0 if amount < 1 / 15 else 1 + round(amount * most))
