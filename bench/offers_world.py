"""The made-up country of `bench.offers`: towns, chains, shelves and prices, the same for the same size."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg2

from services.inventory import load_catalogue
from services.inventory.store.cells import cell_of
from services.kit import migrations, provision
from services.kit.place import GeoPoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection, cursor

    from tools.cluster import Cluster

SEED = 20_261
OFFERS_OF_A_STORE = 56
# More stores make more cities, not denser ones: a country grows like that.
_STORES_OF_A_CITY = 10_000
_STORES_OF_A_CHAIN = 20
_SHELVES = 400
_PASSWORD = "bench"  # noqa: S105 - of a cluster on loopback that lives for minutes
_WEST, _EAST, _SOUTH, _NORTH = -8.0, 28.0, 37.0, 66.0

# What a good developer writes first.
NAIVE_CHOICE = """
WITH near AS (
    SELECT o.store_id, o.product_key, ST_Distance(s.location, %(origin)s::geography) AS metres
    FROM naive.stores s JOIN naive.offers o ON o.store_id = s.store_id
    WHERE ST_DWithin(s.location, %(origin)s::geography, %(radius)s)
      AND o.product_key = ANY(%(keys)s) AND o.quantity > 0 AND o.currency_code = %(currency)s
), best AS (
    SELECT store_id FROM near GROUP BY store_id ORDER BY count(*) DESC, min(metres), store_id LIMIT %(stores)s
)
SELECT near.* FROM best JOIN near USING (store_id)
"""
NAIVE = """
WITH near AS (
    SELECT s.merchant_id, o.store_id, o.product_key, o.item_id, o.price_minor, o.quantity, s.location,
        ST_Distance(s.location, %(origin)s::geography) AS metres
    FROM naive.stores s JOIN naive.offers o ON o.store_id = s.store_id
    WHERE ST_DWithin(s.location, %(origin)s::geography, %(radius)s)
      AND o.product_key = ANY(%(keys)s) AND o.quantity > 0 AND o.currency_code = %(currency)s
), best AS (
    SELECT store_id FROM near GROUP BY store_id ORDER BY count(*) DESC, min(metres), store_id LIMIT %(stores)s
)
SELECT near.merchant_id, store_id, p.id AS product_id, near.item_id, i.name, near.price_minor, near.quantity,
    ST_Y(near.location::geometry) AS latitude, ST_X(near.location::geometry) AS longitude, near.metres
FROM best JOIN near USING (store_id) JOIN products p ON p.key = near.product_key
JOIN items i ON i.merchant_id = near.merchant_id AND i.id = near.item_id
"""
_STAGING = """
CREATE UNLOGGED TABLE staged_stores (number integer, chain integer, latitude_e6 integer, longitude_e6 integer,
    h3_r6 bigint);
CREATE UNLOGGED TABLE staged_offers (store integer, product_key integer, price_minor integer, quantity integer);
"""
_OURS = """
SET session_replication_role = replica;
INSERT INTO store_places (merchant_id, store_id, location, latitude_e6, longitude_e6, h3_r6, version, open)
SELECT md5('chain' || chain)::uuid, md5('store' || number)::uuid,
    ST_MakePoint(longitude_e6 * 1e-6::float8, latitude_e6 * 1e-6::float8)::geography, latitude_e6, longitude_e6, h3_r6,
    1, true FROM staged_stores ORDER BY number;
INSERT INTO items (merchant_id, id, product_key, name, norm, unit_code, price_minor, currency_code, price_includes_tax,
    tax_code, hsn_code, uncounted, create_time, update_time)
SELECT DISTINCT ON (s.chain, o.product_key) md5('chain' || s.chain)::uuid,
    md5('item' || s.chain || ' ' || o.product_key)::uuid, p.key, p.display_name, lower(p.display_name), p.unit_code,
    o.price_minor, 'EUR', true, '', p.hsn_code, false, now(), now()
FROM staged_offers o JOIN staged_stores s ON s.number = o.store JOIN products p ON p.key = o.product_key;
INSERT INTO stock (merchant_id, store_id, item_id, quantity, price_minor, currency_code, own_price, update_time,
    product_key, store_key, h3_r6, latitude_e6, longitude_e6, store_open, item_deleted)
SELECT l.merchant_id, l.store_id, md5('item' || s.chain || ' ' || o.product_key)::uuid, o.quantity, o.price_minor,
    'EUR', true, now(), o.product_key, l.key, l.h3_r6, l.latitude_e6, l.longitude_e6, true, false
FROM staged_offers o JOIN staged_stores s ON s.number = o.store
JOIN store_places l ON l.merchant_id = md5('chain' || s.chain)::uuid AND l.store_id = md5('store' || s.number)::uuid;
"""
_THEIRS = """
CREATE SCHEMA naive;
CREATE TABLE naive.stores AS SELECT merchant_id, store_id, location FROM store_places;
ALTER TABLE naive.stores ADD PRIMARY KEY (store_id);
CREATE INDEX ON naive.stores USING gist (location);
CREATE TABLE naive.offers AS
SELECT store_id, product_key, item_id, price_minor, currency_code, quantity FROM stock;
ALTER TABLE naive.offers ADD PRIMARY KEY (store_id, product_key);
"""
# Few things are in every basket, most in hardly any.
_MORE_PRODUCTS = """
INSERT INTO products (id, code, display_name, category, unit_code, tax_class, hsn_code, weight, other_names)
SELECT md5('product' || n)::uuid, 'made-up-' || n, 'Product ' || n, 'made_up', 'EA', 'standard', '0000',
    1 + (n %% 20 = 0)::int + (n %% 100 = 0)::int, '[]'
