"""Pages of lists: how far a token says we were, and the token of what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.inventory.v1 import (
    item_service_pb2,
    product_service_pb2,
    shopping_list_service_pb2,
    stock_service_pb2,
)

from services.inventory.convert.items import item_to_proto
from services.inventory.convert.lists import list_to_proto
from services.inventory.convert.products import product_to_proto
from services.inventory.convert.stock import movement_to_proto, stock_to_proto
from services.kit.paging import as_id, cut, row_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.inventory.domain.item import Item
    from services.inventory.domain.product import Product
    from services.inventory.domain.shopping_list import ShoppingList
    from services.inventory.domain.stock import Movement, Stock
    from services.kit.paging import Page


def id_key(page: Page) -> str | None:
    """The last row's id. Raises PageTokenInvalid."""
    last = row_after(page)
    return None if last is None else str(last)


def name_and_id_key(page: Page) -> tuple[str, str] | None:
    """The last row's name and id. Raises PageTokenInvalid."""
    key = page.key(2)
    return None if key is None else (key[0], str(as_id(key[1])))


def two_ids_key(page: Page) -> tuple[str, str] | None:
    """The last row's two ids. Raises PageTokenInvalid."""
    key = page.key(2)
    return None if key is None else (str(as_id(key[0])), str(as_id(key[1])))


def products_to_proto(page: Page, found: Sequence[Product]) -> product_service_pb2.ListProductsResponse:
    """`found` may hold one more than the page."""
    listed = cut(found, page, key=lambda row: (row.display_name, row.id))
    return product_service_pb2.ListProductsResponse(
        products=map(product_to_proto, listed.items),
        next_page_token=listed.next_page_token,
    )


def items_to_proto(page: Page, found: Sequence[tuple[str, Item]]) -> item_service_pb2.ListItemsResponse:
    """`found` may hold one more than the page; each item comes with the name as it sorts."""
    listed = cut(found, page, key=lambda row: (row[0], row[1].id))
    return item_service_pb2.ListItemsResponse(
        items=[item_to_proto(item) for _, item in listed.items],
        next_page_token=listed.next_page_token,
    )


def stock_page_to_proto(page: Page, found: Sequence[Stock]) -> stock_service_pb2.ListStockResponse:
    """`found` may hold one more than the page."""
    listed = cut(found, page, key=lambda row: (row.store_id, row.item_id))
    return stock_service_pb2.ListStockResponse(
        stock=map(stock_to_proto, listed.items),
        next_page_token=listed.next_page_token,
    )


def movements_to_proto(page: Page, found: Sequence[Movement]) -> stock_service_pb2.ListMovementsResponse:
    """`found` may hold one more than the page."""
    listed = cut(found, page, key=lambda row: (row.id,))
    return stock_service_pb2.ListMovementsResponse(
        movements=map(movement_to_proto, listed.items),
        next_page_token=listed.next_page_token,
    )


def lists_to_proto(page: Page, found: Sequence[ShoppingList]) -> shopping_list_service_pb2.ListShoppingListsResponse:
    """`found` may hold one more than the page."""
    listed = cut(found, page, key=lambda row: (row.id,))
    return shopping_list_service_pb2.ListShoppingListsResponse(
        shopping_lists=map(list_to_proto, listed.items),
        next_page_token=listed.next_page_token,
    )
