"""Claims that merchants are to be told of, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.billing.domain.ids import PaymentId
from services.kit.sql import run

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId

# A merchant has one that is open. Whoever adds to it holds it until `tx` ends, so that it is not closed before.
_ADD = """
INSERT INTO claim_digests AS digest (merchant_id, id, payment_id, claims, send_time)
SELECT %(merchant_id)s, %(id)s, %(payment_id)s, 1, greatest(%(now)s::timestamptz, max(earlier.send_time) + %(quiet)s)
FROM claim_digests earlier WHERE earlier.merchant_id = %(merchant_id)s
ON CONFLICT (merchant_id) WHERE NOT closed DO UPDATE SET claims = digest.claims + 1
RETURNING id, payment_id, claims, send_time
"""
_CLOSE = """
UPDATE claim_digests SET closed = true WHERE merchant_id = %(merchant_id)s AND id = %(id)s
RETURNING id, payment_id, claims, send_time
"""
_FORGET = "DELETE FROM claim_digests WHERE merchant_id = %(merchant_id)s AND closed AND send_time < %(before)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """How many claims are told together, not before `send_time`; the first of them."""

    id: UUID
    payment_id: PaymentId
    count: int
    send_time: datetime


def add_claim(
    tx: Connection, merchant_id: MerchantId, payment_id: PaymentId, *, new_id: UUID, now: datetime, quiet: timedelta
) -> Digest:
    """Puts a claim to those that wait, or begins a new digest `quiet` after the one before, at once at the earliest."""
    key = {"merchant_id": merchant_id, "id": new_id, "payment_id": payment_id, "now": now, "quiet": quiet}
    return _digest(run(tx, _ADD, key).one())


def close_digest(tx: Connection, merchant_id: MerchantId, digest_id: UUID) -> Digest | None:
    """The digest, to which nothing is added any more; None once it is forgotten."""
    row = run(tx, _CLOSE, {"merchant_id": merchant_id, "id": digest_id}).one_or_none()
    return None if row is None else _digest(row)


def forget_digests(tx: Connection, merchant_id: MerchantId, *, before: datetime) -> None:
    """Removes those that were due before that moment and are closed."""
    run(tx, _FORGET, {"merchant_id": merchant_id, "before": before})


def _digest(row: Any) -> Digest:
    return Digest(id=row.id, payment_id=PaymentId(row.payment_id), count=row.claims, send_time=row.send_time)
