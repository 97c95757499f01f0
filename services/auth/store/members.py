"""Members and invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from services.auth.domain.member import Invitation, Member, MemberState
from services.auth.domain.names import AccountId, MemberId, MerchantId, Phone
from services.auth.domain.roles import Role
from services.auth.store.accounts import phone_index
from services.auth.store.tables import accounts, members, merchants

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from services.kit.crypto import Vault

_PHONE = "members.phone"
_REMOVED = "REMOVED"
_COLUMNS = (
    members.c.merchant_id,
    members.c.id,
    members.c.account_id,
    members.c.display_name,
    members.c.phone_sealed,
    members.c.role,
    members.c.state,
    members.c.create_time,
    members.c.join_time,
    members.c.expire_time,
)


def create(
    tx: Connection, merchant_id: MerchantId, *, vault: Vault, member: Member, invited_by: AccountId | None
) -> None:
    """Writes a new member or invitation."""
    phone = member.phone
    tx.execute(
        members.insert().values(
            merchant_id=merchant_id,
            id=member.id,
            account_id=member.account_id,
            display_name=member.display_name,
            phone_sealed=vault.seal(tx, merchant_id, _PHONE, member.id, phone.e164) if phone else None,
            phone_index=phone_index(vault, phone) if phone else None,
            role=member.role.value,
            state=member.state.value,
            invited_by=invited_by,
            create_time=member.create_time,
            join_time=member.join_time,
            expire_time=member.expire_time,
        )
    )


def load(tx: Connection, merchant_id: MerchantId, member_id: MemberId, *, vault: Vault) -> Member | None:
    """The member or invitation, unless removed."""
    row = tx.execute(
        select(*_COLUMNS).where(
            members.c.merchant_id == merchant_id, members.c.id == member_id, members.c.state != _REMOVED
        )
    ).one_or_none()
    return _member(tx, vault, row) if row else None


def load_page(
    tx: Connection, merchant_id: MerchantId, *, vault: Vault, now: datetime, after: UUID | None, limit: int
) -> list[Member]:
    """Up to `limit` members and open invitations, oldest first, newer than `after`."""
    query = select(*_COLUMNS).where(
        members.c.merchant_id == merchant_id,
        members.c.state != _REMOVED,
        members.c.expire_time.is_(None) | (members.c.expire_time > now),
    )
    if after is not None:
        query = query.where(members.c.id > after)
    return [_member(tx, vault, row) for row in tx.execute(query.order_by(members.c.id).limit(limit))]


def load_role(tx: Connection, merchant_id: MerchantId, account_id: AccountId) -> Role | None:
    """What the person is there now."""
    found: str | None = tx.execute(
        select(members.c.role).where(
            members.c.merchant_id == merchant_id,
            members.c.account_id == account_id,
            members.c.state == MemberState.ACTIVE.value,
        )
    ).scalar_one_or_none()
    return Role(found) if found else None


def find_by_account(tx: Connection, merchant_id: MerchantId, account_id: AccountId, *, vault: Vault) -> Member | None:
    """The person's own entry there."""
    row = tx.execute(
        select(*_COLUMNS).where(
            members.c.merchant_id == merchant_id,
            members.c.account_id == account_id,
            members.c.state == MemberState.ACTIVE.value,
        )
    ).one_or_none()
    return _member(tx, vault, row) if row else None


def find_by_phone(tx: Connection, merchant_id: MerchantId, phone: Phone, *, vault: Vault) -> Member | None:
    """The member or invitation with that phone."""
    row = tx.execute(
        select(*_COLUMNS).where(
            members.c.merchant_id == merchant_id,
            members.c.phone_index == phone_index(vault, phone),
            members.c.state != _REMOVED,
        )
    ).one_or_none()
    return _member(tx, vault, row) if row else None


def count(tx: Connection, merchant_id: MerchantId, *, role: Role | None = None) -> int:
    """How many there are: active ones of `role`, or all with their invitations."""
    query = select(func.count()).select_from(members).where(members.c.merchant_id == merchant_id)
    if role is None:
        query = query.where(members.c.state != _REMOVED)
    else:
        query = query.where(members.c.role == role.value, members.c.state == MemberState.ACTIVE.value)
    return tx.execute(query).scalar_one()


def count_owned(tx: Connection, account_id: AccountId) -> int:
    """How many merchants the person owns."""
    query = select(func.count()).select_from(members)
    return tx.execute(
        query.where(
            members.c.account_id == account_id,
            members.c.role == Role.OWNER.value,
            members.c.state == MemberState.ACTIVE.value,
        )
    ).scalar_one()


