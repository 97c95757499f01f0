"""The catalogue: read by everyone, so nothing here has a tenant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.inventory.domain.ids import ProductId
from services.inventory.domain.line import Measure
from services.inventory.domain.product import Product, ProductName
from services.kit.sql import later, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal
    from uuid import UUID

    from sqlalchemy import Connection

PRODUCT_COLUMNS = """
    p.key AS product_key, p.id AS product_id, p.display_name, p.category, p.unit_code AS product_unit,
    p.package_amount, p.package_unit, p.tax_class, p.hsn_code AS product_hsn, p.weight, p.piece_grams, p.other_names
"""
# Names looked at for one line; the shortest are the nearest to what was written.
_MOST_NAMES = 80
_MOST_ALIKE = 150
# Below pg_trgm's own 0.3: what is brought is ranked by edits afterwards.
_ALIKE = "0.2"
# "mlik" shares no trigram but the first with "milk": short words are looked for by first letter and length too.
_SHORT = 7

_BY_ID = f"SELECT {PRODUCT_COLUMNS} FROM products p WHERE p.id = ANY(%(ids)s)"  # noqa: S608
_BY_KEY = f"SELECT {PRODUCT_COLUMNS} FROM products p WHERE p.key = ANY(%(keys)s)"  # noqa: S608
_PAGE = f"""
SELECT {PRODUCT_COLUMNS} FROM products p
WHERE NOT p.retired AND (%(category)s = '' OR p.category = %(category)s)
  AND (%(name)s::text IS NULL OR (p.display_name, p.id) > (%(name)s, %(id)s::uuid))
ORDER BY p.display_name, p.id LIMIT %(limit)s
"""  # noqa: S608
_BY_WORDS = """
SELECT query.number, name.product_key, name.norm
FROM unnest(%(queries)s::text[]) WITH ORDINALITY AS query (text, number)
CROSS JOIN LATERAL (
    SELECT n.product_key, n.norm FROM product_names n JOIN products p ON p.key = n.product_key
    WHERE n.lexemes @@ query.text::tsquery AND NOT p.retired
    ORDER BY length(n.norm), n.product_key, n.norm LIMIT %(limit)s
) AS name
"""
_SET_ALIKE = "SELECT set_config('pg_trgm.similarity_threshold', %s, true)"
_BY_LIKENESS = """
SELECT query.number, name.product_key, name.norm
FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS query (text, number)
CROSS JOIN LATERAL (
    SELECT n.product_key, n.norm FROM product_names n JOIN products p ON p.key = n.product_key
    WHERE (n.norm %% query.text OR length(query.text) <= %(short)s AND left(n.norm, 1) = left(query.text, 1)
            AND length(n.norm) BETWEEN length(query.text) - 1 AND length(query.text) + 1)
      AND NOT p.retired
    ORDER BY similarity(n.norm, query.text) DESC, n.product_key, n.norm LIMIT %(limit)s
) AS name
"""
_UPSERT = """
INSERT INTO products AS p (id, code, display_name, category, unit_code, package_amount, package_unit, tax_class,
    hsn_code, weight, piece_grams, other_names)
SELECT * FROM unnest(%(ids)s::uuid[], %(codes)s::text[], %(names)s::text[], %(categories)s::text[], %(units)s::text[],
    %(amounts)s::numeric[], %(package_units)s::text[], %(tax_classes)s::text[], %(hsn_codes)s::text[],
    %(weights)s::smallint[], %(grams)s::integer[], %(others)s::jsonb[])
ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, category = excluded.category,
    unit_code = excluded.unit_code, package_amount = excluded.package_amount, package_unit = excluded.package_unit,
    tax_class = excluded.tax_class, hsn_code = excluded.hsn_code, weight = excluded.weight,
    piece_grams = excluded.piece_grams, other_names = excluded.other_names, retired = false
WHERE (p.display_name, p.category, p.unit_code, p.package_amount, p.package_unit, p.tax_class, p.hsn_code, p.weight,
    p.piece_grams, p.other_names, p.retired)
  IS DISTINCT FROM (excluded.display_name, excluded.category, excluded.unit_code, excluded.package_amount,
    excluded.package_unit, excluded.tax_class, excluded.hsn_code, excluded.weight, excluded.piece_grams,
    excluded.other_names, false)
"""
_RETIRE = "UPDATE products SET retired = true WHERE NOT retired AND NOT id = ANY(%(ids)s::uuid[])"
_FORGET_NAMES = """
DELETE FROM product_names n USING products p
WHERE p.key = n.product_key AND (p.id, n.norm) NOT IN (SELECT * FROM unnest(%(ids)s::uuid[], %(norms)s::text[]))
"""
_ADD_NAMES = """
INSERT INTO product_names (product_key, norm)
SELECT p.key, name.norm FROM unnest(%(ids)s::uuid[], %(norms)s::text[]) AS name (id, norm)
JOIN products p ON p.id = name.id
ON CONFLICT DO NOTHING
"""
_LOCK_CATALOGUE = "SELECT pg_advisory_xact_lock(hashtext('inventory catalogue'))"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A product as it is written into the catalogue, with every name in its one spelling."""

    product: Product
    code: str
    norms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Named:
    """A product that a search brought, and by which of its names."""

    product: Product
    norm: str


