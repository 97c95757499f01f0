"""What people mean to buy."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from services.inventory.domain.errors import ShoppingListLimit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from services.inventory.domain.ids import AccountId, ListId, ListItemId, ProductId
    from services.inventory.domain.product import Product

MOST_LISTS: Final = 200
MOST_ITEMS: Final = 200


class ListItemState(StrEnum):
    """How sure it is what a line means."""

    RESOLVED = "RESOLVED"
    UNRESOLVED = "UNRESOLVED"
    CHOSEN = "CHOSEN"


@dataclass(frozen=True, slots=True)
class ListCandidate:
    """A product that a line may have meant, and how many of it the line would come to."""

    product: Product
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ListItem:
    """One line: what was written, and what it was taken to mean. `product` is None exactly while UNRESOLVED."""

    id: ListItemId
    text: str
    state: ListItemState
    product: Product | None
    quantity: Decimal
    candidates: tuple[ListCandidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShoppingList:
    """A person's list; `items` are empty where only the list itself was read."""

    account_id: AccountId
    id: ListId
    display_name: str
    items: tuple[ListItem, ...]
    item_count: int
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A product and how many of it, all lines together."""

    product_id: ProductId
    display_name: str
    quantity: Decimal
    unit_code: str


@dataclass(frozen=True, slots=True)
class WantedList:
    """A list as a trip wants it."""

    wanted: tuple[WantedLine, ...]
    unresolved: tuple[str, ...]


def check_room_for_list(lists: int) -> None:
    """Raises ShoppingListLimit when a person with so many lists may not begin another."""
    if lists >= MOST_LISTS:
        raise ShoppingListLimit(f"{MOST_LISTS} lists")


def check_room_for_items(present: int, new: int) -> None:
    """Raises ShoppingListLimit when a list of so many lines may not take so many more."""
    if present + new > MOST_ITEMS:
        raise ShoppingListLimit(f"{MOST_ITEMS} lines")


def wanted(items: Iterable[ListItem]) -> WantedList:
    """Each product once, in the order of the list, and what nobody has understood."""
    lines: dict[ProductId, WantedLine] = {}
    unresolved = []
    for item in items:
        if item.product is None:
            unresolved.append(item.text)
            continue
        before = lines.get(item.product.id)
        lines[item.product.id] = WantedLine(
            product_id=item.product.id,
            display_name=item.product.display_name,
            quantity=item.quantity + (before.quantity if before else Decimal(0)),
            unit_code=item.product.unit_code,
        )
    return WantedList(tuple(lines.values()), tuple(unresolved))