def save_role(tx: Connection, merchant_id: MerchantId, member_id: MemberId, *, vault: Vault, role: Role) -> Member:
    """Gives an active member another role."""
    statement = update(members).where(members.c.merchant_id == merchant_id, members.c.id == member_id)
    return _member(tx, vault, tx.execute(statement.values(role=role.value).returning(*_COLUMNS)).one())


def join(
    tx: Connection,
    merchant_id: MerchantId,
    member_id: MemberId,
    *,
    vault: Vault,
    account_id: AccountId,
    display_name: str,
    now: datetime,
) -> Member:
    """Turns an invitation into a member."""
    values = {
        "account_id": account_id,
        "display_name": display_name,
        "state": MemberState.ACTIVE.value,
        "join_time": now,
        "expire_time": None,
    }
    statement = update(members).where(members.c.merchant_id == merchant_id, members.c.id == member_id)
    return _member(tx, vault, tx.execute(statement.values(values).returning(*_COLUMNS)).one())


def remove(tx: Connection, merchant_id: MerchantId, member_id: MemberId) -> None:
    """Takes a member out, or an invitation back."""
    statement = update(members).where(members.c.merchant_id == merchant_id, members.c.id == member_id)
    tx.execute(statement.values(state=_REMOVED, expire_time=None, phone_sealed=None, phone_index=None))


def load_merchants_of(tx: Connection, account_id: AccountId) -> list[MerchantId]:
    """Where the person works."""
    query = select(members.c.merchant_id).where(
        members.c.account_id == account_id, members.c.state == MemberState.ACTIVE.value
    )
    return [MerchantId(found) for found in tx.execute(query.order_by(members.c.merchant_id)).scalars()]


def rename(tx: Connection, merchant_id: MerchantId, account_id: AccountId, *, display_name: str) -> None:
    """Keeps the person's display name up to date at one merchant."""
    statement = update(members).where(members.c.merchant_id == merchant_id, members.c.account_id == account_id)
    tx.execute(statement.values(display_name=display_name))


def load_invitations(tx: Connection, account_id: AccountId, *, now: datetime, limit: int) -> list[Invitation]:
    """Open invitations to the person's verified phone, newest first."""
    query = (
        select(members.c.id, members.c.merchant_id, merchants.c.display_name, members.c.role, members.c.expire_time)
        .join(merchants, merchants.c.id == members.c.merchant_id)
        .where(_invites(account_id), members.c.expire_time > now)
    )
    return [
        Invitation(
            id=MemberId(row.id),
            merchant_id=MerchantId(row.merchant_id),
            merchant_name=row.display_name,
            role=Role(row.role),
            expire_time=row.expire_time,
        )
        for row in tx.execute(query.order_by(members.c.id.desc()).limit(limit))
    ]


def find_merchant_of(tx: Connection, account_id: AccountId, member_id: MemberId) -> MerchantId | None:
    """Whose invitation to the person, or entry of theirs, this is."""
    theirs = (members.c.account_id == account_id) & (members.c.state == MemberState.ACTIVE.value)
    query = select(members.c.merchant_id).where(members.c.id == member_id, theirs | _invites(account_id))
    found: UUID | None = tx.execute(query).scalar_one_or_none()
    return MerchantId(found) if found else None


def _invites(account_id: AccountId) -> ColumnElement[bool]:
    """Whether a row invites the person, by their verified phone."""
    phone = select(accounts.c.phone_index).where(accounts.c.id == account_id, accounts.c.phone_verify_time.is_not(None))
    return (members.c.state == MemberState.INVITED.value) & (members.c.phone_index == phone.scalar_subquery())


def load_inviter(tx: Connection, merchant_id: MerchantId, member_id: MemberId) -> str:
    """The display name of the member who invited; empty if they are gone."""
    inviter = members.alias()
    query = (
        select(inviter.c.display_name)
        .join(members, members.c.invited_by == inviter.c.account_id)
        .where(
            members.c.merchant_id == merchant_id,
            members.c.id == member_id,
            inviter.c.merchant_id == merchant_id,
            inviter.c.state == MemberState.ACTIVE.value,
        )
    )
    return tx.execute(query).scalar_one_or_none() or ""


def _member(tx: Connection, vault: Vault, row: Row[Any]) -> Member:
    sealed = row.phone_sealed
    return Member(
        id=MemberId(row.id),
        merchant_id=MerchantId(row.merchant_id),
        account_id=AccountId(row.account_id) if row.account_id else None,
        display_name=row.display_name,
        phone=Phone(vault.open(tx, row.merchant_id, _PHONE, row.id, bytes(sealed))) if sealed else None,
        role=Role(row.role),
        state=MemberState(row.state),
        create_time=row.create_time,
        join_time=row.join_time,
        expire_time=row.expire_time,
    )
