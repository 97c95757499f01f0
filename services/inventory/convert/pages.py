"""Pages of lists: how far a token says we were, and the token of what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

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
from services.kit.paging import PageTokenInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.inventory.domain.item import Item
    from services.inventory.domain.product import Product
    from services.inventory.domain.shopping_list import ShoppingList
    from services.inventory.domain.stock import Movement, Stock
    from services.kit.paging import Page


def id_key(page: Page) -> str | None:
    """The last row's id. Raises PageTokenInvalid."""
    key = _key(page, 1)
    return None if key is None else _checked(key[0])


def name_and_id_key(page: Page) -> tuple[str, str] | None:
    """The last row's name and id. Raises PageTokenInvalid."""
    key = _key(page, 2)
    if key is None:
        return None
    if "\0" in key[0]:
        raise PageTokenInvalid
    return key[0], _checked(key[1])


def two_ids_key(page: Page) -> tuple[str, str] | None:
    """The last row's two ids. Raises PageTokenInvalid."""
    key = _key(page, 2)
    return None if key is None else (_checked(key[0]), _checked(key[1]))


def products_to_proto(page: Page, found: Sequence[Product]) -> product_service_pb2.ListProductsResponse:
    """`found` may hold one more than the page."""
    shown = found[: page.size]
    more = len(found) > page.size
    return product_service_pb2.ListProductsResponse(
        products=map(product_to_proto, shown),
        next_page_token=page.next_token(shown[-1].display_name, str(shown[-1].id)) if more else "",
    )


def items_to_proto(page: Page, found: Sequence[tuple[str, Item]]) -> item_service_pb2.ListItemsResponse:
    """`found` may hold one more than the page; each item comes with the name as it sorts."""
    shown = found[: page.size]
    more = len(found) > page.size
    return item_service_pb2.ListItemsResponse(
        items=[item_to_proto(item) for _, item in shown],
        next_page_token=page.next_token(shown[-1][0], str(shown[-1][1].id)) if more else "",
    )


def stock_page_to_proto(page: Page, found: Sequence[Stock]) -> stock_service_pb2.ListStockResponse:
    """`found` may hold one more than the page."""
    shown = found[: page.size]
    more = len(found) > page.size
    return stock_service_pb2.ListStockResponse(
        stock=map(stock_to_proto, shown),
        next_page_token=page.next_token(str(shown[-1].store_id), str(shown[-1].item_id)) if more else "",
    )


def movements_to_proto(page: Page, found: Sequence[Movement]) -> stock_service_pb2.ListMovementsResponse:
    """`found` may hold one more than the page."""
    shown = found[: page.size]
    more = len(found) > page.size
    return stock_service_pb2.ListMovementsResponse(
        movements=map(movement_to_proto, shown),
        next_page_token=page.next_token(str(shown[-1].id)) if more else "",
    )


def lists_to_proto(page: Page, found: Sequence[ShoppingList]) -> shopping_list_service_pb2.ListShoppingListsResponse:
    """`found` may hold one more than the page."""
    shown = found[: page.size]
    more = len(found) > page.size
    return shopping_list_service_pb2.ListShoppingListsResponse(
        shopping_lists=map(list_to_proto, shown),
        next_page_token=page.next_token(str(shown[-1].id)) if more else "",
    )


def _key(page: Page, parts: int) -> tuple[str, ...] | None:
    if page.after is not None and len(page.after) != parts:
        raise PageTokenInvalid
    return page.after


def _checked(text: str) -> str:
    """Tokens are not signed: whoever makes one up gets a refusal, not a fault of the database."""
    try:
        return str(UUID(text))
    except ValueError as error:
        raise PageTokenInvalid from error
