"""ItemService: what the merchant sells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.inventory.v1 import item_pb2, item_service_pb2, item_service_pb2_grpc

from services.inventory.convert import items as convert
from services.inventory.convert.pages import items_to_proto, name_and_id_key
from services.inventory.convert.products import product_id_or_none
from services.inventory.convert.rules import Rules
from services.inventory.handlers.caller import account_or_none, merchant
from services.inventory.usecases import imports, items
from services.kit import idempotency, paging

if TYPE_CHECKING:
    import grpc

    from services.inventory.usecases.deps import Deps


class ItemHandler(item_service_pb2_grpc.ItemServiceServicer):
    """Serves ItemService."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._rules = Rules()

    def GetItem(self, request: item_service_pb2.GetItemRequest, context: grpc.ServicerContext) -> item_pb2.Item:
        """One item."""
        item_id = convert.item_id_from_proto(request.id, "id")
        return convert.item_to_proto(items.get_item(self._deps, merchant(), item_id))

    def ListItems(
        self, request: item_service_pb2.ListItemsRequest, context: grpc.ServicerContext
    ) -> item_service_pb2.ListItemsResponse:
        """A page of items."""
        page = paging.page(request)
        found = items.list_items(
            self._deps,
            merchant(),
            query=request.query,
            sku=request.sku,
            barcode=request.barcode,
            product_id=product_id_or_none(request.product_id, "product_id"),
            after=name_and_id_key(page),
            limit=page.size + 1,
        )
        return items_to_proto(page, found)

    def CreateItem(self, request: item_service_pb2.CreateItemRequest, context: grpc.ServicerContext) -> item_pb2.Item:
        """A new item."""
        once = idempotency.once(request, item_pb2.Item, convert.item_to_proto)
        terms = convert.terms_from_proto(request.item, "item")
        return items.create_item(self._deps, merchant(), terms=terms, once=once)

    def UpdateItem(self, request: item_service_pb2.UpdateItemRequest, context: grpc.ServicerContext) -> item_pb2.Item:
        """A changed item."""
        item_id, edit = convert.edit_from_proto(request, self._rules)
        return convert.item_to_proto(
            items.update_item(self._deps, merchant(), item_id, edit=edit, etag=request.item.etag)
        )

    def DeleteItem(self, request: item_service_pb2.DeleteItemRequest, context: grpc.ServicerContext) -> item_pb2.Item:
        """A deleted item."""
        item_id = convert.item_id_from_proto(request.id, "id")
        return convert.item_to_proto(items.delete_item(self._deps, merchant(), item_id, etag=request.etag))

    def BatchCreateItems(
        self, request: item_service_pb2.BatchCreateItemsRequest, context: grpc.ServicerContext
    ) -> item_service_pb2.BatchCreateItemsResponse:
        """An import."""
        once = idempotency.once(request, item_service_pb2.BatchCreateItemsResponse, convert.import_to_proto)
        rows, faults = convert.rows_from_proto(request, self._rules)
        return imports.batch_create_items(
            self._deps,
            merchant(),
            rows=rows,
            faults=faults,
            validate_only=request.validate_only,
            account_id=account_or_none(),
            once=once,
            encode=convert.import_to_proto,
        )
