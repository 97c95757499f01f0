"""Who works for a merchant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from services.auth.domain.errors.merchants import LastOwner, MemberNotActive, OwnerRequired
from services.auth.domain.roles import Role

if TYPE_CHECKING:
    from services.auth.domain.names import AccountId, Email, MemberId, MerchantId, Phone
    from services.kit.money import Money

INVITED_FOR = timedelta(days=7)
MOST = 200


class MemberState(StrEnum):
    """Where a member stands."""

    INVITED = "INVITED"
    ACTIVE = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Someone who works for a merchant, or is invited to."""

    id: MemberId
    merchant_id: MerchantId
    account_id: AccountId | None
    display_name: str
    phone: Phone | None
    role: Role
    state: MemberState
    create_time: datetime
    join_time: datetime | None
    expire_time: datetime | None
    email: Email | None = None
    # The most that one refund of theirs may be; None: no bound of their own.
    refund_ceiling: Money | None = None

    def lapsed(self, now: datetime) -> bool:
        """Whether it is an invitation that nobody took up in time."""
        return self.expire_time is not None and now >= self.expire_time


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person is at a merchant, and within which bounds."""

    role: Role
    refund_ceiling: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation as the invited person sees it."""

    id: MemberId
    merchant_id: MerchantId
    merchant_name: str
    role: Role
    expire_time: datetime


def check_owner(role: Role | None) -> None:
    """Raises OwnerRequired unless `role`, read in the same transaction, is owner."""
    if role is not Role.OWNER:
        raise OwnerRequired


def check_active(member: Member) -> None:
    """Raises MemberNotActive for an invitation."""
    if member.state is not MemberState.ACTIVE:
        raise MemberNotActive


def check_role_change(member: Member, *, owners: int) -> None:
    """Raises MemberNotActive or LastOwner if `member` must stay what they are. `owners`: how many there are now."""
    check_active(member)
    check_leave(member, owners=owners)


def check_leave(member: Member, *, owners: int) -> None:
    """Raises LastOwner if the merchant would be left without one."""
    if member.state is MemberState.ACTIVE and member.role is Role.OWNER and owners <= 1:
        raise LastOwner
