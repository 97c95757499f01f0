"""A merchant's customer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from services.billing.domain.ids import CustomerId, MerchantId
    from services.kit.money import Money

_LONGEST_NOTE = 2_000
_MOST_TAGS = 20


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
    # Who has its bills and balances now; None unless it was merged.
    merged_into: CustomerId | None = None
    erase_time: datetime | None = None
    balances: tuple[Balance, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether it was merged or erased, so that nothing new may be about it."""
        return self.merged_into is not None or self.erase_time is not None

    @property
    def etag(self) -> str:
        """Names this version."""
        return f"v{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """Which customers to list; what is empty filters nothing."""

    phone: str = ""
    # Each of its words begins one of the customer's.
    name: str = ""
    # All of them.
    tags: tuple[str, ...] = ()
    # Something is outstanding on a bill.
    owing: bool = False


def merged(fields: CustomerFields, duplicate: CustomerFields) -> CustomerFields:
    """One customer's details out of two: the first's own, and the duplicate's where the first has none."""
    own_tax_id = bool(fields.tax_id)
    note = "\n".join(dict.fromkeys(note for note in (fields.note, duplicate.note) if note))
    return replace(
        fields,
        phone=fields.phone or duplicate.phone,
        email=fields.email or duplicate.email,
        tax_id=fields.tax_id or duplicate.tax_id,
        # The state belongs to the number.
        region_code=fields.region_code if own_tax_id or not duplicate.tax_id else duplicate.region_code,
        locale=fields.locale or duplicate.locale,
        note=note[:_LONGEST_NOTE],
        tags=tuple(sorted((*fields.tags, *(set(duplicate.tags) - set(fields.tags)))[:_MOST_TAGS])),
        credit_limit=duplicate.credit_limit if fields.credit_limit is None else fields.credit_limit,
    )
