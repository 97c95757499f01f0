"""Why stock changed: only ever added to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.inventory.domain.ids import AccountId, AttemptId, ItemId, MovementId, StoreId
from services.inventory.domain.stock import Movement, MovementReason
from services.kit.sql import later, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from services.inventory.domain.ids import MerchantId

_COLUMNS = """
    id, item_id, store_id, change, balance, reason, note, reference, account_id, attempt_id, create_time
"""
_INSERT = f"""
INSERT INTO movements (merchant_id, {_COLUMNS})
SELECT %(merchant_id)s, * FROM unnest(%(ids)s::uuid[], %(item_ids)s::uuid[], %(store_ids)s::uuid[],
    %(changes)s::numeric[], %(balances)s::numeric[], %(reasons)s::text[], %(notes)s::text[], %(references)s::text[],
    %(account_ids)s::uuid[], %(attempt_ids)s::uuid[], %(times)s::timestamptz[])
"""  # noqa: S608
_PAGE = f"""
SELECT {_COLUMNS} FROM movements
WHERE merchant_id = %(merchant_id)s AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
  AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s::uuid)
  AND (%(item_id)s::uuid IS NULL OR item_id = %(item_id)s::uuid)
  AND (%(reference)s = '' OR reference = %(reference)s)
  AND (%(reason)s = '' OR reason = %(reason)s)
ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608
_OF_ATTEMPT = f"""
SELECT {_COLUMNS} FROM movements
WHERE merchant_id = %(merchant_id)s AND attempt_id = %(attempt_id)s AND reason = 'SOLD' ORDER BY item_id
"""  # noqa: S608


def insert_movements(tx: Connection, merchant_id: MerchantId, movements: Sequence[Movement]) -> None:
    """Adds movements."""
    values = {
        "merchant_id": merchant_id,
        "ids": [each.id for each in movements],
        "item_ids": [each.item_id for each in movements],
        "store_ids": [each.store_id for each in movements],
        "changes": [each.change for each in movements],
        "balances": [each.balance for each in movements],
        "reasons": [each.reason.value for each in movements],
        "notes": [each.note for each in movements],
        "references": [each.reference for each in movements],
        "account_ids": [each.account_id for each in movements],
        "attempt_ids": [each.attempt_id for each in movements],
        "times": [each.create_time for each in movements],
    }
    later(tx, _INSERT, values)


def page_of_movements(
    tx: Connection,
    merchant_id: MerchantId,
    *,
    store_id: StoreId | None,
    item_id: ItemId | None,
    reference: str,
    reason: MovementReason | None,
    after: str | None,
    limit: int,
) -> list[Movement]:
    """Newest first; `after` is the last id of the page before."""
    values = {
        "merchant_id": merchant_id,
        "store_id": store_id,
        "item_id": item_id,
        "reference": reference,
        "reason": reason.value if reason else "",
        "after": after,
        "limit": limit,
    }
    return [_movement(row) for row in run(tx, _PAGE, values)]


def load_sale(tx: Connection, merchant_id: MerchantId, attempt_id: AttemptId) -> list[Movement]:
    """What an attempt took, by item."""
    values = {"merchant_id": merchant_id, "attempt_id": attempt_id}
    return [_movement(row) for row in run(tx, _OF_ATTEMPT, values)]


def _movement(row: Any) -> Movement:
    return Movement(
        id=MovementId(row.id),
        item_id=ItemId(row.item_id),
        store_id=StoreId(row.store_id),
        change=row.change,
        balance=row.balance,
        reason=MovementReason(row.reason),
        note=row.note,
        reference=row.reference,
        account_id=AccountId(row.account_id) if row.account_id else None,
        attempt_id=AttemptId(row.attempt_id) if row.attempt_id else None,
        create_time=row.create_time,
    )
