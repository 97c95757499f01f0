"""Who of ours may look at a merchant's data, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.names import AccountId
from services.auth.domain.support import SupportGrant
from services.auth.store.tables import accounts, support_grants

if TYPE_CHECKING:
    from datetime import datetime

    from services.auth.domain.names import MerchantId


def save_grant(tx: Connection, merchant_id: MerchantId, *, grant: SupportGrant) -> None:
    """Lets support staff look, in place of what was granted before."""
    values = {
        "grant_account_id": grant.account_id,
        "grant_time": grant.grant_time,
        "expire_time": grant.expire_time,
    }
    statement = insert(support_grants).values(merchant_id=merchant_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["merchant_id"], set_=values))


def find_grant(tx: Connection, merchant_id: MerchantId, now: datetime) -> SupportGrant | None:
    """What is granted now."""
    row = tx.execute(
        select(support_grants).where(support_grants.c.merchant_id == merchant_id, support_grants.c.expire_time > now)
    ).one_or_none()
    if row is None:
        return None
    return SupportGrant(
        account_id=AccountId(row.grant_account_id), grant_time=row.grant_time, expire_time=row.expire_time
    )


def remove_grant(tx: Connection, merchant_id: MerchantId) -> bool:
    """Takes it back; False if there was none."""
    return tx.execute(delete(support_grants).where(support_grants.c.merchant_id == merchant_id)).rowcount == 1


def is_staff(tx: Connection, account_id: AccountId) -> bool:
    """Whether the person is support staff now."""
    query = select(accounts.c.support_staff).where(accounts.c.id == account_id)
    return bool(tx.execute(query).scalar_one_or_none())


def save_staff(tx: Connection, account_id: AccountId, *, is_staff: bool) -> bool:
    """Makes the person support staff, or no longer; False if there is no such account."""
    return tx.execute(update(accounts).where(accounts.c.id == account_id).values(support_staff=is_staff)).rowcount == 1