def load_products(tx: Connection, ids: Iterable[ProductId]) -> dict[ProductId, Product]:  # no tenant: the catalogue
    """Those of `ids` that exist, retired ones too."""
    rows = run(tx, _BY_ID, {"ids": list(ids)})
    return {product.id: product for product in map(product_of, rows)}


def load_products_by_key(tx: Connection, keys: Iterable[int]) -> dict[int, Product]:  # no tenant: the catalogue
    """By the key that rows of this schema hold."""
    return {row.product_key: product_of(row) for row in run(tx, _BY_KEY, {"keys": list(keys)})}


def page_of_products(  # no tenant: the catalogue
    tx: Connection, *, category: str, after: tuple[str, str] | None, limit: int
) -> list[Product]:
    """By name; `after` is the last name and id of the page before."""
    name, product_id = after or (None, None)
    values = {"category": category, "name": name, "id": product_id, "limit": limit}
    return [product_of(row) for row in run(tx, _PAGE, values)]


def find_by_words(  # no tenant: the catalogue
    tx: Connection, searches: Sequence[Sequence[str]], *, unfinished: bool = False
) -> list[list[Named]]:
    """For each search the products with a name that has all its words; `unfinished`: the last may be only begun."""
    ending = ":*" if unfinished else ""
    queries = [" & ".join(f"'{word}'" for word in words) + ending for words in searches]
    found = run(tx, _BY_WORDS, {"queries": queries, "limit": _MOST_NAMES}).all()
    return _grouped(tx, found, len(searches))


def find_alike(tx: Connection, texts: Sequence[str]) -> list[list[Named]]:  # no tenant: the catalogue
    """For each text the products with a name that shares trigrams with it, likest first."""
    later(tx, _SET_ALIKE, (_ALIKE,))
    found = run(tx, _BY_LIKENESS, {"texts": list(texts), "limit": _MOST_ALIKE, "short": _SHORT}).all()
    return _grouped(tx, found, len(texts))


def write_catalogue(tx: Connection, entries: Sequence[CatalogueEntry]) -> None:  # no tenant: the catalogue
    """Makes the catalogue what `entries` say. What they leave out is retired. Unchanged rows are not touched."""
    run(tx, _LOCK_CATALOGUE)
    products = [entry.product for entry in entries]
    run(
        tx,
        _UPSERT,
        {
            "ids": [product.id for product in products],
            "codes": [entry.code for entry in entries],
            "names": [product.display_name for product in products],
            "categories": [product.category for product in products],
            "units": [product.unit_code for product in products],
            "amounts": [product.package.amount if product.package else None for product in products],
            "package_units": [product.package.unit_code if product.package else None for product in products],
            "tax_classes": [product.tax_class for product in products],
            "hsn_codes": [product.hsn_code for product in products],
            "weights": [product.weight for product in products],
            "grams": [product.piece_grams for product in products],
            "others": [
                json.dumps([[name.name, name.language] for name in product.other_names], ensure_ascii=False)
                for product in products
            ],
        },
    )
    run(tx, _RETIRE, {"ids": [product.id for product in products]})
    names = [(entry.product.id, norm) for entry in entries for norm in sorted(entry.norms)]
    values: Mapping[str, Any] = {"ids": [each[0] for each in names], "norms": [each[1] for each in names]}
    run(tx, _FORGET_NAMES, values)
    run(tx, _ADD_NAMES, values)


def product_of(row: Any) -> Product:
    """The product in a row that has PRODUCT_COLUMNS."""
    amount: Decimal | None = row.package_amount
    product_id: UUID = row.product_id
    return Product(
        id=ProductId(product_id),
        display_name=row.display_name,
        category=row.category,
        unit_code=row.product_unit,
        package=Measure(amount, row.package_unit) if amount is not None else None,
        tax_class=row.tax_class,
        hsn_code=row.product_hsn,
        weight=row.weight,
        piece_grams=row.piece_grams,
        other_names=tuple(ProductName(name, language) for name, language in row.other_names),
    )


def _grouped(tx: Connection, found: Sequence[Any], searches: int) -> list[list[Named]]:
    products = load_products_by_key(tx, {row.product_key for row in found}) if found else {}
    groups: list[list[Named]] = [[] for _ in range(searches)]
    for row in found:
        groups[row.number - 1].append(Named(products[row.product_key], row.norm))
    return groups
