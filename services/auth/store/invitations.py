"""Invitations, as the invited person finds them: by the phone and the e-mail address that they have verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, or_, select

from services.auth.domain.member import Invitation, MemberState
from services.auth.domain.names import AccountId, MemberId, MerchantId
from services.auth.domain.roles import Role
from services.auth.store.tables import accounts, members, merchants

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


def is_reachable(tx: Connection, account_id: AccountId) -> bool:
    """Whether the person has verified a phone or an e-mail address."""
    query = select(accounts.c.id).where(
        accounts.c.id == account_id,
        or_(accounts.c.phone_verify_time.is_not(None), accounts.c.email_verify_time.is_not(None)),
    )
    return tx.execute(query).one_or_none() is not None


def load_invitations(tx: Connection, account_id: AccountId, *, now: datetime, limit: int) -> list[Invitation]:
    """Open invitations to the person's verified phone and e-mail address, newest first."""
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


def _invites(account_id: AccountId) -> ColumnElement[bool]:
    """Whether a row invites the person."""
    person = accounts.c.id == account_id
    phone = select(accounts.c.phone_index).where(person, accounts.c.phone_verify_time.is_not(None))
    email = select(accounts.c.email_index).where(person, accounts.c.email_verify_time.is_not(None))
    return (members.c.state == MemberState.INVITED.value) & or_(
        members.c.phone_index == phone.scalar_subquery(), members.c.email_index == email.scalar_subquery()
    )
