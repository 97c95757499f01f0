"""Shopping lists: what people write, and what it was taken to mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.inventory.domain import line as lines
from services.inventory.domain import product as product_rules
from services.inventory.domain import shopping_list as rules
from services.inventory.domain.errors import ShoppingListItemNotFound, ShoppingListNotFound
from services.inventory.domain.ids import AccountId, ListId, ListItemId, ProductId
from services.inventory.domain.shopping_list import ListCandidate, ListItem, ListItemState, ShoppingList, WantedList
from services.inventory.store import lists as store
from services.inventory.usecases.products import require_product, resolve_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy import Connection

    from services.inventory.domain.matching import Resolution
    from services.inventory.usecases.deps import Deps
    from services.kit.idempotency import M, Once


def create_list(
    deps: Deps, account_id: AccountId, *, display_name: str, texts: Sequence[str], once: Once[ShoppingList, M]
) -> M:
    """Begins a list, with lines if there are any. Raises ShoppingListLimit."""
    with deps.db.transaction(account=account_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        rules.check_room_for_list(store.count_lists(tx, account_id))
        list_id = ListId(deps.ids.new())
        store.insert_list(tx, account_id, list_id, display_name=display_name, now=deps.clock.now())
        _add(deps, tx, account_id, list_id, texts)
        return once.record(tx, _required(tx, account_id, list_id))


def get_list(deps: Deps, account_id: AccountId, list_id: ListId) -> ShoppingList:
    """The list with its items. Raises ShoppingListNotFound."""
    with deps.db.transaction(account=account_id) as tx:
        return _required(tx, account_id, list_id)


def list_lists(deps: Deps, account_id: AccountId, *, after: str | None, limit: int) -> list[ShoppingList]:
    """Newest first, without items."""
    with deps.db.transaction(account=account_id) as tx:
        return store.page_of_lists(tx, account_id, after=after, limit=limit)


def delete_list(deps: Deps, account_id: AccountId, list_id: ListId) -> None:
    """Throws the list away. Raises ShoppingListNotFound."""
    with deps.db.transaction(account=account_id) as tx:
        if not store.delete_list(tx, account_id, list_id):
            raise ShoppingListNotFound


def add_items(
    deps: Deps, account_id: AccountId, list_id: ListId, *, texts: Sequence[str], once: Once[ShoppingList, M]
) -> M:
    """Reads the lines and puts them at the end. Raises ShoppingListNotFound, ShoppingListLimit."""
    with deps.db.transaction(account=account_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        before = _locked(tx, account_id, list_id)
        written = [text for text in texts if text.strip()]
        rules.check_room_for_items(before.item_count, len(written))
        _add(deps, tx, account_id, list_id, written)
        store.touch_list(tx, account_id, list_id, now=deps.clock.now())
        return once.record(tx, _required(tx, account_id, list_id))


def choose_product(
    deps: Deps,
    account_id: AccountId,
    list_id: ListId,
    item_id: ListItemId,
    *,
    product_id: ProductId,
    quantity: Decimal | None,
) -> ShoppingList:
    """Says what the line means; without `quantity`, as many as its text comes to.

    Raises ShoppingListNotFound, ShoppingListItemNotFound, ProductNotFound.
    """
    with deps.db.transaction(account=account_id) as tx:
        before = _locked(tx, account_id, list_id)
        item = next((item for item in before.items if item.id == item_id), None)
        if item is None:
            raise ShoppingListItemNotFound
        product = require_product(tx, product_id)
        if quantity is None:
            quantity = product_rules.quantity_of(product, lines.parse(item.text))
        store.choose_product(tx, account_id, list_id, item_id, product_id=product_id, quantity=quantity)
        store.touch_list(tx, account_id, list_id, now=deps.clock.now())
        return _required(tx, account_id, list_id)


def remove_item(deps: Deps, account_id: AccountId, list_id: ListId, item_id: ListItemId) -> ShoppingList:
    """Takes a line off. Raises ShoppingListNotFound, ShoppingListItemNotFound."""
    with deps.db.transaction(account=account_id) as tx:
        _locked(tx, account_id, list_id)
        if not store.remove_item(tx, account_id, list_id, item_id):
            raise ShoppingListItemNotFound
        store.touch_list(tx, account_id, list_id, now=deps.clock.now())
        return _required(tx, account_id, list_id)


def get_wanted(deps: Deps, account_id: AccountId, list_id: ListId) -> WantedList:
    """The list as a trip wants it. Raises ShoppingListNotFound."""
    return rules.wanted(get_list(deps, account_id, list_id).items)


def _add(deps: Deps, tx: Connection, account_id: AccountId, list_id: ListId, texts: Sequence[str]) -> None:
    written = [text.strip() for text in texts if text.strip()]
    if not written:
        return
    resolutions = resolve_lines(tx, written)
    items = [_item(deps, text, resolution) for text, resolution in zip(written, resolutions, strict=True)]
    store.add_items(tx, account_id, list_id, items)


def _item(deps: Deps, text: str, resolution: Resolution) -> ListItem:
    chosen = resolution.chosen
    return ListItem(
        id=ListItemId(deps.ids.new()),
        text=text,
        state=ListItemState.RESOLVED if chosen else ListItemState.UNRESOLVED,
        product=chosen.product if chosen else None,
        quantity=chosen.quantity if chosen else resolution.plain_quantity,
        candidates=tuple(ListCandidate(each.product, each.quantity) for each in resolution.runners_up),
    )


def _locked(tx: Connection, account_id: AccountId, list_id: ListId) -> ShoppingList:
    if not store.lock_list(tx, account_id, list_id):
        raise ShoppingListNotFound
    return _required(tx, account_id, list_id)


def _required(tx: Connection, account_id: AccountId, list_id: ListId) -> ShoppingList:
    found = store.load_list(tx, account_id, list_id)
    if found is None:
        raise ShoppingListNotFound
    return found
