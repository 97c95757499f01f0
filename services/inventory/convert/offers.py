"""Offers between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billmesh.inventory.v1 import offer_service_pb2

from services.inventory.convert.fields import (
    decimal_to_proto,
    point_from_proto,
    point_to_proto,
    positive_from_proto,
)
from services.inventory.convert.products import product_id_from_proto
from services.inventory.domain.offer import Search, Wanted
from services.kit.failure import InvalidRequest
from services.kit.ids import to_text
from services.kit.wire import money_to_proto

if TYPE_CHECKING:
    from services.inventory.domain.offer import StoreOffers

_USUAL_STORES: Final = 100
_MOST_STORES: Final = 500


def search_from_proto(request: offer_service_pb2.FindOffersRequest) -> Search:
    """What to look for. Raises InvalidRequest."""
    wanted = tuple(
        Wanted(
            product_id_from_proto(each.product_id, f"wanted[{place}].product_id"),
            positive_from_proto(each.quantity, f"wanted[{place}].quantity"),
        )
        for place, each in enumerate(request.wanted)
    )
    if len({each.product_id for each in wanted}) < len(wanted):
        raise InvalidRequest.of("wanted", "must name each product once")
    return Search(
        origin=point_from_proto(request.origin, "origin"),
        radius_metres=request.radius_metres,
        wanted=wanted,
        currency=request.currency_code,
        max_stores=min(request.max_stores or _USUAL_STORES, _MOST_STORES),
    )


def store_to_proto(store: StoreOffers) -> offer_service_pb2.StoreOffers:
    """What one store offers."""
    return offer_service_pb2.StoreOffers(
        store_id=to_text("sto", store.store_id),
        merchant_id=to_text("mer", store.merchant_id),
        location=point_to_proto(store.location),
        distance_metres=store.distance_metres,
        offers=[
            offer_service_pb2.Offer(
                product_id=to_text("prd", offer.product_id),
                item_id=to_text("item", offer.item_id),
                item_name=offer.item_name,
                unit_price=money_to_proto(offer.unit_price),
                available=decimal_to_proto(offer.available),
            )
            for offer in store.offers
        ],
        complete=store.complete,
    )
