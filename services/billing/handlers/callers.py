"""Who calls, in this service's terms."""

from __future__ import annotations

from services.billing.domain.ids import AccountId
from services.kit.context import caller


def account() -> AccountId | None:
    """Who of the staff calls; None for a partner's client."""
    found = caller().account_id
    return None if found is None else AccountId(found)
