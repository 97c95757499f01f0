"""What customers allow and take back: lines of a log."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from services.billing.domain.notices import Place

if TYPE_CHECKING:
    from collections.abc import Mapping
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


def places(phone: str, email: str, granted: Mapping[Channel, bool]) -> tuple[Place, ...]:
    """Where a customer with this telephone number and e-mail address is told things; either may be empty.

    By SMS, or by e-mail if there is no number to use; by both if the customer said that they want e-mails. `granted`:
    what the customer said; what they took back is not used.
    """
    by_sms = bool(phone) and granted.get(Channel.SMS, True)
    by_email = bool(email) and granted.get(Channel.EMAIL, not by_sms)
    sms = (Place(Channel.SMS, phone),) if by_sms else ()
    return (*sms, Place(Channel.EMAIL, email)) if by_email else sms
