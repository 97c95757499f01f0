"""What customers allow and take back: lines of a log."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from services.billing.domain.ids import AccountId, ConsentId, CustomerId


class Channel(StrEnum):
    """Ways in which a customer can be reached."""

    SMS = "SMS"
    EMAIL = "EMAIL"
    WHATSAPP = "WHATSAPP"
    CALL = "CALL"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentTerms:
    """What is said. `source`: where; nothing personal."""

    channel: Channel
    granted: bool
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A line as stored. `creator_id`: who of the staff wrote it down, None for a client."""

    id: ConsentId
    customer_id: CustomerId
    terms: ConsentTerms
    create_time: datetime
    creator_id: AccountId | None
