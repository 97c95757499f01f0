"""Businesses that send bills."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.auth.domain.countries import COUNTRIES
from services.auth.domain.errors.merchants import PlaceUnknown
from services.kit.failure import FieldViolation

if TYPE_CHECKING:
    from datetime import datetime

    from services.auth.domain.names import AccountId, MerchantId
    from services.auth.domain.roles import Role

MOST_OWNED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """An address as it is written on paper, without the country."""

    lines: tuple[str, ...]
    locality: str
    administrative_area: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantDraft:
    """What a merchant is made from."""

    display_name: str
    legal_name: str
    # ISO 3166-1 alpha-2.
    country_code: str
    # IANA name.
    time_zone: str
    address: PostalAddress | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant(MerchantDraft):
    """A business."""

    id: MerchantId
    create_time: datetime
    revision: int
    # What the caller is there; None where nobody asks for themselves.
    role: Role | None = None
    # The live merchant whose test tenant this is; None for a live one.
    test_of: MerchantId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An owner, by what they have verified; at least one of `phone` (E.164) and `email`, the other may be empty."""

    account_id: AccountId
    phone: str = field(repr=False)
    email: str = field(repr=False)
    # BCP 47.
    locale: str


def check_place(draft: MerchantDraft, *, time_zones: frozenset[str], prefix: str) -> None:
    """Raises PlaceUnknown, naming every wrong field under `prefix`."""
    wrong = []
    if draft.country_code not in COUNTRIES:
        wrong.append(FieldViolation(f"{prefix}.country_code", "must be a country of ISO 3166-1"))
    if draft.time_zone not in time_zones:
        wrong.append(FieldViolation(f"{prefix}.time_zone", "must be a time zone of the IANA database"))
    if wrong:
        raise PlaceUnknown(*wrong)
