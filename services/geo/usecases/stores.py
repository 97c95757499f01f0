"""A merchant's stores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.geo.domain.audit import Action
from services.geo.domain.errors import StoreChanged, StoreNotFound
from services.geo.domain.identity import MerchantId, StoreId
from services.geo.domain.store import Store, StoreDraft, changed, missing_details, opened
from services.geo.store import stores as rows
from services.kit import audit, jobs
from services.kit.failure import FieldViolation, InvalidRequest
from services.kit.ids import to_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from sqlalchemy import Connection

    from services.geo.clients import Inventory
    from services.geo.domain.store import NearbyStore, StoreState
    from services.geo.usecases.deps import StoreDeps
    from services.kit.db import Database
    from services.kit.idempotency import M, Once
    from services.kit.place import GeoPoint

# The job that tells inventory where stores are.
PLACE_STORES = "geo.place_stores"


def create(merchant_id: MerchantId, draft: StoreDraft, *, is_test: bool, once: Once[Store, M], deps: StoreDeps) -> M:
    """Makes a store known; one of a test tenant to that alone."""
    store = _new(merchant_id, draft, path="store", is_test=is_test, deps=deps)
    with deps.db.transaction(merchant=merchant_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        rows.insert_stores(tx, merchant_id, [store])
        audit.note(tx, deps, Action.STORE_CREATED, merchant=merchant_id, target=to_text("sto", store.id))
        _tell_inventory(tx, merchant_id, [store.id])
        return once.record(tx, store)


def create_batch(
    merchant_id: MerchantId,
    drafts: Sequence[StoreDraft],
    *,
    is_test: bool,
    once: Once[Sequence[Store], M],
    deps: StoreDeps,
) -> M:
    """Makes stores known, all or none; every incomplete one is named."""
    missing = [
        FieldViolation(f"stores[{index}].{name}", "must be given")
        for index, draft in enumerate(drafts)
        for name in missing_details(draft)
    ]
    if missing:
        raise InvalidRequest(*missing)
    new = [
        _new(merchant_id, draft, path=f"stores[{index}]", is_test=is_test, deps=deps)
        for index, draft in enumerate(drafts)
    ]
    with deps.db.transaction(merchant=merchant_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        rows.insert_stores(tx, merchant_id, new)
        _tell_inventory(tx, merchant_id, [store.id for store in new])
        return once.record(tx, new)


def get(merchant_id: MerchantId, store_id: StoreId, *, deps: StoreDeps) -> Store:
    """One of the merchant's stores."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        store = rows.load_store(tx, merchant_id, store_id)
    if store is None:
        raise StoreNotFound
    return store


def list_(
    merchant_id: MerchantId,
    *,
    state: StoreState | None,
    external_code: str | None,
    before: StoreId | None,
    limit: int,
    deps: StoreDeps,
) -> list[Store]:
    """The merchant's stores, newest first."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        return rows.list_stores(tx, merchant_id, state=state, external_code=external_code, before=before, limit=limit)


def update(
    merchant_id: MerchantId,
    store_id: StoreId,
    draft: StoreDraft,
    *,
    mask: Collection[str],
    etag: str,
    once: Once[Store, M],
    deps: StoreDeps,
) -> M:
    """Changes a store; a change that changes nothing leaves its version."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        store = rows.load_store_for_update(tx, merchant_id, store_id)
        if store is None:
            raise StoreNotFound
        details = changed(store, draft, mask=mask, etag=etag)
        if details != store.details:
            store = replace(store, details=details, version=store.version + 1, update_time=deps.clock.now())
            rows.save_details(tx, merchant_id, store)
            audit.note(tx, deps, Action.STORE_CHANGED, merchant=merchant_id, target=to_text("sto", store.id))
            _tell_inventory(tx, merchant_id, [store.id])
        return once.record(tx, store)


def delete(merchant_id: MerchantId, store_id: StoreId, *, etag: str, deps: StoreDeps) -> None:
    """Takes a store off the map."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        store = rows.load_store_for_update(tx, merchant_id, store_id)
        if store is None:
            raise StoreNotFound
        if etag and etag != store.etag:
            raise StoreChanged(store.etag)
        rows.mark_deleted(tx, merchant_id, store_id, at=deps.clock.now())
        audit.note(tx, deps, Action.STORE_DELETED, merchant=merchant_id, target=to_text("sto", store_id))
        _tell_inventory(tx, merchant_id, [store_id])


def find(
    *,
    around: GeoPoint,
    radius_metres: int,
    name: str,
    category: str,
    after: tuple[float, StoreId] | None,
    limit: int,
    deps: StoreDeps,
) -> list[NearbyStore]:
    """Open stores of all merchants around a point, nearest first."""
    with deps.db.transaction() as tx:
        return rows.find_open_stores(
            tx, around=around, radius_metres=radius_metres, name=name, category=category, after=after, limit=limit
        )


def place(merchant_id: MerchantId, store_ids: Sequence[StoreId], *, db: Database, inventory: Inventory) -> None:
    """Tells inventory where the stores are now. Runs again after a failure: each telling is idempotent."""
    with db.transaction(merchant=merchant_id) as tx:
        placements = rows.load_placements(tx, merchant_id, store_ids)
    for store_id, placement in placements.items():
        inventory.place_store(
            merchant_id,
            store_id,
            location=placement.location,
            version=placement.version,
            is_open=placement.is_open,
        )


def _new(merchant_id: MerchantId, draft: StoreDraft, *, path: str, is_test: bool, deps: StoreDeps) -> Store:
    now = deps.clock.now()
    return Store(
        id=StoreId(deps.ids.new()),
        merchant_id=merchant_id,
        details=opened(draft, path=path),
        create_time=now,
        update_time=now,
        version=1,
        is_test=is_test,
    )


def _tell_inventory(tx: Connection, merchant_id: MerchantId, store_ids: Sequence[StoreId]) -> None:
    arguments: dict[str, Any] = {
        "merchant_id": str(merchant_id),
        "store_ids": [str(store_id) for store_id in store_ids],
    }
    jobs.enqueue(tx, PLACE_STORES, arguments)
