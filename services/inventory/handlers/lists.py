"""ShoppingListService: what a person means to buy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.inventory.v1 import shopping_list_pb2, shopping_list_service_pb2, shopping_list_service_pb2_grpc
from google.protobuf import empty_pb2

from services.inventory.convert import lists as convert
from services.inventory.convert.fields import positive_from_proto
from services.inventory.convert.pages import id_key, lists_to_proto
from services.inventory.convert.products import product_id_from_proto
from services.inventory.handlers.caller import account
from services.inventory.usecases import lists
from services.kit import idempotency, paging

if TYPE_CHECKING:
    import grpc

    from services.inventory.usecases.deps import Deps


class ShoppingListHandler(shopping_list_service_pb2_grpc.ShoppingListServiceServicer):
    """Serves ShoppingListService."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetShoppingList(
        self, request: shopping_list_service_pb2.GetShoppingListRequest, context: grpc.ServicerContext
    ) -> shopping_list_pb2.ShoppingList:
        """One list."""
        return convert.list_to_proto(lists.get_list(self._deps, account(), convert.list_id_from_proto(request.id)))

    def ListShoppingLists(
        self, request: shopping_list_service_pb2.ListShoppingListsRequest, context: grpc.ServicerContext
    ) -> shopping_list_service_pb2.ListShoppingListsResponse:
        """A page of lists."""
        page = paging.page(request)
        found = lists.list_lists(self._deps, account(), after=id_key(page), limit=page.size + 1)
        return lists_to_proto(page, found)

    def CreateShoppingList(
        self, request: shopping_list_service_pb2.CreateShoppingListRequest, context: grpc.ServicerContext
    ) -> shopping_list_pb2.ShoppingList:
        """A new list."""
        once = idempotency.once(request, shopping_list_pb2.ShoppingList, convert.list_to_proto)
        return lists.create_list(
            self._deps, account(), display_name=request.display_name, texts=request.lines, once=once
        )

    def DeleteShoppingList(
        self, request: shopping_list_service_pb2.DeleteShoppingListRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """No list."""
        lists.delete_list(self._deps, account(), convert.list_id_from_proto(request.id))
        return empty_pb2.Empty()

    def AddItems(
        self, request: shopping_list_service_pb2.AddItemsRequest, context: grpc.ServicerContext
    ) -> shopping_list_pb2.ShoppingList:
        """A longer list."""
        once = idempotency.once(request, shopping_list_pb2.ShoppingList, convert.list_to_proto)
        list_id = convert.list_id_from_proto(request.id)
        return lists.add_items(self._deps, account(), list_id, texts=request.lines, once=once)

    def ChooseProduct(
        self, request: shopping_list_service_pb2.ChooseProductRequest, context: grpc.ServicerContext
    ) -> shopping_list_pb2.ShoppingList:
        """A corrected list."""
        changed = lists.choose_product(
            self._deps,
            account(),
            convert.list_id_from_proto(request.id),
            convert.list_item_id_from_proto(request.item_id),
            product_id=product_id_from_proto(request.product_id, "product_id"),
            quantity=positive_from_proto(request.quantity, "quantity") if request.HasField("quantity") else None,
        )
        return convert.list_to_proto(changed)

    def RemoveItem(
        self, request: shopping_list_service_pb2.RemoveItemRequest, context: grpc.ServicerContext
    ) -> shopping_list_pb2.ShoppingList:
        """A shorter list."""
        list_id = convert.list_id_from_proto(request.id)
        item_id = convert.list_item_id_from_proto(request.item_id)
        return convert.list_to_proto(lists.remove_item(self._deps, account(), list_id, item_id))

    def GetWanted(
        self, request: shopping_list_service_pb2.GetWantedRequest, context: grpc.ServicerContext
    ) -> shopping_list_service_pb2.GetWantedResponse:
        """The list as a trip wants it."""
        account_id = convert.account_id_from_proto(request.account_id)
        list_id = convert.list_id_from_proto(request.shopping_list_id, "shopping_list_id")
        return convert.wanted_to_proto(lists.get_wanted(self._deps, account_id, list_id))
