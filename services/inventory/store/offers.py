"""Finds who offers what within a radius, across all merchants.

Two steps. The first reads the offers index alone (the wanted products in the cells that cover the disc, about a
microsecond a row) and chooses the stores. The second reads the exact rows of the chosen stores, for quantities, names
and the distance on the ellipsoid.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from services.inventory.domain.ids import ItemId, MerchantId, ProductId, StoreId
from services.inventory.domain.offer import Candidate, Offer
from services.inventory.store import cells
from services.kit.money import Money
from services.kit.place import GeoPoint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from sqlalchemy import Connection

    from services.inventory.domain.offer import Search

_EARTH_RADIUS_METRES: Final = 6_371_008.8
# The sphere is at most 0.56 % off the ellipsoid: nearer than this it is surely inside, farther surely outside.
_SURELY_INSIDE: Final = 0.994
_SURELY_OUTSIDE: Final = 1.006
# Of each single product, so many of the nearest and of the cheapest stores are candidates whatever else they have.
_OF_EACH_PRODUCT: Final = 5
# The quantities at which the index's stock level steps up; the migration's CASE.
_LEVELS: Final = (5, 20)

# `1e-6::float8`, because a bare 1e-6 is numeric and slow. The haversine is compared, not the distance: one arc sine
# less a row. No join and no column outside the index, or it is no index-only scan.
CHOOSE_STORES: Final = """
WITH hit AS MATERIALIZED (
    SELECT product_key, store_key, price_minor, currency_code, stock_level, haversine
    FROM (
        SELECT s.product_key, s.store_key, s.price_minor, s.currency_code, s.stock_level,
            power(sin((s.latitude_e6 * 1e-6::float8 - %(latitude)s::float8) * %(half_degree)s::float8), 2)
            + %(cosine)s::float8 * cos(s.latitude_e6 * 1e-6::float8 * 2 * %(half_degree)s::float8)
            * power(sin((s.longitude_e6 * 1e-6::float8 - %(longitude)s::float8) * %(half_degree)s::float8), 2)
            AS haversine
        FROM stock s
        WHERE s.product_key = ANY(%(products)s::integer[]) AND s.h3_r6 = ANY(%(cells)s::bigint[])
          AND s.stock_level > 0 AND (%(currency)s = '' OR s.currency_code = %(currency)s)
        OFFSET 0
    ) near
    WHERE haversine <= %(inside)s::float8
       OR haversine <= %(outside)s::float8 AND EXISTS (
            SELECT FROM store_places p
            WHERE p.key = near.store_key AND ST_DWithin(p.location, %(origin)s::geography, %(radius)s::float8))
), offer AS MATERIALIZED (
    SELECT hit.store_key, hit.product_key, hit.currency_code, min(hit.price_minor) AS price_minor,
        min(hit.haversine) AS haversine, max(hit.stock_level) >= wanted.level AS enough
    FROM hit JOIN unnest(%(products)s::integer[], %(levels)s::integer[]) AS wanted (product_key, level)
      ON wanted.product_key = hit.product_key
    GROUP BY hit.store_key, hit.product_key, hit.currency_code, wanted.level
), store AS (
    (SELECT store_key FROM offer GROUP BY store_key
     ORDER BY count(*) FILTER (WHERE enough) DESC, count(*) DESC, min(haversine), store_key LIMIT %(stores)s)
    UNION
    SELECT store_key FROM (
        SELECT store_key,
            row_number() OVER (PARTITION BY product_key, currency_code ORDER BY price_minor, haversine, store_key)
                AS by_price,
            row_number() OVER (PARTITION BY product_key, currency_code ORDER BY haversine, store_key) AS by_distance
        FROM offer
    ) ranked
    WHERE by_price <= %(each)s OR by_distance <= %(each)s
)
SELECT DISTINCT offer.store_key, offer.product_key, (SELECT count(DISTINCT store_key) FROM offer) AS stores_in_reach
FROM store JOIN offer USING (store_key)
"""
_EXACT: Final = """
WITH place AS MATERIALIZED (
    SELECT p.key, p.merchant_id, p.store_id, ST_Y(p.location::geometry) AS latitude,
        ST_X(p.location::geometry) AS longitude, ST_Distance(p.location, %(origin)s::geography) AS metres
    FROM store_places p WHERE p.key = ANY(%(stores)s::integer[])
)
SELECT place.merchant_id, place.store_id, place.latitude, place.longitude, place.metres, s.product_key, s.item_id,
    i.name, s.price_minor, s.currency_code, s.quantity
