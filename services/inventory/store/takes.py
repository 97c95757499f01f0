"""Attempts to take stock for a bill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.inventory.domain.stock import TakeState
from services.kit.sql import later, run

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.inventory.domain.ids import AttemptId, MerchantId

# Waits for whoever is writing the same attempt at this moment.
_CLAIM = """
INSERT INTO takes (merchant_id, attempt_id, state, fingerprint, create_time)
VALUES (%(merchant_id)s, %(attempt_id)s, %(state)s, %(fingerprint)s, %(now)s) ON CONFLICT DO NOTHING
"""
_LOCK = """
SELECT state, fingerprint FROM takes WHERE merchant_id = %(merchant_id)s AND attempt_id = %(attempt_id)s FOR UPDATE
"""
_RETURN = """
UPDATE takes SET state = 'RETURNED' WHERE merchant_id = %(merchant_id)s AND attempt_id = %(attempt_id)s
"""


@dataclass(frozen=True, slots=True)
class Take:
    """An attempt that was seen before. `fingerprint` is None if it was returned before it arrived."""

    state: TakeState
    fingerprint: bytes | None


def claim_take(
    tx: Connection,
    merchant_id: MerchantId,
    attempt_id: AttemptId,
    *,
    state: TakeState,
    fingerprint: bytes | None,
    now: datetime,
) -> Take | None:
    """Writes the attempt if it is new and returns None; else the earlier one, locked."""
    key = {"merchant_id": merchant_id, "attempt_id": attempt_id}
    values = key | {"state": state.value, "fingerprint": fingerprint, "now": now}
    if run(tx, _CLAIM, values).rowcount:
        return None
    row = run(tx, _LOCK, key).one()
    return Take(TakeState(row.state), bytes(row.fingerprint) if row.fingerprint is not None else None)


def mark_returned(tx: Connection, merchant_id: MerchantId, attempt_id: AttemptId) -> None:
    """Turns a locked attempt into a returned one."""
    later(tx, _RETURN, {"merchant_id": merchant_id, "attempt_id": attempt_id})
