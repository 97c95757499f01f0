"""ItemDirectoryService: items as other services need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.inventory.v1 import item_directory_service_pb2, item_directory_service_pb2_grpc

from services.inventory.convert import items as convert
from services.inventory.convert.stock import merchant_id_from_proto, store_id_or_none
from services.inventory.usecases import items

if TYPE_CHECKING:
    import grpc

    from services.inventory.usecases.deps import Deps


class ItemDirectoryHandler(item_directory_service_pb2_grpc.ItemDirectoryServiceServicer):
    """Serves ItemDirectoryService."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetItemsForSale(
        self, request: item_directory_service_pb2.GetItemsForSaleRequest, context: grpc.ServicerContext
    ) -> item_directory_service_pb2.GetItemsForSaleResponse:
        """What a bill needs of each item."""
        found = items.items_for_sale(
            self._deps,
            merchant_id_from_proto(request.merchant_id),
            store_id=store_id_or_none(request.store_id),
            item_ids=[convert.item_id_from_proto(each, "item_ids") for each in request.item_ids],
        )
        return item_directory_service_pb2.GetItemsForSaleResponse(items=map(convert.for_sale_to_proto, found))