FROM unnest(%(stores)s::integer[], %(products)s::integer[]) AS pair (store_key, product_key)
JOIN place ON place.key = pair.store_key
JOIN stock s ON s.merchant_id = place.merchant_id AND s.store_id = place.store_id AND s.product_key = pair.product_key
JOIN items i ON i.merchant_id = s.merchant_id AND i.id = s.item_id
WHERE s.stock_level > 0 AND (%(currency)s = '' OR s.currency_code = %(currency)s) AND place.metres <= %(radius)s
"""
_KEYS: Final = "SELECT key, id FROM products WHERE id = ANY(%(ids)s)"


def find_candidates(  # no tenant: shoppers see every merchant
    tx: Connection, search: Search
) -> tuple[list[Candidate], int]:
    """Every exact row that the chosen stores have of the wanted products, in no order, and how many stores were not
    chosen though they have some.
    """
    ids = [wanted.product_id for wanted in search.wanted]
    by_key = {row.key: ProductId(row.id) for row in tx.exec_driver_sql(_KEYS, {"ids": ids})}
    quantities = {wanted.product_id: wanted.quantity for wanted in search.wanted}
    values = parameters(search, {key: quantities[product_id] for key, product_id in by_key.items()})
    pairs = tx.exec_driver_sql(CHOOSE_STORES, values).all()
    if not pairs:
        return [], 0
    exact = {
        "stores": [pair.store_key for pair in pairs],
        "products": [pair.product_key for pair in pairs],
        "origin": values["origin"],
        "currency": search.currency,
        "radius": search.radius_metres,
    }
    left_out = pairs[0].stores_in_reach - len({pair.store_key for pair in pairs})
    return [_candidate(row, by_key[row.product_key]) for row in tx.exec_driver_sql(_EXACT, exact)], left_out


def parameters(search: Search, wanted: Mapping[int, Decimal]) -> dict[str, Any]:
    """What CHOOSE_STORES is asked with; `wanted` is the quantity by product key."""
    outside = search.radius_metres * _SURELY_OUTSIDE
    return {
        "products": list(wanted),
        "levels": [1 + sum(quantity >= step for step in _LEVELS) for quantity in wanted.values()],
        "cells": cells.covering(search.origin, outside),
        "currency": search.currency,
        "latitude": search.origin.latitude,
        "longitude": search.origin.longitude,
        "cosine": math.cos(math.radians(search.origin.latitude)),
        "half_degree": math.radians(0.5),
        "inside": _haversine(search.radius_metres * _SURELY_INSIDE),
        "outside": _haversine(outside),
        "origin": f"SRID=4326;{search.origin.wkt}",
        "radius": search.radius_metres,
        "stores": search.max_stores,
        "each": _OF_EACH_PRODUCT,
    }


def _haversine(metres: float) -> float:
    return math.sin(metres / (2 * _EARTH_RADIUS_METRES)) ** 2


def _candidate(row: Any, product_id: ProductId) -> Candidate:
    return Candidate(
        merchant_id=MerchantId(row.merchant_id),
        store_id=StoreId(row.store_id),
        location=GeoPoint(row.latitude, row.longitude),
        distance_metres=row.metres,
        offer=Offer(
            product_id=product_id,
            item_id=ItemId(row.item_id),
            item_name=row.name,
            unit_price=Money(row.price_minor, row.currency_code),
            available=row.quantity,
        ),
    )