FROM generate_series(1, %(products)s - (SELECT count(*) FROM products)) n
"""
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'inventory' AND tablename = 'stock'
    AND indexname <> 'stock_pkey'
"""
_PRIMARY = "PRIMARY KEY (merchant_id, store_id, item_id)"


@dataclass(frozen=True, slots=True)
class World:
    """What searches are made of: where stores are (latitude, longitude), product keys by id, and how wanted each is."""

    places: Sequence[tuple[float, float]]
    keys: dict[UUID, int]
    weights: dict[UUID, int]
    offers: int


def build(cluster: Cluster, stores: int, *, products: int) -> World:
    """Starts the cluster and fills it with `stores` stores, in our schema and in the plain one.

    `products`: how large the catalogue is; what it has not is made up.
    """
    session = psycopg2.connect(cluster.start())
    session.autocommit = True
    with session.cursor() as rows:
        rows.execute("CREATE DATABASE billmesh")
    session.close()
    superuser = cluster.dsn("billmesh")
    passwords = {"inventory": _PASSWORD}
    provision.provision(superuser, owner_passwords=passwords, service_passwords=passwords)
    login = f"127.0.0.1:{cluster.port}/billmesh"
    migrations.upgrade("inventory", f"postgresql://owner_inventory:{_PASSWORD}@{login}")
    load_catalogue.load(f"postgresql://svc_inventory:{_PASSWORD}@{login}")
    session = psycopg2.connect(superuser, options="-c search_path=inventory,public")
    session.autocommit = True
    try:
        return _fill(session, stores, products)
    finally:
        session.close()


def _fill(session: connection, stores: int, products_wanted: int) -> World:
    chance = random.Random(SEED)  # noqa: S311 - the same country every time
    with session.cursor() as rows:
        rows.execute(_MORE_PRODUCTS, {"products": products_wanted})
        rows.execute("SELECT id::text, key, weight FROM products ORDER BY key LIMIT %s", (products_wanted,))
        products = rows.fetchall()
        rows.execute(_STAGING)
        places = list(_places(chance, stores))
        copied = "".join(
            f"{number}\t{number // _STORES_OF_A_CHAIN}\t{round(latitude * 1e6)}\t{round(longitude * 1e6)}"
            f"\t{cell_of(GeoPoint(latitude, longitude))}\n"
            for number, (latitude, longitude) in enumerate(places)
        )
        rows.copy_expert("COPY staged_stores FROM STDIN", io.StringIO(copied))
        shelves = _shelves(chance, [(key, weight) for _, key, weight in products])
        for begin in range(0, stores, 10_000):
            block = "".join(_offers(chance, shelves, range(begin, min(begin + 10_000, stores))))
            rows.copy_expert("COPY staged_offers FROM STDIN", io.StringIO(block))
        rows.execute("ANALYZE staged_stores; ANALYZE staged_offers")
        _load(rows)
        rows.execute("SELECT count(*) FROM stock")
        counted = rows.fetchone()
    ids = {UUID(product_id): key for product_id, key, _ in products}
    weights = {UUID(product_id): 4**weight for product_id, _, weight in products}
    return World(places, ids, weights, counted[0] if counted else 0)


def _load(rows: cursor) -> None:
    """Indexes are made when the rows are there, as they are defined by the migration."""
    rows.execute(_INDEXES)
    indexes = rows.fetchall()
    rows.execute("ALTER TABLE stock DROP CONSTRAINT stock_pkey")
    for name, _ in indexes:
        rows.execute(f"DROP INDEX {name}")
    rows.execute(_OURS)
    rows.execute(f"ALTER TABLE stock ADD CONSTRAINT stock_pkey {_PRIMARY}")
    for _, definition in indexes:
        rows.execute(definition)
    rows.execute(_THEIRS)
    for table in ("stock", "items", "store_places", "products", "naive.stores", "naive.offers"):
        rows.execute(f"VACUUM ANALYZE {table}")


def _places(chance: random.Random, stores: int) -> Iterator[tuple[float, float]]:
    left = stores
    while left:
        city = min(_STORES_OF_A_CITY, left)
        latitude, longitude = chance.uniform(_SOUTH, _NORTH), chance.uniform(_WEST, _EAST)
        for _ in range(city):
            # Two thirds within some seven kilometres of the middle.
            yield latitude + chance.gauss(0, 0.05), longitude + chance.gauss(0, 0.08)
        left -= city


def _shelves(chance: random.Random, products: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Assortments: what is in every basket is on most shelves."""
    found = []
    for _ in range(_SHELVES):
        drawn = sorted(products, key=lambda product: chance.random() ** (1 / 2 ** product[1]), reverse=True)
        found.append([key for key, _ in drawn[:OFFERS_OF_A_STORE]])
    return found


def _offers(chance: random.Random, shelves: Sequence[Sequence[int]], stores: range) -> Iterator[str]:
    """A chain has one shelf. One offer in fifteen is sold out."""
    for store in stores:
        shelf = shelves[hash((SEED, store // _STORES_OF_A_CHAIN)) % len(shelves)]
        for key in shelf:
            drawn = chance.random()
            quantity = 0 if drawn < 1 / 15 else 1 + int(drawn * 60)
            yield f"{store}\t{key}\t{100 + int(chance.random() * 900)}\t{quantity}\n"
