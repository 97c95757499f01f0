"""Merchants, for tests about something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain.member import Member, MemberState
from services.auth.domain.merchant import Merchant
from services.auth.domain.names import MemberId, MerchantId
from services.auth.domain.roles import Role
from services.auth.store import members, merchants

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.services.auth.people import Person


def open_shop(deps: Deps, person: Person, *, role: Role = Role.OWNER) -> MerchantId:
    """A merchant where the person is `role`."""
    merchant_id = MerchantId(deps.ids.new())
    now = deps.clock.now()
    with deps.db.transaction(merchant=merchant_id) as tx:
        merchant = Merchant(
            id=merchant_id,
            display_name="Corner Shop",
            legal_name="Corner Shop Ltd",
            country_code="IN",
            time_zone="Asia/Kolkata",
            address=None,
            create_time=now,
            revision=1,
        )
        merchants.create(tx, merchant_id, merchant=merchant)
    add_staff(deps, merchant_id, person, role=role)
    return merchant_id


def add_staff(deps: Deps, merchant_id: MerchantId, person: Person, *, role: Role) -> MemberId:
    """Makes the person a member."""
    now = deps.clock.now()
    member = Member(
        id=MemberId(deps.ids.new()),
        merchant_id=merchant_id,
        account_id=person.account_id,
        display_name="Asha Rao",
        phone=None,
        role=role,
        state=MemberState.ACTIVE,
        create_time=now,
        join_time=now,
        expire_time=None,
    )
    with deps.db.transaction(merchant=merchant_id) as tx:
        members.create(tx, merchant_id, vault=deps.vault, member=member, invited_by=None)
    return member.id
