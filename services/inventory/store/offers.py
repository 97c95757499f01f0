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
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from sqlalchemy import Connection

    from services.inventory.domain.offer import Search

_EARTH_RADIUS_METRES: Final = 6_371_008.8
# The sphere is at most 0.56 % off the ellipsoid: nearer than this it is surely inside, farther surely outside.
_SURELY_INSIDE: Final = 0.994
_SURELY_OUTSIDE: Final = 1.006
# The quantities at which the index's stock level steps up; the migration's CASE.
_LEVELS: Final = (5, 20)

# `1e-6::float8`, because a bare 1e-6 is numeric and slow. The haversine is compared, not the distance: one arc sine
# less a row. No join and no column outside the index, or it is no index-only scan. OFFSET 0 keeps the haversine from
# being computed twice. The best of each product are found by `min` over one number that holds rank and store together
# (32 bits for the store; prices up to 2^31 minor units and haversines in 2^-40 keep their order): no sort.
CHOOSE_STORES: Final = """
WITH offer AS MATERIALIZED (
    SELECT near.store_key, near.product_key, near.currency_code, min(near.price_minor) AS price_minor,
        min(near.haversine) AS haversine, max(near.stock_level) AS stock_level
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
    WHERE near.haversine <= %(inside)s::float8
       OR near.haversine <= %(outside)s::float8 AND EXISTS (
            SELECT FROM store_places p
            WHERE p.key = near.store_key AND ST_DWithin(p.location, %(origin)s::geography, %(radius)s::float8))
    GROUP BY near.store_key, near.product_key, near.currency_code
), ranked AS MATERIALIZED (
    SELECT offer.store_key, offer.product_key, offer.currency_code, offer.haversine,
        offer.stock_level >= wanted.level AS enough,
        (least(offer.price_minor, 2147483647) << 32) + offer.store_key AS by_price,
        ((offer.haversine * 1099511627776)::bigint << 32) + offer.store_key AS by_distance
    FROM offer
    JOIN unnest(%(products)s::integer[], %(levels)s::integer[]) AS wanted (product_key, level) USING (product_key)
), best AS (
    SELECT unnest(ARRAY[min(by_price), min(by_distance), min(by_price) FILTER (WHERE enough),
        min(by_distance) FILTER (WHERE enough)]) & 4294967295 AS store_key
    FROM ranked GROUP BY product_key, currency_code
), chosen AS (
    (SELECT store_key FROM ranked GROUP BY store_key
     ORDER BY count(*) FILTER (WHERE enough) DESC, count(*) DESC, min(haversine), store_key LIMIT %(stores)s)
    UNION
    SELECT store_key::integer FROM best WHERE store_key IS NOT NULL
)
SELECT DISTINCT ranked.store_key, ranked.product_key,
    (SELECT count(DISTINCT store_key) FROM ranked) AS stores_in_reach
FROM chosen JOIN ranked USING (store_key)
"""
# Looked up pair by pair: left to itself the planner may read all that a store has.
EXACT: Final = """
WITH place AS MATERIALIZED (
    SELECT p.key, p.merchant_id, p.store_id, ST_Y(p.location::geometry) AS latitude,
        ST_X(p.location::geometry) AS longitude, ST_Distance(p.location, %(origin)s::geography) AS metres
    FROM store_places p WHERE p.key = ANY(%(stores)s::integer[])
)
SELECT place.merchant_id, place.store_id, place.latitude, place.longitude, place.metres, pair.product_key, s.item_id,
    s.name, s.price_minor, s.currency_code, s.quantity
FROM unnest(%(stores)s::integer[], %(products)s::integer[]) AS pair (store_key, product_key)
JOIN place ON place.key = pair.store_key AND place.metres <= %(radius)s
CROSS JOIN LATERAL (
    SELECT s.item_id, i.name, s.price_minor, s.currency_code, s.quantity
    FROM stock s JOIN items i ON i.merchant_id = s.merchant_id AND i.id = s.item_id
    WHERE s.store_key = pair.store_key AND s.product_key = pair.product_key AND s.stock_level > 0
      AND (%(currency)s = '' OR s.currency_code = %(currency)s)
    OFFSET 0
) s
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
    rows, left_out = exact_rows(tx, search, {key: quantities[product_id] for key, product_id in by_key.items()})
    return [_candidate(row, by_key[row.product_key]) for row in rows], left_out


def exact_rows(  # no tenant: shoppers see every merchant
    tx: Connection, search: Search, wanted: Mapping[int, Decimal]
) -> tuple[Sequence[Any], int]:
    """Both steps: EXACT's rows, and how many stores were not chosen. `wanted`: the quantity by product key."""
    pairs = tx.exec_driver_sql(CHOOSE_STORES, parameters(search, wanted)).all() if wanted else ()
    if not pairs:
        return (), 0
    left_out = pairs[0].stores_in_reach - len({pair.store_key for pair in pairs})
    return tx.exec_driver_sql(EXACT, exact_parameters(search, pairs)).all(), left_out


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
        "origin": _geography(search),
        "radius": search.radius_metres,
        "stores": search.max_stores,
    }


def exact_parameters(search: Search, pairs: Sequence[Any]) -> dict[str, Any]:
    """What EXACT is asked with: the rows of CHOOSE_STORES."""
    return {
        "stores": [pair.store_key for pair in pairs],
        "products": [pair.product_key for pair in pairs],
        "origin": _geography(search),
        "currency": search.currency,
        "radius": search.radius_metres,
    }


def _geography(search: Search) -> str:
    return f"SRID=4326;{search.origin.wkt}"


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
