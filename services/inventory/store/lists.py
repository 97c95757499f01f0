"""People's shopping lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.inventory.domain.ids import AccountId, ListId, ListItemId, ProductId
from services.inventory.domain.shopping_list import ListCandidate, ListItem, ListItemState, ShoppingList
from services.inventory.store.products import load_products_by_key
from services.kit.sql import later, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import Connection

_COLUMNS = """
    l.account_id, l.id, l.display_name, l.create_time, l.update_time,
    (SELECT count(*) FROM shopping_list_items i WHERE i.account_id = l.account_id AND i.list_id = l.id) AS item_count
"""
_KEY = "account_id = %(account_id)s AND id = %(id)s"
_LOAD = f"SELECT {_COLUMNS} FROM shopping_lists l WHERE {_KEY}"  # noqa: S608
_LOCK = f"SELECT 1 FROM shopping_lists WHERE {_KEY} FOR UPDATE"  # noqa: S608
_PAGE = f"""
SELECT {_COLUMNS} FROM shopping_lists l
WHERE account_id = %(account_id)s AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608
_COUNT = "SELECT count(*) FROM shopping_lists WHERE account_id = %s"
# A person's lists are counted one request at a time.
_LOCK_PERSON = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_INSERT = """
INSERT INTO shopping_lists (account_id, id, display_name, create_time, update_time)
VALUES (%(account_id)s, %(id)s, %(display_name)s, %(now)s, %(now)s)
"""
_DELETE = f"DELETE FROM shopping_lists WHERE {_KEY}"  # noqa: S608
_TOUCH = f"UPDATE shopping_lists SET update_time = %(now)s WHERE {_KEY}"  # noqa: S608
_ITEMS = """
SELECT id, text, state, product_key, quantity, candidate_keys, candidate_quantities FROM shopping_list_items
WHERE account_id = %(account_id)s AND list_id = %(id)s ORDER BY position
"""
_ADD_ITEM = """
INSERT INTO shopping_list_items (account_id, list_id, id, position, text, state, product_key, quantity, candidate_keys,
    candidate_quantities)
SELECT %(account_id)s, %(list_id)s, %(id)s,
    1 + coalesce((SELECT max(position) FROM shopping_list_items
        WHERE account_id = %(account_id)s AND list_id = %(list_id)s), 0),
    %(text)s, %(state)s, (SELECT key FROM products WHERE id = %(product_id)s), %(quantity)s,
    ARRAY(SELECT p.key FROM unnest(%(candidates)s::uuid[]) WITH ORDINALITY c (id, n) JOIN products p ON p.id = c.id
        ORDER BY c.n),
    %(quantities)s::numeric[]
"""
_CHOOSE = """
UPDATE shopping_list_items SET state = 'CHOSEN', product_key = (SELECT key FROM products WHERE id = %(product_id)s),
    quantity = %(quantity)s
WHERE account_id = %(account_id)s AND list_id = %(list_id)s AND id = %(id)s
"""
_REMOVE = """
DELETE FROM shopping_list_items WHERE account_id = %(account_id)s AND list_id = %(list_id)s AND id = %(id)s
"""


def load_list(tx: Connection, account_id: AccountId, list_id: ListId) -> ShoppingList | None:
    """The person's list with its items."""
    key = {"account_id": account_id, "id": list_id}
    row = run(tx, _LOAD, key).one_or_none()
    return None if row is None else _list(row, _items(tx, run(tx, _ITEMS, key).all()))


def lock_list(tx: Connection, account_id: AccountId, list_id: ListId) -> bool:
    """Whether there is such a list; until the end of the transaction nobody else's to change."""
    return run(tx, _LOCK, {"account_id": account_id, "id": list_id}).one_or_none() is not None


def page_of_lists(tx: Connection, account_id: AccountId, *, after: str | None, limit: int) -> list[ShoppingList]:
    """Newest first, without items; `after` is the last id of the page before."""
    values = {"account_id": account_id, "after": after, "limit": limit}
    return [_list(row, ()) for row in run(tx, _PAGE, values)]


def count_lists(tx: Connection, account_id: AccountId) -> int:
    """How many lists the person has; nobody begins another until the end of the transaction."""
    later(tx, _LOCK_PERSON, (str(account_id),))
    return int(run(tx, _COUNT, (account_id,)).scalar_one())


def insert_list(tx: Connection, account_id: AccountId, list_id: ListId, *, display_name: str, now: datetime) -> None:
    """Begins a list."""
    values = {"account_id": account_id, "id": list_id, "display_name": display_name, "now": now}
    later(tx, _INSERT, values)


def delete_list(tx: Connection, account_id: AccountId, list_id: ListId) -> bool:
    """Whether there was such a list; it and its items are gone."""
    return run(tx, _DELETE, {"account_id": account_id, "id": list_id}).rowcount > 0


def touch_list(tx: Connection, account_id: AccountId, list_id: ListId, *, now: datetime) -> None:
    """Notes that something on the list changed."""
    later(tx, _TOUCH, {"account_id": account_id, "id": list_id, "now": now})


def add_items(tx: Connection, account_id: AccountId, list_id: ListId, items: Sequence[ListItem]) -> None:
    """Puts items at the end of a locked list, in their order."""
    for item in items:
        later(
            tx,
            _ADD_ITEM,
            {
                "account_id": account_id,
                "list_id": list_id,
                "id": item.id,
                "text": item.text,
                "state": item.state.value,
                "product_id": item.product.id if item.product else None,
                "quantity": item.quantity,
                "candidates": [candidate.product.id for candidate in item.candidates],
                "quantities": [candidate.quantity for candidate in item.candidates],
            },
        )


def choose_product(
    tx: Connection,
    account_id: AccountId,
    list_id: ListId,
    item_id: ListItemId,
    *,
    product_id: ProductId,
    quantity: Decimal,
) -> None:
    """Writes what the person said the line means."""
    values = {
        "account_id": account_id,
        "list_id": list_id,
        "id": item_id,
        "product_id": product_id,
        "quantity": quantity,
    }
    later(tx, _CHOOSE, values)


def remove_item(tx: Connection, account_id: AccountId, list_id: ListId, item_id: ListItemId) -> bool:
    """Whether the line was there; it is gone."""
    values = {"account_id": account_id, "list_id": list_id, "id": item_id}
    return run(tx, _REMOVE, values).rowcount > 0


def _items(tx: Connection, rows: Sequence[Any]) -> tuple[ListItem, ...]:
    keys = {row.product_key for row in rows if row.product_key is not None}
    keys |= {key for row in rows for key in row.candidate_keys}
    products = load_products_by_key(tx, keys) if keys else {}
    return tuple(
        ListItem(
            id=ListItemId(row.id),
            text=row.text,
            state=ListItemState(row.state),
            product=products[row.product_key] if row.product_key is not None else None,
            quantity=row.quantity,
            candidates=tuple(
                ListCandidate(products[key], quantity)
                for key, quantity in zip(row.candidate_keys, row.candidate_quantities, strict=True)
            ),
        )
        for row in rows
    )


def _list(row: Any, items: tuple[ListItem, ...]) -> ShoppingList:
    return ShoppingList(
        account_id=AccountId(row.account_id),
        id=ListId(row.id),
        display_name=row.display_name,
        items=items,
        item_count=row.item_count,
        create_time=row.create_time,
        update_time=row.update_time,
    )
