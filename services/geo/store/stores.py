"""Stores in the database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from geoalchemy2 import Geometry
from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    and_,
    bindparam,
    cast,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from services.geo.domain.errors import StoreCodeTaken
from services.geo.domain.identity import MerchantId, StoreId
from services.geo.domain.store import NearbyStore, Store, StoreDetails, StoreState
from services.geo.store.tables import stores
from services.kit.place import GeoPoint

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

_EXTERNAL_CODE_INDEX = "stores_external_code"
_TAKEN_CODE = re.compile(r"=\([^,]*, (.*)\) already exists")

_POINT = cast(stores.c.location, Geometry)
_COLUMNS = (
    stores.c.merchant_id,
    stores.c.id,
    stores.c.display_name,
    stores.c.category,
    func.ST_Y(_POINT, type_=Float).label("latitude"),
    func.ST_X(_POINT, type_=Float).label("longitude"),
    stores.c.address,
    stores.c.state,
    stores.c.external_code,
    stores.c.create_time,
    stores.c.update_time,
    stores.c.version,
    stores.c.is_test,
)


class StoreKey(NamedTuple):
    """A store's whole key."""

    merchant_id: MerchantId
    id: StoreId


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a store is and whether it sells, as of a version; of deleted stores too."""

    location: GeoPoint
    version: int
    # And somebody may buy there.
    is_open: bool


def insert_stores(tx: Connection, merchant_id: MerchantId, new: Sequence[Store]) -> None:
    """Adds the merchant's stores. Raises StoreCodeTaken."""
    rows = [
        {
            **_row(store.details),
            "store_id": store.id,
            "made": store.create_time,
            "version": store.version,
            "is_test": store.is_test,
        }
        for store in new
    ]
    statement = insert(stores).values(
        merchant_id=merchant_id,
        id=bindparam("store_id"),
        create_time=bindparam("made"),
        update_time=bindparam("made"),
        location=func.ST_GeogFromText(bindparam("wkt")),
    )
    try:
        tx.execute(statement, rows)
    except IntegrityError as error:
        raise _taken(error) from error


def load_store(tx: Connection, merchant_id: MerchantId, store_id: StoreId) -> Store | None:
    """One of the merchant's stores; None also when it is deleted."""
    row = tx.execute(_one(merchant_id, store_id)).one_or_none()
    return None if row is None else _store(row)


def load_store_for_update(tx: Connection, merchant_id: MerchantId, store_id: StoreId) -> Store | None:
    """As `load_store`, locked until the transaction ends."""
    row = tx.execute(_one(merchant_id, store_id).with_for_update()).one_or_none()
    return None if row is None else _store(row)


def save_details(tx: Connection, merchant_id: MerchantId, store: Store) -> None:
    """Writes a locked store's details, version and update time. Raises StoreCodeTaken."""
    row = _row(store.details)
    location = func.ST_GeogFromText(row.pop("wkt"))
    statement = (
        update(stores)
        .where(stores.c.merchant_id == merchant_id, stores.c.id == store.id)
        .values(**row, location=location, update_time=store.update_time, version=store.version)
    )
    try:
        tx.execute(statement)
    except IntegrityError as error:
        raise _taken(error) from error


def mark_deleted(tx: Connection, merchant_id: MerchantId, store_id: StoreId, *, at: datetime) -> None:
    """Deletes a locked store, as its next version."""
    tx.execute(
        update(stores)
        .where(stores.c.merchant_id == merchant_id, stores.c.id == store_id)
        .values(delete_time=at, update_time=at, version=stores.c.version + 1)
    )


def list_stores(
    tx: Connection,
    merchant_id: MerchantId,
    *,
    state: StoreState | None,
    external_code: str | None,
    before: StoreId | None,
    limit: int,
) -> list[Store]:
    """The merchant's stores, newest first, from the one after `before`."""
    statement = select(*_COLUMNS).where(stores.c.merchant_id == merchant_id, stores.c.delete_time.is_(None))
    if state is not None:
        statement = statement.where(stores.c.state == state)
    if external_code is not None:
        statement = statement.where(stores.c.external_code == external_code)
    if before is not None:
        statement = statement.where(stores.c.id < before)
    return [_store(row) for row in tx.execute(statement.order_by(stores.c.id.desc()).limit(limit))]


