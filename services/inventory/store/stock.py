"""What stores have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.inventory.domain.ids import ItemId, MerchantId, StoreId
from services.inventory.domain.stock import Stock
from services.kit.money import Money
from services.kit.sql import later, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import Connection

    from services.inventory.domain.item import Item

_COLUMNS = """
    s.store_id, s.item_id, i.name, i.unit_code, s.quantity, s.price_minor, s.currency_code, s.own_price,
    i.reorder_level, s.update_time
"""
_FROM = "FROM stock s JOIN items i ON i.merchant_id = s.merchant_id AND i.id = s.item_id"
_KEY = "s.merchant_id = %(merchant_id)s AND s.store_id = %(store_id)s AND s.item_id = %(item_id)s"
_LOAD = f"SELECT {_COLUMNS} {_FROM} WHERE {_KEY}"
_LOCK = f"{_LOAD} FOR NO KEY UPDATE OF s"
_PAGE = f"""
SELECT {_COLUMNS} {_FROM}
WHERE s.merchant_id = %(merchant_id)s AND NOT i.deleted
  AND (%(store_id)s::uuid IS NULL OR s.store_id = %(store_id)s::uuid)
  AND (%(item_id)s::uuid IS NULL OR s.item_id = %(item_id)s::uuid)
  AND (NOT %(low)s OR s.quantity <= i.reorder_level)
  AND (%(after_store)s::uuid IS NULL OR (s.store_id, s.item_id) > (%(after_store)s::uuid, %(after_item)s::uuid))
ORDER BY s.store_id, s.item_id LIMIT %(limit)s
"""
_INSERT = """
INSERT INTO stock (merchant_id, store_id, item_id, quantity, price_minor, currency_code, own_price, update_time,
    product_key, store_key, h3_r6, latitude_e6, longitude_e6, store_open, item_deleted)
SELECT %(merchant_id)s, row.store_id, row.item_id, row.quantity, coalesce(row.price, i.price_minor), i.currency_code,
    row.price IS NOT NULL, %(now)s, i.product_key, p.key, p.h3_r6, p.latitude_e6, p.longitude_e6, p.open, i.deleted
FROM unnest(%(store_ids)s::uuid[], %(item_ids)s::uuid[], %(quantities)s::numeric[], %(prices)s::bigint[])
    AS row (store_id, item_id, quantity, price)
JOIN items i ON i.merchant_id = %(merchant_id)s AND i.id = row.item_id
JOIN store_places p ON p.merchant_id = %(merchant_id)s AND p.store_id = row.store_id
ON CONFLICT DO NOTHING
"""
_SET_QUANTITY = f"UPDATE stock s SET quantity = %(quantity)s, update_time = %(now)s WHERE {_KEY}"  # noqa: S608
_SET_PRICE = f"""
UPDATE stock s SET price_minor = coalesce(%(price)s, i.price_minor), own_price = %(price)s IS NOT NULL,
    update_time = %(now)s
FROM items i WHERE {_KEY} AND i.merchant_id = s.merchant_id AND i.id = s.item_id
"""  # noqa: S608
_FOLLOW_ITEM = """
WITH held AS MATERIALIZED (
    SELECT store_id FROM stock WHERE merchant_id = %(merchant_id)s AND item_id = %(item_id)s
    ORDER BY store_id FOR NO KEY UPDATE
)
UPDATE stock s SET price_minor = CASE WHEN s.own_price THEN s.price_minor ELSE i.price_minor END,
    product_key = i.product_key, item_deleted = i.deleted, update_time = i.update_time
FROM held, items i
WHERE s.merchant_id = %(merchant_id)s AND s.item_id = %(item_id)s AND s.store_id = held.store_id
  AND i.merchant_id = %(merchant_id)s AND i.id = %(item_id)s
  AND (s.product_key, s.item_deleted, CASE WHEN s.own_price THEN s.price_minor ELSE i.price_minor END)
    IS DISTINCT FROM (i.product_key, i.deleted, s.price_minor)
"""
_LOCK_QUANTITIES = """
SELECT item_id, quantity FROM stock
WHERE merchant_id = %(merchant_id)s AND store_id = %(store_id)s AND item_id = ANY(%(item_ids)s)
ORDER BY item_id FOR NO KEY UPDATE
"""
_ADD = """
UPDATE stock s SET quantity = s.quantity + change.quantity, update_time = %(now)s
FROM unnest(%(item_ids)s::uuid[], %(changes)s::numeric[]) AS change (item_id, quantity)
WHERE s.merchant_id = %(merchant_id)s AND s.store_id = %(store_id)s AND s.item_id = change.item_id
"""
_AVAILABLE = """
SELECT item_id, quantity, price_minor, currency_code FROM stock
WHERE merchant_id = %(merchant_id)s AND store_id = %(store_id)s AND item_id = ANY(%(item_ids)s)
"""


@dataclass(frozen=True, slots=True)
class NewStock:
    """A store's first stock of an item; `price_minor` None: the item's."""

    store_id: StoreId
    item_id: ItemId
    quantity: Decimal
    price_minor: int | None = None


def load_stock(tx: Connection, merchant_id: MerchantId, *, store_id: StoreId, item_id: ItemId) -> Stock | None:
    """What the store has of the item, None if it never had it."""
    row = run(tx, _LOAD, _key(merchant_id, store_id, item_id)).one_or_none()
    return None if row is None else _stock(row)


def lock_stock(tx: Connection, merchant_id: MerchantId, *, store_id: StoreId, item_id: ItemId) -> Stock | None:
    """The same, until the end of the transaction nobody else's to change."""
    row = run(tx, _LOCK, _key(merchant_id, store_id, item_id)).one_or_none()
    return None if row is None else _stock(row)


