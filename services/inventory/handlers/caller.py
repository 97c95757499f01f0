"""Whose call it is, in the domain's types."""

from __future__ import annotations

from services.inventory.domain.ids import AccountId, MerchantId
from services.kit import context


def merchant() -> MerchantId:
    """The merchant of the token."""
    return MerchantId(context.caller().merchant)


def account() -> AccountId:
    """The person of the token."""
    return AccountId(context.caller().account)


def account_or_none() -> AccountId | None:
    """The person who acts for the merchant; None for a partner's client."""
    found = context.caller().account_id
    return None if found is None else AccountId(found)
