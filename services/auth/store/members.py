"""Members, and those who are invited to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, select, update

from services.auth.domain.member import Member, MemberState, Standing
from services.auth.domain.names import AccountId, Email, MemberId, MerchantId, Phone
from services.auth.domain.roles import Role
from services.auth.store.accounts import email_index, phone_index
from services.auth.store.tables import members, merchants
from services.kit.money import Money

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from services.kit.crypto import Vault

_PHONE = "members.phone"
_EMAIL = "members.email"
_REMOVED = "REMOVED"
_COLUMNS = (
    members.c.merchant_id,
    members.c.id,
    members.c.account_id,
    members.c.display_name,
    members.c.phone_sealed,
    members.c.email_sealed,
    members.c.refund_ceiling_minor,
    members.c.refund_ceiling_currency,
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
    phone, email, ceiling = member.phone, member.email, member.refund_ceiling
    tx.execute(
        members.insert().values(
            merchant_id=merchant_id,
            id=member.id,
            account_id=member.account_id,
            display_name=member.display_name,
            phone_sealed=vault.seal(tx, merchant_id, _PHONE, member.id, phone.e164) if phone else None,
            phone_index=phone_index(vault, phone) if phone else None,
            email_sealed=vault.seal(tx, merchant_id, _EMAIL, member.id, email.address) if email else None,
            email_index=email_index(vault, email) if email else None,
            refund_ceiling_minor=ceiling.minor if ceiling else None,
            refund_ceiling_currency=ceiling.currency if ceiling else None,
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
    """What the person is there now; at a test tenant, what they are at the merchant whose it is."""
    standing = load_standing(tx, merchant_id, account_id)
    return standing.role if standing else None


def load_standing(tx: Connection, merchant_id: MerchantId, account_id: AccountId) -> Standing | None:
    """As `load_role`, with the member's own bounds."""
    live = select(merchants.c.test_of).where(merchants.c.id == merchant_id).scalar_subquery()
    row = tx.execute(
        select(members.c.role, members.c.refund_ceiling_minor, members.c.refund_ceiling_currency).where(
            members.c.merchant_id == func.coalesce(live, merchant_id),
            members.c.account_id == account_id,
            members.c.state == MemberState.ACTIVE.value,
        )
    ).one_or_none()
    return Standing(Role(row.role), _ceiling(row)) if row else None


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


def find_by_email(tx: Connection, merchant_id: MerchantId, email: Email, *, vault: Vault) -> Member | None:
    """The member or invitation with that e-mail address."""
    row = tx.execute(
        select(*_COLUMNS).where(
            members.c.merchant_id == merchant_id,
            members.c.email_index == email_index(vault, email),
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


def load_owners(tx: Connection, merchant_id: MerchantId, *, limit: int) -> list[AccountId]:
    """Up to `limit` of those who own it, who joined first coming first."""
    query = select(members.c.account_id).where(
        members.c.merchant_id == merchant_id,
        members.c.role == Role.OWNER.value,
        members.c.state == MemberState.ACTIVE.value,
    )
    return [AccountId(found) for found in tx.execute(query.order_by(members.c.id).limit(limit)).scalars()]


def save_role(tx: Connection, merchant_id: MerchantId, member_id: MemberId, *, vault: Vault, role: Role) -> Member:
    """Gives an active member another role."""
    statement = update(members).where(members.c.merchant_id == merchant_id, members.c.id == member_id)
    return _member(tx, vault, tx.execute(statement.values(role=role.value).returning(*_COLUMNS)).one())


def save_limits(
    tx: Connection, merchant_id: MerchantId, member_id: MemberId, *, vault: Vault, refund_ceiling: Money | None
) -> Member:
    """Bounds a member anew."""
    statement = update(members).where(members.c.merchant_id == merchant_id, members.c.id == member_id)
    values = {
        "refund_ceiling_minor": refund_ceiling.minor if refund_ceiling else None,
        "refund_ceiling_currency": refund_ceiling.currency if refund_ceiling else None,
    }
    return _member(tx, vault, tx.execute(statement.values(values).returning(*_COLUMNS)).one())


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
    gone = dict.fromkeys(("expire_time", "phone_sealed", "phone_index", "email_sealed", "email_index"))
    tx.execute(statement.values(state=_REMOVED, **gone))


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


def _member(tx: Connection, vault: Vault, row: Row[Any]) -> Member:
    phone, email = row.phone_sealed, row.email_sealed
    return Member(
        id=MemberId(row.id),
        merchant_id=MerchantId(row.merchant_id),
        account_id=AccountId(row.account_id) if row.account_id else None,
        display_name=row.display_name,
        phone=Phone(vault.open(tx, row.merchant_id, _PHONE, row.id, bytes(phone))) if phone else None,
        role=Role(row.role),
        state=MemberState(row.state),
        create_time=row.create_time,
        join_time=row.join_time,
        expire_time=row.expire_time,
        email=Email(vault.open(tx, row.merchant_id, _EMAIL, row.id, bytes(email))) if email else None,
        refund_ceiling=_ceiling(row),
    )


def _ceiling(row: Row[Any]) -> Money | None:
    minor = row.refund_ceiling_minor
    return Money(minor, row.refund_ceiling_currency) if minor is not None else None
