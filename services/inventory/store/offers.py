"""Finds who offers what within a radius, across all merchants, in one statement of two steps.

The first reads the offers index alone (the wanted products in the cells that cover the disc, about a microsecond a row)
and chooses the stores. The second reads the exact rows of the chosen ones, for quantities, names and the distance on
the ellipsoid.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from services.inventory.domain.ids import ItemId, MerchantId, ProductId, StoreId
from services.inventory.domain.offer import Candidate, Offer
from services.inventory.store import cells
from services.kit.money import Money
from services.kit.place import GeoPoint
from services.kit.sql import run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.inventory.domain.offer import Search

_EARTH_RADIUS_METRES: Final = 6_371_008.8
# The sphere is at most 0.56 % off the ellipsoid: nearer than this it is surely inside, farther surely outside.
_SURELY_INSIDE: Final = 0.994
_SURELY_OUTSIDE: Final = 1.006
# The quantities at which the index's stock level steps up; the migration's CASE.
_LEVELS: Final = (5, 20)

# `1e-6::float8`, because a bare 1e-6 is numeric and slow. The haversine is compared, not the distance: one arc sine
# less a row. `offer` has no join and no column outside the index, or it would be no index-only scan; OFFSET 0 keeps the
# haversine from being computed twice. The best of each product are found by `min` over one number that holds rank and
# store together (32 bits for the store; prices up to 2^31 minor units and haversines in 2^-40 keep their order): no
# sort.
CHOOSE: Final = """
WITH wanted AS MATERIALIZED (
    SELECT p.key AS product_key, p.id AS product_id, asked.level
    FROM unnest(%(products)s::uuid[], %(levels)s::integer[]) AS asked (id, level) JOIN products p ON p.id = asked.id
), offer AS MATERIALIZED (
    SELECT near.store_key, near.product_key, near.currency_code, min(near.price_minor) AS price_minor,
        min(near.haversine) AS haversine, max(near.stock_level) AS stock_level
    FROM (
        SELECT s.product_key, s.store_key, s.price_minor, s.currency_code, s.stock_level,
            power(sin((s.latitude_e6 * 1e-6::float8 - %(latitude)s::float8) * %(half_degree)s::float8), 2)
            + %(cosine)s::float8 * cos(s.latitude_e6 * 1e-6::float8 * 2 * %(half_degree)s::float8)
            * power(sin((s.longitude_e6 * 1e-6::float8 - %(longitude)s::float8) * %(half_degree)s::float8), 2)
            AS haversine
        FROM stock s
        WHERE s.product_key = ANY(ARRAY(SELECT product_key FROM wanted)) AND s.h3_r6 = ANY(%(cells)s::bigint[])
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
    FROM offer JOIN wanted USING (product_key)
), best AS (
    SELECT unnest(ARRAY[min(by_price), min(by_distance), min(by_price) FILTER (WHERE enough),
        min(by_distance) FILTER (WHERE enough)]) & 4294967295 AS store_key
    FROM ranked GROUP BY product_key, currency_code
), chosen AS MATERIALIZED (
    (SELECT store_key FROM ranked GROUP BY store_key
     ORDER BY count(*) FILTER (WHERE enough) DESC, count(*) DESC, min(haversine), store_key LIMIT %(stores)s)
    UNION
    SELECT store_key::integer FROM best WHERE store_key IS NOT NULL
)
"""
# Each pair is looked up by itself: left alone the planner may read all that a store has.
FIND_OFFERS: Final = f"""
{CHOOSE}
SELECT exact.merchant_id, exact.store_id, exact.latitude, exact.longitude,
    ST_Distance(ST_MakePoint(exact.longitude, exact.latitude)::geography, %(origin)s::geography) AS metres,
    wanted.product_id, exact.item_id, exact.name, exact.price_minor, exact.currency_code, exact.quantity,
    (SELECT count(DISTINCT store_key) FROM ranked) - (SELECT count(*) FROM chosen) AS left_out
FROM (SELECT DISTINCT store_key, product_key FROM chosen JOIN ranked USING (store_key)) AS pair
JOIN wanted ON wanted.product_key = pair.product_key
CROSS JOIN LATERAL (
    SELECT s.merchant_id, s.store_id, s.latitude_e6 * 1e-6::float8 AS latitude,
        s.longitude_e6 * 1e-6::float8 AS longitude, s.item_id, i.name, s.price_minor, s.currency_code, s.quantity
    FROM stock s JOIN items i ON i.merchant_id = s.merchant_id AND i.id = s.item_id
    WHERE s.store_key = pair.store_key AND s.product_key = pair.product_key AND s.stock_level > 0
      AND (%(currency)s = '' OR s.currency_code = %(currency)s)
    OFFSET 0
) AS exact
"""  # noqa: S608


def find_candidates(  # no tenant: shoppers see every merchant
    tx: Connection, search: Search
) -> tuple[list[Candidate], int]:
    """Every exact row that the chosen stores have of the wanted products, in no order, and how many stores were not
    chosen though they have some.
    """
    rows = run(tx, FIND_OFFERS, parameters(search)).all()
    return [_candidate(row) for row in rows], rows[0].left_out if rows else 0


def parameters(search: Search) -> dict[str, Any]:
    """What CHOOSE and FIND_OFFERS are asked with."""
    outside = search.radius_metres * _SURELY_OUTSIDE
    return {
        "products": [wanted.product_id for wanted in search.wanted],
        "levels": [1 + sum(wanted.quantity >= step for step in _LEVELS) for wanted in search.wanted],
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
    }


def _haversine(metres: float) -> float:
    return math.sin(metres / (2 * _EARTH_RADIUS_METRES)) ** 2


def _candidate(row: Any) -> Candidate:
    return Candidate(
        merchant_id=MerchantId(row.merchant_id),
        store_id=StoreId(row.store_id),
        location=GeoPoint(row.latitude, row.longitude),
        distance_metres=row.metres,
        offer=Offer(
            product_id=ProductId(row.product_id),
            item_id=ItemId(row.item_id),
            item_name=row.name,
            unit_price=Money(row.price_minor, row.currency_code),
            available=row.quantity,
        ),
    )
