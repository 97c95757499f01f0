"""Who works for a merchant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain import member as rules
from services.auth.domain.errors.merchants import (
    InvitationNotFound,
    LimitReached,
    MemberExists,
    MemberNotFound,
    MerchantNotFound,
)
from services.auth.domain.errors.people import AccountNotFound, PhoneNotVerified
from services.auth.domain.member import Invitation, Member, MemberState
from services.auth.domain.names import MemberId
from services.auth.domain.roles import Role
from services.auth.store import accounts, members, merchants
from services.auth.usecases.pages import row_after
from services.kit import jobs
from services.kit.db import become

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.domain.account import Account
    from services.auth.domain.names import AccountId, MerchantId, Phone
    from services.auth.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page


_MOST_INVITATIONS_SHOWN = 50


def list_members(deps: Deps, *, merchant_id: MerchantId, page: Page) -> tuple[list[Member], str]:
    """A page of members and open invitations, oldest first, and the token of the next."""
    after = row_after(page)
    with deps.db.transaction(merchant=merchant_id) as tx:
        found = members.load_page(
            tx, merchant_id, vault=deps.vault, now=deps.clock.now(), after=after, limit=page.size + 1
        )
    shown = found[: page.size]
    return shown, page.next_token(str(shown[-1].id)) if len(found) > page.size else ""


def invite_member(
    deps: Deps, *, once: Once[Member, M], merchant_id: MerchantId, account_id: AccountId, phone: Phone, role: Role
) -> M:
    """Invites a phone and has its owner told. Raises OwnerRequired, MemberExists or LimitReached."""
    now = deps.clock.now()
    with deps.db.transaction(merchant=merchant_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        _as_owner(tx, merchant_id, account_id)
        if before := members.find_by_phone(tx, merchant_id, phone, vault=deps.vault):
            if not before.lapsed(now):
                raise MemberExists
            members.remove(tx, merchant_id, before.id)
        if members.count(tx, merchant_id) >= rules.MOST:
            raise LimitReached("members", rules.MOST)
        member = Member(
            id=MemberId(deps.ids.new()),
            merchant_id=merchant_id,
            account_id=None,
            display_name="",
            phone=phone,
            role=role,
            state=MemberState.INVITED,
            create_time=now,
            join_time=None,
            expire_time=now + rules.INVITED_FOR,
        )
        members.create(tx, merchant_id, vault=deps.vault, member=member, invited_by=account_id)
        jobs.enqueue(tx, "auth.send_invitation", {"merchant_id": str(merchant_id), "member_id": str(member.id)})
        return once.record(tx, member)


def update_role(
    deps: Deps, *, merchant_id: MerchantId, account_id: AccountId, member_id: MemberId, role: Role
) -> Member:
    """Gives an active member another role. Raises OwnerRequired, MemberNotFound, MemberNotActive or LastOwner."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        _as_owner(tx, merchant_id, account_id)
        member = _find(tx, merchant_id, member_id, deps=deps)
        if member.role is role and member.state is MemberState.ACTIVE:
            return member
        rules.check_role_change(member, owners=members.count(tx, merchant_id, role=Role.OWNER))
        return members.save_role(tx, merchant_id, member_id, vault=deps.vault, role=role)


def remove_member(deps: Deps, *, merchant_id: MerchantId, account_id: AccountId, member_id: MemberId) -> None:
    """Takes a member out, or an invitation back. Raises OwnerRequired, MemberNotFound or LastOwner."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        _as_owner(tx, merchant_id, account_id)
        member = _find(tx, merchant_id, member_id, deps=deps)
        rules.check_leave(member, owners=members.count(tx, merchant_id, role=Role.OWNER))
        members.remove(tx, merchant_id, member_id)


def list_invitations(deps: Deps, *, account_id: AccountId) -> list[Invitation]:
    """Open invitations to the caller's verified phone. Raises PhoneNotVerified."""
    with deps.db.transaction(account=account_id) as tx:
        _verified(tx, account_id, deps=deps)
        return members.load_invitations(tx, account_id, now=deps.clock.now(), limit=_MOST_INVITATIONS_SHOWN)


def accept_invitation(deps: Deps, *, account_id: AccountId, member_id: MemberId) -> Member:
    """Makes the caller a member; accepted before, the member again. Raises PhoneNotVerified or InvitationNotFound."""
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        account = _verified(tx, account_id, deps=deps)
        merchant_id = members.find_merchant_of(tx, account_id, member_id)
        if merchant_id is None:
            raise InvitationNotFound
        become(tx, merchant=merchant_id, account=account_id)
        merchants.load_for_update(tx, merchant_id)
        invited = members.load(tx, merchant_id, member_id, vault=deps.vault)
        if invited is None or invited.lapsed(now):
            raise InvitationNotFound
        if invited.account_id == account_id:
            return invited
        if already := members.find_by_account(tx, merchant_id, account_id, vault=deps.vault):
            # Works there under another entry, for example as the owner: the invitation has no use any more.
            members.remove(tx, merchant_id, member_id)
            return already
        return members.join(
            tx,
            merchant_id,
            member_id,
            vault=deps.vault,
            account_id=account_id,
            display_name=account.display_name,
            now=now,
        )


def _as_owner(tx: Connection, merchant_id: MerchantId, account_id: AccountId) -> None:
    """Locks the merchant, so that who works there changes one at a time, and reads the caller's role afresh."""
    if merchants.load_for_update(tx, merchant_id) is None:
        raise MerchantNotFound
    rules.check_owner(members.load_role(tx, merchant_id, account_id))


def _find(tx: Connection, merchant_id: MerchantId, member_id: MemberId, *, deps: Deps) -> Member:
    member = members.load(tx, merchant_id, member_id, vault=deps.vault)
    if member is None or member.lapsed(deps.clock.now()):
        raise MemberNotFound
    return member


def _verified(tx: Connection, account_id: AccountId, *, deps: Deps) -> Account:
    account = accounts.load(tx, account_id, vault=deps.vault)
    if account is None:
        raise AccountNotFound
    if account.phone_verify_time is None:
        raise PhoneNotVerified
    return account
