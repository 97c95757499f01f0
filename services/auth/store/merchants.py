"""Merchants."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, select, update

from services.auth.domain.member import MemberState
from services.auth.domain.merchant import Merchant, PostalAddress
from services.auth.domain.names import AccountId, MerchantId
from services.auth.domain.roles import Role
from services.auth.store.tables import members, merchants

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

_COLUMNS = (
    merchants.c.id,
    merchants.c.display_name,
    merchants.c.legal_name,
    merchants.c.country_code,
    merchants.c.time_zone,
    merchants.c.address,
    merchants.c.create_time,
    merchants.c.revision,
    merchants.c.test_of,
)


def create(tx: Connection, merchant_id: MerchantId, *, merchant: Merchant) -> None:
    """Writes a new merchant."""
    values = _values(merchant) | {
        "country_code": merchant.country_code,
        "create_time": merchant.create_time,
        "test_of": merchant.test_of,
    }
    tx.execute(merchants.insert().values(id=merchant_id, revision=merchant.revision, **values))


def load(tx: Connection, merchant_id: MerchantId) -> Merchant | None:
    """The merchant, if it is there."""
    row = tx.execute(select(*_COLUMNS).where(merchants.c.id == merchant_id)).one_or_none()
    return _merchant(row, None) if row else None


def load_for_update(tx: Connection, merchant_id: MerchantId) -> Merchant | None:
    """As `load`; changes of the merchant and of who works there wait until this transaction ends."""
    row = tx.execute(
        select(*_COLUMNS).where(merchants.c.id == merchant_id).with_for_update(key_share=True)
    ).one_or_none()
    return _merchant(row, None) if row else None


def find_test_tenant(tx: Connection, merchant_id: MerchantId) -> MerchantId | None:
    """The test tenant of a live merchant, if it has one yet."""
    found: UUID | None = tx.execute(
        select(merchants.c.id).where(merchants.c.test_of == merchant_id)
    ).scalar_one_or_none()
    return MerchantId(found) if found else None


def save(tx: Connection, merchant_id: MerchantId, *, merchant: Merchant, role: Role | None) -> Merchant:
    """Writes a merchant that is loaded for update; its revision grows."""
    values = _values(merchant) | {"revision": merchant.revision + 1}
    statement = update(merchants).where(merchants.c.id == merchant_id).values(values).returning(*_COLUMNS)
    return _merchant(tx.execute(statement).one(), role)


def load_of_member(tx: Connection, account_id: AccountId, *, before: UUID | None, limit: int) -> list[Merchant]:
    """Up to `limit` merchants where the person works, newest first, older than `before`; with their role there."""
    query = (
        select(*_COLUMNS, members.c.role)
        .join(members, members.c.merchant_id == func.coalesce(merchants.c.test_of, merchants.c.id))
        .where(members.c.account_id == account_id, members.c.state == MemberState.ACTIVE.value)
    )
    if before is not None:
        query = query.where(merchants.c.id < before)
    rows = tx.execute(query.order_by(merchants.c.id.desc()).limit(limit))
    return [_merchant(row, Role(row.role)) for row in rows]


def _values(merchant: Merchant) -> dict[str, Any]:
    return {
        "display_name": merchant.display_name,
        "legal_name": merchant.legal_name,
        "time_zone": merchant.time_zone,
        "address": asdict(merchant.address) if merchant.address else None,
    }


def _merchant(row: Row[Any], role: Role | None) -> Merchant:
    create_time: datetime = row.create_time
    address = row.address
    return Merchant(
        id=MerchantId(row.id),
        display_name=row.display_name,
        legal_name=row.legal_name,
        country_code=row.country_code,
        time_zone=row.time_zone,
        address=PostalAddress(**(address | {"lines": tuple(address["lines"])})) if address else None,
        create_time=create_time,
        revision=row.revision,
        role=role,
        test_of=MerchantId(row.test_of) if row.test_of else None,
    )
