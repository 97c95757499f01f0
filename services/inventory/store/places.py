"""Where stores are, as geo tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.inventory.domain.ids import MerchantId, StoreId
from services.inventory.domain.stock import Place
from services.inventory.store import cells
from services.kit.place import GeoPoint
from services.kit.sql import later, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_MILLIONTHS = 1_000_000
_COLUMNS = """
    merchant_id, store_id, key, ST_Y(location::geometry) AS latitude, ST_X(location::geometry) AS longitude, version,
    open
"""
_LOAD = f"SELECT {_COLUMNS} FROM store_places WHERE merchant_id = %(merchant_id)s AND store_id = ANY(%(ids)s)"  # noqa: S608
# So that a store cannot move while its first stock of an item is written with a copy of its place.
_HOLD = f"{_LOAD} ORDER BY store_id FOR SHARE"
_WRITE = f"""
INSERT INTO store_places AS s (merchant_id, store_id, location, latitude_e6, longitude_e6, h3_r6, version, open)
VALUES (%(merchant_id)s, %(store_id)s, %(location)s, %(latitude)s, %(longitude)s, %(cell)s, %(version)s, %(open)s)
ON CONFLICT (merchant_id, store_id) DO UPDATE SET location = excluded.location, latitude_e6 = excluded.latitude_e6,
    longitude_e6 = excluded.longitude_e6, h3_r6 = excluded.h3_r6, version = excluded.version, open = excluded.open
WHERE s.version < excluded.version
RETURNING {_COLUMNS}
"""  # noqa: S608
# Locked in the order in which sales lock them.
_MOVE_STOCK = """
WITH held AS MATERIALIZED (
    SELECT item_id FROM stock WHERE merchant_id = %(merchant_id)s AND store_id = %(store_id)s
    ORDER BY item_id FOR NO KEY UPDATE
)
UPDATE stock s SET latitude_e6 = p.latitude_e6, longitude_e6 = p.longitude_e6, h3_r6 = p.h3_r6, store_open = p.open
FROM held, store_places p
WHERE s.merchant_id = %(merchant_id)s AND s.store_id = %(store_id)s AND s.item_id = held.item_id
  AND p.merchant_id = %(merchant_id)s AND p.store_id = %(store_id)s
  AND (s.latitude_e6, s.longitude_e6, s.store_open) IS DISTINCT FROM (p.latitude_e6, p.longitude_e6, p.open)
"""


def load_place(tx: Connection, merchant_id: MerchantId, store_id: StoreId) -> Place | None:
    """The store, None if it is not the merchant's."""
    return _places(run(tx, _LOAD, {"merchant_id": merchant_id, "ids": [store_id]})).get(store_id)


def hold_places(tx: Connection, merchant_id: MerchantId, store_ids: Iterable[StoreId]) -> dict[StoreId, Place]:
    """Those of the stores that are the merchant's; they stay where they are until the end of the transaction."""
    return _places(run(tx, _HOLD, {"merchant_id": merchant_id, "ids": list(store_ids)}))


def write_place(
    tx: Connection, merchant_id: MerchantId, *, store_id: StoreId, location: GeoPoint, version: int, is_open: bool
) -> Place | None:
    """Takes the news and passes it on to the store's stock; None, and nothing done, if it is not newer."""
    latitude, longitude = round(location.latitude * _MILLIONTHS), round(location.longitude * _MILLIONTHS)
    # To a tenth of a metre, so that it is the same place here and in the search columns.
    placed = GeoPoint(latitude / _MILLIONTHS, longitude / _MILLIONTHS)
    values = {
        "merchant_id": merchant_id,
        "store_id": store_id,
        "location": placed.wkt,
        "latitude": latitude,
        "longitude": longitude,
        "cell": cells.cell_of(placed),
        "version": version,
        "open": is_open,
    }
    place = _places(run(tx, _WRITE, values)).get(store_id)
    if place is not None:
        later(tx, _MOVE_STOCK, {"merchant_id": merchant_id, "store_id": store_id})
    return place


def _places(rows: Iterable[Any]) -> dict[StoreId, Place]:
    places = (
        Place(
            merchant_id=MerchantId(row.merchant_id),
            store_id=StoreId(row.store_id),
            key=row.key,
            location=GeoPoint(row.latitude, row.longitude),
            version=row.version,
            open=row.open,
        )
        for row in rows
    )
    return {place.store_id: place for place in places}
