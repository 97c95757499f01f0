"""Stores on the wire."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from billmesh.geo.v1 import store_pb2, store_service_pb2

from services.geo.convert import wire
from services.geo.domain.identity import StoreId
from services.geo.domain.store import NearbyStore, Store, StoreDraft, StoreState
from services.kit.paging import PageTokenInvalid, as_id, cut, row_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.kit.paging import Page

DEFAULT_RADIUS_METRES = 10_000

_STATES = {
    store_pb2.STORE_STATE_OPEN: StoreState.OPEN,
    store_pb2.STORE_STATE_CLOSED: StoreState.CLOSED,
}
_STATE_VALUES = {state: value for value, state in _STATES.items()}


def draft(message: store_pb2.Store) -> StoreDraft:
    """What a request says; what it leaves out is None."""
    return StoreDraft(
        display_name=message.display_name or None,
        category=message.category or None,
        location=wire.point(message.location) if message.HasField("location") else None,
        address=message.address or None,
        state=state(message.state),
        external_code=message.external_code or None,
    )


def state(value: store_pb2.StoreState.ValueType) -> StoreState | None:
    """A state; None for unspecified."""
    return _STATES.get(value)


def store_message(store: Store) -> store_pb2.Store:
    """A store as its merchant sees it."""
    details = store.details
    return store_pb2.Store(
        id=wire.store_text(store.id),
        merchant_id=wire.merchant_text(store.merchant_id),
        display_name=details.display_name,
        category=details.category,
        location=wire.point_message(details.location),
        address=details.address,
        state=_STATE_VALUES[details.state],
        external_code=details.external_code,
        create_time=wire.timestamp(store.create_time),
        update_time=wire.timestamp(store.update_time),
        etag=store.etag,
    )


def batch_message(made: Sequence[Store]) -> store_service_pb2.BatchCreateStoresResponse:
    """The stores of a batch."""
    return store_service_pb2.BatchCreateStoresResponse(stores=[store_message(store) for store in made])


def list_message(found: Sequence[Store], page: Page) -> store_service_pb2.ListStoresResponse:
    """A page out of one store more than it holds."""
    listed = cut(found, page, key=lambda store: (store.id,))
    return store_service_pb2.ListStoresResponse(
        stores=[store_message(store) for store in listed.items], next_page_token=listed.next_page_token
    )


def before(page: Page) -> StoreId | None:
    """The store after which a list goes on."""
    last = row_after(page)
    return None if last is None else StoreId(last)


def near_message(found: Sequence[NearbyStore], page: Page) -> store_service_pb2.FindStoresResponse:
    """A page out of one store more than it holds."""
    # A number's text is the shortest that reads as the very same one.
    listed = cut(found, page, key=lambda entry: (entry.distance, entry.store.id))
    return store_service_pb2.FindStoresResponse(
        stores=[_nearby(entry) for entry in listed.items], next_page_token=listed.next_page_token
    )


def after(page: Page) -> tuple[float, StoreId] | None:
    """Distance and id of the store after which a search goes on."""
    key = page.key(2)
    if key is None:
        return None
    try:
        distance = float(key[0])
    except ValueError as error:
        raise PageTokenInvalid from error
    if not math.isfinite(distance):
        raise PageTokenInvalid
    return distance, StoreId(as_id(key[1]))


def radius(metres: int) -> int:
    """The radius asked for, or the usual one."""
    return metres or DEFAULT_RADIUS_METRES


def _nearby(entry: NearbyStore) -> store_pb2.NearbyStore:
    details = entry.store.details
    return store_pb2.NearbyStore(
        id=wire.store_text(entry.store.id),
        merchant_id=wire.merchant_text(entry.store.merchant_id),
        display_name=details.display_name,
        category=details.category,
        location=wire.point_message(details.location),
        address=details.address,
        distance_metres=round(entry.distance),
    )
