"""inventory's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.inventory.v1 import offer_service_pb2

from services.geo.convert import wire
from services.geo.domain.shopping import ItemOffer, ShoppingList, StoreOffers, Wanted
from services.kit.wire import money_from_proto

if TYPE_CHECKING:
    from billmesh.inventory.v1 import shopping_list_service_pb2


def wanted_message(line: Wanted) -> offer_service_pb2.WantedProduct:
    """A line to look for."""
    return offer_service_pb2.WantedProduct(
        product_id=wire.product_text(line.product), quantity=wire.quantity_message(line.milli)
    )


def store_offers(message: offer_service_pb2.StoreOffers) -> StoreOffers:
    """A store's offers."""
    return StoreOffers(
        store=wire.store_id(message.store_id),
        merchant=wire.merchant_id(message.merchant_id),
        location=wire.point(message.location),
        offers=tuple(
            ItemOffer(
                product=wire.product_id(offer.product_id),
                item=wire.item_id(offer.item_id),
                name=offer.item_name,
                unit_price=money_from_proto(offer.unit_price, "unit_price"),
                milli=wire.stock(offer.available),
            )
            for offer in message.offers
        ),
    )


def shopping_list(message: shopping_list_service_pb2.GetWantedResponse) -> ShoppingList:
    """A person's list."""
    return ShoppingList(
        wanted=tuple(
            Wanted(wire.product_id(line.product_id), wire.quantity(line.quantity, field="quantity"))
            for line in message.wanted
        ),
        unresolved=tuple(message.unresolved),
    )
