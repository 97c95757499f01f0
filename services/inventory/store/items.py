"""What merchants sell."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg2.errors
from sqlalchemy.exc import IntegrityError

from services.inventory.domain import text
from services.inventory.domain.errors import BarcodeTaken, SkuTaken
from services.inventory.domain.ids import ItemId, MerchantId, ProductId
from services.inventory.domain.item import Item, ItemTerms
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

ITEM_COLUMNS = """
    i.merchant_id, i.id, p.id AS product_id, i.name, i.sku, i.barcode, i.unit_code, i.price_minor, i.currency_code,
    i.price_includes_tax, i.tax_code, i.hsn_code, i.uncounted, i.reorder_level, i.deleted, i.version, i.create_time,
    i.update_time
"""
_FROM = "FROM items i LEFT JOIN products p ON p.key = i.product_key"
_LOAD = f"SELECT {ITEM_COLUMNS} {_FROM} WHERE i.merchant_id = %(merchant_id)s AND i.id = ANY(%(ids)s)"
_LOCK = f"{_LOAD} FOR NO KEY UPDATE OF i"
# So that an item cannot change while its first stock in a store is written with a copy of its price and product.
_HOLD = f"{_LOAD} FOR SHARE OF i"
_PAGE = f"""
SELECT {ITEM_COLUMNS}, i.norm {_FROM}
WHERE i.merchant_id = %(merchant_id)s AND NOT i.deleted
  AND (%(norm)s::text IS NULL OR (i.norm, i.id) > (%(norm)s, %(id)s::uuid))
  AND i.norm LIKE ALL (%(words)s)
  AND (%(sku)s = '' OR i.sku = %(sku)s)
  AND (%(barcode)s = '' OR i.barcode = %(barcode)s)
  AND (%(product_id)s::uuid IS NULL OR p.id = %(product_id)s::uuid)
ORDER BY i.norm, i.id LIMIT %(limit)s
"""
_INSERT = """
INSERT INTO items (merchant_id, id, product_key, name, norm, sku, barcode, unit_code, price_minor, currency_code,
    price_includes_tax, tax_code, hsn_code, uncounted, reorder_level, version, create_time, update_time)
SELECT %(merchant_id)s, item.id, p.key, item.name, item.norm, nullif(item.sku, ''), nullif(item.barcode, ''),
    item.unit_code, item.price, item.currency, item.includes, item.tax_code, item.hsn_code, item.uncounted,
    item.reorder_level, 1, item.at, item.at
FROM unnest(%(ids)s::uuid[], %(product_ids)s::uuid[], %(names)s::text[], %(norms)s::text[], %(skus)s::text[],
    %(barcodes)s::text[], %(units)s::text[], %(prices)s::bigint[], %(currencies)s::text[], %(includes)s::boolean[],
    %(tax_codes)s::text[], %(hsn_codes)s::text[], %(uncounted)s::boolean[], %(levels)s::numeric[],
    %(times)s::timestamptz[])
    AS item (id, product_id, name, norm, sku, barcode, unit_code, price, currency, includes, tax_code, hsn_code,
        uncounted, reorder_level, at)
LEFT JOIN products p ON p.id = item.product_id
"""
_UPDATE = """
UPDATE items SET product_key = (SELECT key FROM products WHERE id = %(product_id)s), name = %(name)s,
    norm = %(norm)s, sku = nullif(%(sku)s, ''), barcode = nullif(%(barcode)s, ''), unit_code = %(unit_code)s,
    price_minor = %(price)s, price_includes_tax = %(includes)s, tax_code = %(tax_code)s, hsn_code = %(hsn_code)s,
    reorder_level = %(reorder_level)s, deleted = %(deleted)s, version = %(version)s, update_time = %(update_time)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s
"""
_TAKEN = """
SELECT sku, barcode FROM items WHERE merchant_id = %(merchant_id)s AND NOT deleted
    AND (sku = ANY(%(skus)s) OR barcode = ANY(%(barcodes)s))
"""
_UNIQUE = {"items_sku": SkuTaken, "items_barcode": BarcodeTaken}


def load_items(tx: Connection, merchant_id: MerchantId, ids: Iterable[ItemId]) -> dict[ItemId, Item]:
    """Those of `ids` that are the merchant's, deleted ones too."""
    return _items(run(tx, _LOAD, {"merchant_id": merchant_id, "ids": list(ids)}))


def lock_item(tx: Connection, merchant_id: MerchantId, item_id: ItemId) -> Item | None:
    """The item, until the end of the transaction nobody else's to change."""
    return _items(run(tx, _LOCK, {"merchant_id": merchant_id, "ids": [item_id]})).get(item_id)