def page_of_stock(
    tx: Connection,
    merchant_id: MerchantId,
    *,
    store_id: StoreId | None,
    item_id: ItemId | None,
    low: bool,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Stock]:
    """By store and item; `after` is the last store's and item's id of the page before."""
    after_store, after_item = after or (None, None)
    values = _key(merchant_id, store_id, item_id) | {
        "low": low,
        "after_store": after_store,
        "after_item": after_item,
        "limit": limit,
    }
    return [_stock(row) for row in run(tx, _PAGE, values)]


def insert_stock(tx: Connection, merchant_id: MerchantId, rows: Sequence[NewStock], *, now: datetime) -> None:
    """Writes first stock, with copies of the item's and the store's search columns. Rows that exist stay."""
    values = {
        "merchant_id": merchant_id,
        "store_ids": [row.store_id for row in rows],
        "item_ids": [row.item_id for row in rows],
        "quantities": [row.quantity for row in rows],
        "prices": [row.price_minor for row in rows],
        "now": now,
    }
    run(tx, _INSERT, values)


def set_quantity(
    tx: Connection, merchant_id: MerchantId, *, store_id: StoreId, item_id: ItemId, quantity: Decimal, now: datetime
) -> None:
    """Writes the quantity of a locked row."""
    later(tx, _SET_QUANTITY, _key(merchant_id, store_id, item_id) | {"quantity": quantity, "now": now})


def set_price(
    tx: Connection,
    merchant_id: MerchantId,
    *,
    store_id: StoreId,
    item_id: ItemId,
    price_minor: int | None,
    now: datetime,
) -> None:
    """Writes the store's own price, or with None the item's again."""
    later(tx, _SET_PRICE, _key(merchant_id, store_id, item_id) | {"price": price_minor, "now": now})


def follow_item(tx: Connection, merchant_id: MerchantId, item: Item) -> None:
    """Passes a written item's price, product and state on to every store that has it."""
    later(tx, _FOLLOW_ITEM, {"merchant_id": merchant_id, "item_id": item.id})


def lock_quantities(
    tx: Connection, merchant_id: MerchantId, *, store_id: StoreId, item_ids: Sequence[ItemId]
) -> dict[ItemId, Decimal]:
    """What the store has of the items, until the end of the transaction nobody else's to change."""
    values = {"merchant_id": merchant_id, "store_id": store_id, "item_ids": list(item_ids)}
    return {ItemId(row.item_id): row.quantity for row in run(tx, _LOCK_QUANTITIES, values)}


def add_quantities(
    tx: Connection, merchant_id: MerchantId, *, store_id: StoreId, changes: Mapping[ItemId, Decimal], now: datetime
) -> None:
    """Adds to locked rows; negative changes take."""
    values = {
        "merchant_id": merchant_id,
        "store_id": store_id,
        "item_ids": list(changes),
        "changes": list(changes.values()),
        "now": now,
    }
    later(tx, _ADD, values)


def available(
    tx: Connection, merchant_id: MerchantId, *, store_id: StoreId, item_ids: Sequence[ItemId]
) -> dict[ItemId, tuple[Decimal, Money]]:
    """What the store has of each item and asks for one; items that it never had are left out."""
    values = {"merchant_id": merchant_id, "store_id": store_id, "item_ids": list(item_ids)}
    return {
        ItemId(row.item_id): (row.quantity, Money(row.price_minor, row.currency_code))
        for row in run(tx, _AVAILABLE, values)
    }


def _key(merchant_id: MerchantId, store_id: StoreId | None, item_id: ItemId | None) -> dict[str, Any]:
    return {"merchant_id": merchant_id, "store_id": store_id, "item_id": item_id}


def _stock(row: Any) -> Stock:
    return Stock(
        item_id=ItemId(row.item_id),
        store_id=StoreId(row.store_id),
        item_name=row.name,
        unit_code=row.unit_code,
        quantity=row.quantity,
        unit_price=Money(row.price_minor, row.currency_code),
        own_price=row.own_price,
        reorder_level=row.reorder_level,
        update_time=row.update_time,
    )
