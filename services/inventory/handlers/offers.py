"""OfferService: where wanted products can be bought, and where stores are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.inventory.v1 import offer_service_pb2, offer_service_pb2_grpc

from services.inventory.convert import offers as convert
from services.inventory.convert.fields import point_from_proto
from services.inventory.convert.stock import merchant_id_from_proto, store_id_from_proto
from services.inventory.usecases import offers, stock

if TYPE_CHECKING:
    import grpc

    from services.inventory.usecases.deps import Deps


class OfferHandler(offer_service_pb2_grpc.OfferServiceServicer):
    """Serves OfferService."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def FindOffers(
        self, request: offer_service_pb2.FindOffersRequest, context: grpc.ServicerContext
    ) -> offer_service_pb2.FindOffersResponse:
        """Stores that have any of the wanted products."""
        found, left_out = offers.find_offers(self._deps, convert.search_from_proto(request))
        return offer_service_pb2.FindOffersResponse(stores=map(convert.store_to_proto, found), stores_left_out=left_out)

    def PlaceStore(
        self, request: offer_service_pb2.PlaceStoreRequest, context: grpc.ServicerContext
    ) -> offer_service_pb2.PlaceStoreResponse:
        """News of a store."""
        version = stock.place_store(
            self._deps,
            merchant_id_from_proto(request.merchant_id),
            store_id=store_id_from_proto(request.store_id),
            location=point_from_proto(request.location, "location"),
            version=request.version,
            is_open=request.open,
        )
        return offer_service_pb2.PlaceStoreResponse(version=version)
