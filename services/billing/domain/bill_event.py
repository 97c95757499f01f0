"""What happened to a bill."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from services.billing.domain.ids import BillId
    from services.kit.money import Money


class EventKind(StrEnum):
    """What can happen."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    ISSUED = "ISSUED"
    VOIDED = "VOIDED"
    PAYMENT_RECORDED = "PAYMENT_RECORDED"
    PAYMENT_CLAIMED = "PAYMENT_CLAIMED"
    PAYMENT_VERIFIED = "PAYMENT_VERIFIED"
    PAYMENT_REJECTED = "PAYMENT_REJECTED"
    REFUNDED = "REFUNDED"
    CREDITED = "CREDITED"
    REMINDED = "REMINDED"
    FILE_ADDED = "FILE_ADDED"
    FILE_REMOVED = "FILE_REMOVED"
    NOTE = "NOTE"
    SCHEDULE_PAUSED = "SCHEDULE_PAUSED"
    SENT = "SENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillEvent:
    """Something that happened to a bill; it never changes."""

    id: UUID
    bill_id: BillId
    kind: EventKind
    # As on the wire, "acc_…" or "cli_…"; empty where nobody asked.
    actor: str
    amount: Money | None
    # As on the wire, "pay_…", say; empty where it is about nothing else.
    reference: str
    text: str
    create_time: datetime
