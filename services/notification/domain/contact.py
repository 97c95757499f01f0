"""Whom to tell what a merchant has to know."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An owner of a merchant, by what they have verified; one of `phone` (E.164) and `email` may be ""."""

    # "acc_…".
    account_id: str
    phone: str = field(repr=False)
    email: str = field(repr=False)
    # BCP 47 or "".
    locale: str
