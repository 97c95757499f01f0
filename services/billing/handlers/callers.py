"""Who calls, in this service's terms."""

from __future__ import annotations

from services.billing.domain.credit import CLIENT
from services.billing.domain.ids import AccountId
from services.kit.context import caller


def account() -> AccountId | None:
    """Who of the staff calls; None for a partner's client."""
    found = caller().account_id
    return None if found is None else AccountId(found)


def roles() -> frozenset[str]:
    """What decides about credit: the roles of the staff that calls, or CLIENT for the merchant's own program."""
    who = caller()
    return who.roles if who.account_id is not None else frozenset((CLIENT,))