def load_placements(
    tx: Connection, merchant_id: MerchantId, store_ids: Collection[StoreId]
) -> dict[StoreId, Placement]:
    """Where the merchant's stores are, deleted ones included."""
    statement = select(*_COLUMNS, stores.c.delete_time).where(
        stores.c.merchant_id == merchant_id, stores.c.id.in_(store_ids)
    )
    return {
        StoreId(row.id): Placement(
            GeoPoint(row.latitude, row.longitude),
            row.version,
            row.state == StoreState.OPEN and row.delete_time is None and not row.is_test,
        )
        for row in tx.execute(statement)
    }


def find_open_stores(  # no tenant: anyone may look for open stores
    tx: Connection,
    *,
    around: GeoPoint,
    radius_metres: int,
    name: str,
    category: str,
    after: tuple[float, StoreId] | None,
    limit: int,
) -> list[NearbyStore]:
    """Open stores within the radius, nearest first, from the one after `after` (its distance and id)."""
    point = func.ST_GeogFromText(around.wkt)
    # The index walks outwards by this operator; it measures on the sphere, and so must the radius.
    distance: ColumnElement[float] = stores.c.location.op("<->", return_type=Float())(point)
    statement = select(*_COLUMNS, distance.label("distance")).where(
        _is_open(),
        func.ST_DWithin(stores.c.location, point, radius_metres, False),  # noqa: FBT003 - PostGIS' signature
    )
    if name:
        statement = statement.where(stores.c.display_name.icontains(name, autoescape=True))
    if category:
        statement = statement.where(stores.c.category == category)
    if after is not None:
        statement = statement.where(
            tuple_(distance, stores.c.id) > tuple_(literal(after[0], Float()), literal(after[1], stores.c.id.type))
        )
    rows = tx.execute(statement.order_by(distance, stores.c.id).limit(limit))
    return [NearbyStore(_store(row), row.distance) for row in rows]


def load_open_stores(  # no tenant: the open ones of many merchants, for a trip
    tx: Connection, keys: Collection[StoreKey]
) -> dict[StoreId, Store]:
    """Those of the stores that are open, by id."""
    if not keys:
        return {}
    statement = select(*_COLUMNS).where(_is_open(), tuple_(stores.c.merchant_id, stores.c.id).in_(list(keys)))
    return {StoreId(row.id): _store(row) for row in tx.execute(statement)}


def _one(merchant_id: MerchantId, store_id: StoreId) -> Select[Any]:
    return select(*_COLUMNS).where(
        stores.c.merchant_id == merchant_id, stores.c.id == store_id, stores.c.delete_time.is_(None)
    )


def _is_open() -> ColumnElement[bool]:
    # As the partial index has it.
    return and_(
        stores.c.state == bindparam("open", StoreState.OPEN.value, literal_execute=True),
        stores.c.delete_time.is_(None),
        ~stores.c.is_test,
    )


def _row(details: StoreDetails) -> dict[str, Any]:
    return {
        "display_name": details.display_name,
        "category": details.category,
        "wkt": details.location.wkt,
        "address": details.address,
        "state": details.state.value,
        "external_code": details.external_code,
    }


def _store(row: Row[Any]) -> Store:
    return Store(
        id=StoreId(row.id),
        merchant_id=MerchantId(row.merchant_id),
        details=StoreDetails(
            display_name=row.display_name,
            category=row.category,
            location=GeoPoint(row.latitude, row.longitude),
            address=row.address,
            state=StoreState(row.state),
            external_code=row.external_code,
        ),
        create_time=row.create_time,
        update_time=row.update_time,
        version=row.version,
        is_test=row.is_test,
    )


def _taken(error: IntegrityError) -> Exception:
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is None or diagnostics.constraint_name != _EXTERNAL_CODE_INDEX:
        return error
    found = _TAKEN_CODE.search(diagnostics.message_detail or "")
    return StoreCodeTaken(found.group(1) if found else "")
