"""What customers are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from services.billing.domain.ids import BillId, ConfirmationId, CustomerId, MerchantId, PaymentId
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
class Reminder:
    """What a customer is asked to pay next. `id` tells one reminder of a bill from another."""

    id: UUID
    merchant_id: MerchantId
    bill_id: BillId
    phone: str
    locale: str
    merchant_name: str
    number: str
    amount: Money
    due_date: date
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceQuestion:
    """What a customer is asked about: what they owe and what credit they have, as of a business day."""

    merchant_id: MerchantId
    confirmation_id: ConfirmationId
    customer_id: CustomerId
    phone: str
    locale: str
    merchant_name: str
    owed: Money
    credit: Money
    day: date
    link: str
