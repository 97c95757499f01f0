"""How much customers may owe, and who decides about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.customer_errors import CreditLimitDenied, CreditLimitReached
from services.kit.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.billing.domain.customer import Balance

# A merchant's API client has no role and is named so here.
CLIENT = "client"
_SET_LIMITS = frozenset(("owner", "manager", CLIENT))
_WAIVE_LIMITS = frozenset(("owner", "manager"))


def require_may_set(roles: frozenset[str]) -> None:
    """Raises CreditLimitDenied unless one of the roles sets limits."""
    if not roles & _SET_LIMITS:
        raise CreditLimitDenied


def require_may_waive(roles: frozenset[str]) -> None:
    """Raises CreditLimitDenied unless one of the roles may issue bills beyond a limit."""
    if not roles & _WAIVE_LIMITS:
        raise CreditLimitDenied


def is_over(limit: Money | None, balance: Balance) -> bool:
    """Whether the customer owes more than the limit; a limit in another currency says nothing."""
    if limit is None or limit.currency != balance.owed.currency:
        return False
    return limit < balance.owed - balance.credit


def require_within(limit: Money | None, balances: Iterable[Balance], *, more: Money) -> None:
    """Raises CreditLimitReached if the customer, owing so much `more`, would be above the limit."""
    if limit is None or limit.currency != more.currency or not more.minor:
        return
    owed = next((b.owed - b.credit for b in balances if b.owed.currency == limit.currency), Money.zero(limit.currency))
    left = limit - owed
    if left < more:
        raise CreditLimitReached(str(left if left.minor > 0 else Money.zero(limit.currency)))
