"""The search reads one index and nothing else; selling leaves that index alone."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg2
import psycopg2.extras
import pytest

from services.inventory.domain.ids import ProductId
from services.inventory.domain.offer import Search, Wanted
from services.inventory.store import cells, offers
from services.kit.place import GeoPoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor

    from tests.harness import Postgres

_ORIGIN = GeoPoint(60.17, 24.94)
_FILL = """
INSERT INTO store_places (merchant_id, store_id, location, latitude_e6, longitude_e6, h3_r6, version, open)
SELECT %(merchant)s, gen_random_uuid(), ST_MakePoint(24.94 + n * 1e-4, 60.17)::geography, 60170000, 24940000 + n * 100,
    %(cell)s, 1, true FROM generate_series(1, 200) n;
INSERT INTO items (merchant_id, id, product_key, name, norm, unit_code, price_minor, currency_code, price_includes_tax,
    tax_code, hsn_code, uncounted, create_time, update_time)
SELECT %(merchant)s, gen_random_uuid(), key, display_name, '', 'EA', 100, 'EUR', true, '', '', false, now(), now()
FROM products ORDER BY key LIMIT 150;
INSERT INTO stock (merchant_id, store_id, item_id, quantity, price_minor, currency_code, own_price, update_time,
    product_key, store_key, h3_r6, latitude_e6, longitude_e6, store_open, item_deleted)
SELECT p.merchant_id, p.store_id, i.id, 10, 100 + p.key %% 50, 'EUR', false, now(), i.product_key, p.key, p.h3_r6,
    p.latitude_e6, p.longitude_e6, true, false
FROM store_places p JOIN items i USING (merchant_id) WHERE merchant_id = %(merchant)s;
"""


@pytest.fixture
def filled(stocked: Postgres) -> Iterator[tuple[cursor, uuid.UUID]]:
    """A cursor on 30,000 rows of stock, vacuumed, and whose they are."""
    session = psycopg2.connect(stocked.superuser_dsn, options="-c search_path=inventory,public")
    session.autocommit = True
    merchant = uuid.uuid4()
    with session.cursor() as rows:
        rows.execute(_FILL, {"merchant": str(merchant), "cell": cells.cell_of(_ORIGIN)})
        rows.execute("VACUUM ANALYZE stock")
        rows.execute("VACUUM ANALYZE store_places")
        yield rows, merchant
        for table in ("stock", "items", "store_places"):
            rows.execute(f"DELETE FROM {table} WHERE merchant_id = %s", (str(merchant),))  # noqa: S608
    session.close()


def choosing_pairs(plan: list[dict[str, Any]]) -> int:
    """How many pairs of store and product were looked up exactly."""
    return int(plan[0]["Plan"]["Actual Rows"])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def test_the_search_is_an_index_only_scan(filled: tuple[cursor, uuid.UUID]) -> None:
    rows, merchant = filled
    rows.execute(
        "SELECT p.id::text FROM items i JOIN products p ON p.key = i.product_key WHERE merchant_id = %s"
        " ORDER BY p.key LIMIT 8",
        (str(merchant),),
    )
    wanted = tuple(Wanted(ProductId(uuid.UUID(row[0])), Decimal(1)) for row in rows.fetchall())
    values = offers.parameters(Search(_ORIGIN, 10_000, wanted, "EUR", 100))
    psycopg2.extras.register_uuid(None, rows.connection)  # type: ignore[no-untyped-call] # its stubs have no types
    rows.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + offers.FIND_OFFERS, values)
    answer = rows.fetchone()
    assert answer is not None
    plan = answer[0] if isinstance(answer[0], list) else json.loads(answer[0])
    scans = [node for node in nodes(plan[0]["Plan"]) if node.get("Relation Name") == "stock"]
    assert [(scan["Node Type"], scan["Index Name"]) for scan in scans] == [
        ("Index Only Scan", "stock_offers"),
        ("Index Scan", "stock_by_product"),
    ]
    choosing, exact = scans
    # Next to none: VACUUM leaves a page alone that another transaction may still look at.
    assert choosing["Heap Fetches"] <= choosing["Actual Rows"] // 20
    assert choosing["Actual Rows"] == 8 * 200
    assert (exact["Actual Loops"], exact["Actual Rows"]) == (choosing_pairs(plan), 1)


def test_sales_within_a_stock_level_stay_off_every_index(filled: tuple[cursor, uuid.UUID]) -> None:
    rows, merchant = filled
    rows.execute("VACUUM FULL stock")
    # In the page's spare room, a few rows a page at a time, as sales come.
    for step in range(6):
        rows.execute(
            "UPDATE stock SET quantity = quantity - 0.5, update_time = now()"
            " WHERE merchant_id = %s AND abs(hashtext(item_id::text || store_id::text)) %% 60 = %s",
            (str(merchant), step),
        )
    rows.execute("SELECT pg_stat_force_next_flush()")
    rows.execute("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'stock'")
    answer = rows.fetchone()
    assert answer is not None
    updated, hot = answer
    assert updated > 1_000
    assert hot / updated > 0.95
