"""What happened to bills: added, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.bill_event import BillEvent, EventKind
from services.kit.money import Money
from services.kit.sql import later, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.ids import BillId, MerchantId
    from services.kit.crypto import Vault

_TEXT = "bill_events.text"
_INSERT = """
INSERT INTO bill_events (merchant_id, bill_id, id, kind, actor, amount_minor, currency, reference, text, create_time)
VALUES (%(merchant_id)s, %(bill_id)s, %(id)s, %(kind)s, %(actor)s, %(amount)s, %(currency)s, %(reference)s, %(text)s,
    %(create_time)s)
"""
_LAST = """
SELECT max(create_time) FROM bill_events
WHERE merchant_id = %(merchant_id)s AND bill_id = %(bill_id)s AND kind = %(kind)s
"""
_LIST = """
SELECT id, kind, actor, amount_minor, currency, reference, text, create_time FROM bill_events
WHERE merchant_id = %(merchant_id)s AND bill_id = %(bill_id)s AND (%(before)s::uuid IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""


def last_event_time(tx: Connection, merchant_id: MerchantId, bill_id: BillId, kind: EventKind) -> datetime | None:
    """When this happened to the bill the last time; None if it never did."""
    key = {"merchant_id": merchant_id, "bill_id": bill_id, "kind": kind.value}
    moment: datetime | None = run(tx, _LAST, key).scalar_one()
    return moment


def insert_event(tx: Connection, merchant_id: MerchantId, event: BillEvent, vault: Vault) -> None:
    """Keeps an event; its text is sealed, for people write names into it."""
    amount = event.amount
    later(
        tx,
        _INSERT,
        {
            "merchant_id": merchant_id,
            "bill_id": event.bill_id,
            "id": event.id,
            "kind": event.kind.value,
            "actor": event.actor,
            "amount": amount.minor if amount else None,
            "currency": amount.currency if amount else None,
            "reference": event.reference,
            "text": vault.seal(tx, merchant_id, _TEXT, event.id, event.text) if event.text else None,
            "create_time": event.create_time,
        },
    )


def list_events(
    tx: Connection, merchant_id: MerchantId, bill_id: BillId, *, before: UUID | None, limit: int, vault: Vault
) -> Sequence[BillEvent]:
    """What happened to a bill, the newest first, from below the id `before`."""
    rows = run(tx, _LIST, {"merchant_id": merchant_id, "bill_id": bill_id, "before": before, "limit": limit})
    return [
        BillEvent(
            id=row.id,
            bill_id=bill_id,
            kind=EventKind(row.kind),
            actor=row.actor,
            amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
            reference=row.reference,
            text=vault.open(tx, merchant_id, _TEXT, row.id, bytes(row.text)) if row.text else "",
            create_time=row.create_time,
        )
        for row in rows.all()
    ]
