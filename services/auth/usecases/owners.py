"""What only a merchant's owner may do begins here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain import member as rules
from services.auth.domain.errors.merchants import MerchantNotFound, TestTenant
from services.auth.store import members, merchants

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.domain.merchant import Merchant
    from services.auth.domain.names import AccountId, MerchantId


def as_owner(tx: Connection, merchant_id: MerchantId, account_id: AccountId) -> Merchant:
    """Locks the merchant, so that who works there changes one at a time, and reads the caller's role afresh.

    Raises MerchantNotFound, TestTenant or OwnerRequired.
    """
    merchant = merchants.load_for_update(tx, merchant_id)
    if merchant is None:
        raise MerchantNotFound
    if merchant.test_of is not None:
        raise TestTenant
    rules.check_owner(members.load_role(tx, merchant_id, account_id))
    return merchant
