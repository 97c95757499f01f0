"""What customers are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from services.billing.domain.ids import BillId, MerchantId, PaymentId
    from services.kit.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BillNotice:
    """What a customer is told of a bill. `phone` is E.164, `locale` BCP 47."""

    merchant_id: MerchantId
    bill_id: BillId
    phone: str
    locale: str
    merchant_name: str
    number: str
    total: Money
    outstanding: Money
    due_date: date | None
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a customer is told of a payment. `amount` is what was received, `outstanding` what the bill still asks."""

    merchant_id: MerchantId
    bill_id: BillId
    payment_id: PaymentId
    phone: str
    locale: str
    merchant_name: str
    number: str
    amount: Money
    outstanding: Money
    link: str
