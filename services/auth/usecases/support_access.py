"""Letting support staff look at a merchant's data for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain.audit import Action
from services.auth.domain.errors.people import AccountNotFound
from services.auth.domain.support import SupportGrant
from services.auth.store import support_access
from services.auth.usecases import audit
from services.auth.usecases.owners import as_owner
from services.kit.ids import to_text

if TYPE_CHECKING:
    from datetime import timedelta

    from services.auth.domain.names import AccountId, MerchantId
    from services.auth.usecases.deps import Deps


def get_support_access(deps: Deps, *, merchant_id: MerchantId) -> SupportGrant | None:
    """What is granted now."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        return support_access.find_grant(tx, merchant_id, deps.clock.now())


def grant_support_access(
    deps: Deps, *, merchant_id: MerchantId, account_id: AccountId, duration: timedelta
) -> SupportGrant:
    """Lets staff look from now on. Raises MerchantNotFound, TestTenant or OwnerRequired."""
    now = deps.clock.now()
    grant = SupportGrant(account_id=account_id, grant_time=now, expire_time=now + duration)
    with deps.db.transaction(merchant=merchant_id) as tx:
        as_owner(tx, merchant_id, account_id)
        support_access.save_grant(tx, merchant_id, grant=grant)
        until = grant.expire_time.isoformat(timespec="seconds")
        audit.note(tx, deps, Action.SUPPORT_GRANTED, merchant=merchant_id, until=until)
    return grant


def revoke_support_access(deps: Deps, *, merchant_id: MerchantId, account_id: AccountId) -> None:
    """Ends it; nothing granted, nothing changes. Raises MerchantNotFound, TestTenant or OwnerRequired."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        as_owner(tx, merchant_id, account_id)
        if support_access.remove_grant(tx, merchant_id):
            audit.note(tx, deps, Action.SUPPORT_REVOKED, merchant=merchant_id)


def appoint(deps: Deps, *, account_id: AccountId, is_staff: bool) -> None:
    """Makes a person support staff, or no longer; an operator's matter, not a caller's. Raises AccountNotFound."""
    action = Action.STAFF_APPOINTED if is_staff else Action.STAFF_DISMISSED
    with deps.db.transaction(account=account_id) as tx:
        if not support_access.save_staff(tx, account_id, is_staff=is_staff):
            raise AccountNotFound
        audit.note(tx, deps, action, account=account_id, actor="operator", target=to_text("acc", account_id))
