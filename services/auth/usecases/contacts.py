"""Whom to tell what a merchant has to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.auth.domain.errors.merchants import MerchantNotFound
from services.auth.domain.merchant import Contact
from services.auth.store import accounts, members, merchants
from services.kit.db import become

if TYPE_CHECKING:
    from services.auth.domain.names import MerchantId
    from services.auth.usecases.deps import Deps

_MOST: Final = 20


def get_contacts(deps: Deps, *, merchant_id: MerchantId) -> list[Contact]:
    """The owners by what they have verified, who joined first coming first; at most 20. Raises MerchantNotFound.

    A test tenant's are those of the merchant whose it is. What was never verified may be a stranger's: not that.
    """
    with deps.db.transaction(merchant=merchant_id) as tx:
        merchant = merchants.load(tx, merchant_id)
        if merchant is None:
            raise MerchantNotFound
        live = merchant.test_of or merchant_id
        become(tx, merchant=live)
        contacts = []
        for account_id in members.load_owners(tx, live, limit=_MOST):
            # A person's own row is seen by that person alone.
            become(tx, account=account_id)
            account = accounts.load(tx, account_id, vault=deps.vault)
            if account is None:
                continue
            phone = account.phone.e164 if account.phone_verify_time else ""
            email = account.email if account.email_verify_time else ""
            if phone or email:
                contacts.append(Contact(account_id=account_id, phone=phone, email=email, locale=account.locale))
        return contacts
