"""Questions to customers about their balance, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from services.billing.domain.customer import Balance
    from services.billing.domain.ids import AccountId, ConfirmationId, CustomerId, MerchantId
    from services.billing.domain.settings import MerchantSettings


class Answer(StrEnum):
    """What a customer says."""

    CONFIRMED = "CONFIRMED"
    DISPUTED = "DISPUTED"


class ConfirmationState(StrEnum):
    """Where a question stands."""

    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    DISPUTED = "DISPUTED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A question as stored. `day` is the merchant's business day on which the balance stood so."""

    id: ConfirmationId
    merchant_id: MerchantId
    customer_id: CustomerId
    balance: Balance
    day: date
    create_time: datetime
    creator_id: AccountId | None
    expire_time: datetime
    answer: Answer | None = None
    note: str = ""
    answer_time: datetime | None = None

    def state(self, now: datetime) -> ConfirmationState:
        """Where it stands at that moment."""
        if self.answer is not None:
            return ConfirmationState(self.answer.value)
        return ConfirmationState.EXPIRED if self.expire_time <= now else ConfirmationState.OPEN


@dataclass(frozen=True, slots=True)
class AskedBalance:
    """A question as its customer sees it."""

    confirmation: Confirmation
    customer_name: str
    # BCP 47, of the customer or else the merchant.
    locale: str
    settings: MerchantSettings