def hold_item(tx: Connection, merchant_id: MerchantId, item_id: ItemId) -> Item | None:
    """The item; it stays as it is until the end of the transaction."""
    return _items(run(tx, _HOLD, {"merchant_id": merchant_id, "ids": [item_id]})).get(item_id)


def page_of_items(
    tx: Connection,
    merchant_id: MerchantId,
    *,
    query: str,
    sku: str,
    barcode: str,
    product_id: ProductId | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[tuple[str, Item]]:
    """Items on sale by name, each with the name as it sorts; `after` is the last of these and the last id."""
    norm, item_id = after or (None, None)
    values = {
        "merchant_id": merchant_id,
        "norm": norm,
        "id": item_id,
        # The words are letters and digits: nothing that LIKE would read as its own.
        "words": [f"%{word}%" for word in text.normalise(query).split()] or ["%"],
        "sku": sku,
        "barcode": barcode,
        "product_id": product_id,
        "limit": limit,
    }
    return [(row.norm, item_of(row)) for row in run(tx, _PAGE, values)]


def insert_items(tx: Connection, merchant_id: MerchantId, items: Sequence[Item]) -> None:
    """Writes new items; their products exist. Raises SkuTaken, BarcodeTaken."""
    terms = [item.terms for item in items]
    values = {
        "merchant_id": merchant_id,
        "ids": [item.id for item in items],
        "product_ids": [each.product_id for each in terms],
        "names": [each.name for each in terms],
        "norms": [text.normalise(each.name) for each in terms],
        "skus": [each.sku for each in terms],
        "barcodes": [each.barcode for each in terms],
        "units": [each.unit_code for each in terms],
        "prices": [each.unit_price.minor for each in terms],
        "currencies": [each.unit_price.currency for each in terms],
        "includes": [each.price_includes_tax for each in terms],
        "tax_codes": [each.tax_code for each in terms],
        "hsn_codes": [each.hsn_code for each in terms],
        "uncounted": [each.uncounted for each in terms],
        "levels": [each.reorder_level for each in terms],
        "times": [item.create_time for item in items],
    }
    with _names_are_unique():
        run(tx, _INSERT, values)


def update_item(tx: Connection, merchant_id: MerchantId, item: Item) -> None:
    """Writes a locked item's terms, state and version. Raises SkuTaken, BarcodeTaken."""
    terms = item.terms
    with _names_are_unique():
        run(
            tx,
            _UPDATE,
            {
                "merchant_id": merchant_id,
                "id": item.id,
                "product_id": terms.product_id,
                "name": terms.name,
                "norm": text.normalise(terms.name),
                "sku": terms.sku,
                "barcode": terms.barcode,
                "unit_code": terms.unit_code,
                "price": terms.unit_price.minor,
                "includes": terms.price_includes_tax,
                "tax_code": terms.tax_code,
                "hsn_code": terms.hsn_code,
                "reorder_level": terms.reorder_level,
                "deleted": item.deleted,
                "version": item.version,
                "update_time": item.update_time,
            },
        )


def find_taken(
    tx: Connection, merchant_id: MerchantId, *, skus: Sequence[str], barcodes: Sequence[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Which of the article numbers and which of the barcodes an item on sale has already."""
    values = {"merchant_id": merchant_id, "skus": list(skus), "barcodes": list(barcodes)}
    rows = run(tx, _TAKEN, values).all()
    return frozenset(row.sku for row in rows if row.sku), frozenset(row.barcode for row in rows if row.barcode)


def item_of(row: Any) -> Item:
    """The item in a row that has ITEM_COLUMNS."""
    return Item(
        merchant_id=MerchantId(row.merchant_id),
        id=ItemId(row.id),
        terms=ItemTerms(
            product_id=ProductId(row.product_id) if row.product_id else None,
            name=row.name,
            sku=row.sku or "",
            barcode=row.barcode or "",
            unit_code=row.unit_code,
            unit_price=Money(row.price_minor, row.currency_code),
            price_includes_tax=row.price_includes_tax,
            tax_code=row.tax_code,
            hsn_code=row.hsn_code,
            uncounted=row.uncounted,
            reorder_level=row.reorder_level,
        ),
        deleted=row.deleted,
        version=row.version,
        create_time=row.create_time,
        update_time=row.update_time,
    )


def _items(rows: Iterable[Any]) -> dict[ItemId, Item]:
    return {item.id: item for item in map(item_of, rows)}


@contextmanager
def _names_are_unique() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if isinstance(error.orig, psycopg2.errors.UniqueViolation):
            refusal = _UNIQUE.get(error.orig.diag.constraint_name or "")
            if refusal is not None:
                raise refusal from error
        raise
