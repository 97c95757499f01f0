"""A merchant's customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from services.billing.domain.ids import CustomerId, MerchantId
    from services.kit.money import Money


@dataclass(frozen=True, slots=True)
class Balance:
    """Where a customer stands in one currency; neither is negative."""

    owed: Money
    credit: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFields:
    """What a merchant writes about a customer. Empty text means unknown."""

    display_name: str
    # E.164.
    phone: str = ""
    email: str = ""
    tax_id: str = ""
    # GST state.
    region_code: str = ""
    locale: str = ""
    note: str = ""
    # In their order; none twice.
    tags: tuple[str, ...] = ()
    # The most that may be owed in its currency; None: no limit.
    credit_limit: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer as stored."""

    id: CustomerId
    merchant_id: MerchantId
    fields: CustomerFields
    create_time: datetime
    version: int = 1
    balances: tuple[Balance, ...] = ()

    @property
    def etag(self) -> str:
        """Names this version."""
        return f"v{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """Which customers to list; what is empty filters nothing."""

    phone: str = ""
    # Occurs in the name, whatever the case.
    name: str = ""
    # All of them.
    tags: tuple[str, ...] = ()
    # Something is outstanding on a bill.
    owing: bool = False
