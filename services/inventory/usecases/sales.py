"""Taking stock for bills, and giving it back."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from services.inventory.domain import stock as rules
from services.inventory.domain.errors import AttemptCancelled, AttemptReused, OutOfStock
from services.inventory.domain.ids import AttemptId, ItemId, MerchantId, MovementId, StoreId
from services.inventory.domain.stock import Movement, MovementReason, TakenItem, TakeState
from services.inventory.store import items, movements, stock, takes
from services.inventory.usecases.deps import item_name
from services.inventory.usecases.items import require_items
from services.inventory.usecases.stock import require_place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from sqlalchemy import Connection

    from services.inventory.usecases.deps import Deps


def take_stock(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    store_id: StoreId,
    attempt_id: AttemptId,
    reference: str,
    lines: Sequence[tuple[ItemId, Decimal]],
) -> list[TakenItem]:
    """Takes all lines or none, once however often the attempt arrives.

    Raises ItemNotFound, ItemDeleted, StoreNotFound, OutOfStock (nothing is remembered: the attempt may come again),
    AttemptCancelled, AttemptReused.
    """
    wanted = rules.summed(lines)
    fingerprint = _fingerprint(store_id, reference, wanted)
    with deps.db.transaction(merchant=merchant_id) as tx:
        now = deps.clock.now()
        before = takes.claim_take(tx, merchant_id, attempt_id, state=TakeState.TAKEN, fingerprint=fingerprint, now=now)
        if before is not None:
            return _repeated(tx, merchant_id, attempt_id, before, fingerprint)
        require_place(tx, merchant_id, store_id)
        found = require_items(tx, merchant_id, list(wanted))
        counted = {item_id: quantity for item_id, quantity in wanted.items() if not found[item_id].terms.uncounted}
        there = stock.lock_quantities(tx, merchant_id, store_id=store_id, item_ids=list(counted))
        if short := rules.shortfall(counted, there):
            raise OutOfStock({item_name(item_id): left for item_id, left in short.items()})
        sold = [
            Movement(
                id=MovementId(deps.ids.new()),
                item_id=item_id,
                store_id=store_id,
                change=-quantity,
                balance=there[item_id] - quantity,
                reason=MovementReason.SOLD,
                reference=reference,
                attempt_id=attempt_id,
                create_time=now,
            )
            for item_id, quantity in counted.items()
        ]
        _apply(tx, merchant_id, store_id, sold)
        return [_taken(movement) for movement in sold]


def return_stock(deps: Deps, merchant_id: MerchantId, *, attempt_id: AttemptId) -> bool:
    """Undoes the attempt for good, whether or not it has arrived; returns whether it had taken anything."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        now = deps.clock.now()
        before = takes.claim_take(tx, merchant_id, attempt_id, state=TakeState.RETURNED, fingerprint=None, now=now)
        if before is None or before.fingerprint is None:
            return False
        if before.state is TakeState.RETURNED:
            return True
        takes.mark_returned(tx, merchant_id, attempt_id)
        sold = movements.load_sale(tx, merchant_id, attempt_id)
        if not sold:
            return True
        store_id = sold[0].store_id
        there = stock.lock_quantities(tx, merchant_id, store_id=store_id, item_ids=[each.item_id for each in sold])
        returned = [
            Movement(
                id=MovementId(deps.ids.new()),
                item_id=each.item_id,
                store_id=store_id,
                change=-each.change,
                balance=there[each.item_id] - each.change,
                reason=MovementReason.UNSOLD,
                reference=each.reference,
                attempt_id=attempt_id,
                create_time=now,
            )
            for each in sold
        ]
        _apply(tx, merchant_id, store_id, returned)
        return True


def restock_items(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    store_id: StoreId,
    attempt_id: AttemptId,
    reference: str,
    lines: Sequence[tuple[ItemId, Decimal]],
) -> None:
    """Puts back what customers return, once however often the attempt arrives; passes over what is not counted.

    Raises StoreNotFound, AttemptReused.
    """
    wanted = rules.summed(lines)
    fingerprint = _fingerprint(store_id, f"restock/{reference}", wanted)
    with deps.db.transaction(merchant=merchant_id) as tx:
        now = deps.clock.now()
        before = takes.claim_take(tx, merchant_id, attempt_id, state=TakeState.TAKEN, fingerprint=fingerprint, now=now)
        if before is not None:
            if before.fingerprint != fingerprint:
                raise AttemptReused
            return
        require_place(tx, merchant_id, store_id)
        found = items.load_items(tx, merchant_id, list(wanted))
        counted = [item_id for item_id, item in found.items() if not item.deleted and not item.terms.uncounted]
        there = stock.lock_quantities(tx, merchant_id, store_id=store_id, item_ids=counted)
        returned = [
            Movement(
                id=MovementId(deps.ids.new()),
                item_id=item_id,
                store_id=store_id,
                change=wanted[item_id],
                balance=left + wanted[item_id],
                reason=MovementReason.UNSOLD,
                reference=reference,
                attempt_id=attempt_id,
                create_time=now,
            )
            for item_id, left in there.items()
        ]
        _apply(tx, merchant_id, store_id, returned)


def _repeated(
    tx: Connection, merchant_id: MerchantId, attempt_id: AttemptId, before: takes.Take, fingerprint: bytes
) -> list[TakenItem]:
    if before.state is TakeState.RETURNED:
        raise AttemptCancelled
    if before.fingerprint != fingerprint:
        raise AttemptReused
    return [_taken(movement) for movement in movements.load_sale(tx, merchant_id, attempt_id)]


def _apply(tx: Connection, merchant_id: MerchantId, store_id: StoreId, changes: Sequence[Movement]) -> None:
    if not changes:
        return
    by_item = {movement.item_id: movement.change for movement in changes}
    stock.add_quantities(tx, merchant_id, store_id=store_id, changes=by_item, now=changes[0].create_time)
    movements.insert_movements(tx, merchant_id, changes)


def _taken(movement: Movement) -> TakenItem:
    return TakenItem(movement.item_id, -movement.change, movement.balance)


def _fingerprint(store_id: StoreId, reference: str, wanted: Mapping[ItemId, Decimal]) -> bytes:
    parts = [
        store_id.hex,
        reference,
        *(f"{item_id.hex}={quantity.normalize():f}" for item_id, quantity in wanted.items()),
    ]
    return hashlib.sha256("\n".join(parts).encode()).digest()
