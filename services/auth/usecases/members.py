"""Who works for a merchant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain import member as rules
from services.auth.domain.audit import Action
from services.auth.domain.errors.merchants import LimitReached, MemberExists, MemberNotFound
from services.auth.domain.member import Member, MemberState
from services.auth.domain.names import Email, MemberId, Phone
from services.auth.domain.roles import Role
from services.auth.store import members
from services.auth.usecases import audit
from services.auth.usecases.owners import as_owner
from services.kit import jobs, paging
from services.kit.ids import to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.domain.names import AccountId, MerchantId
    from services.auth.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.money import Money
    from services.kit.paging import Listed, Page


def list_members(deps: Deps, *, merchant_id: MerchantId, page: Page) -> Listed[Member]:
    """A page of members and open invitations, oldest first."""
    after = paging.row_after(page)
    with deps.db.transaction(merchant=merchant_id) as tx:
        found = members.load_page(
            tx, merchant_id, vault=deps.vault, now=deps.clock.now(), after=after, limit=page.size + 1
        )
    return paging.cut(found, page, key=lambda one: (one.id,))


def invite_member(
    deps: Deps,
    *,
    once: Once[Member, M],
    merchant_id: MerchantId,
    account_id: AccountId,
    recipient: Phone | Email,
    role: Role,
) -> M:
    """Invites someone, who is told there. Raises OwnerRequired, TestTenant, MemberExists or LimitReached."""
    now = deps.clock.now()
    with deps.db.transaction(merchant=merchant_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        as_owner(tx, merchant_id, account_id)
        if before := _find_invited(tx, merchant_id, recipient, deps=deps):
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
            phone=recipient if isinstance(recipient, Phone) else None,
            email=recipient if isinstance(recipient, Email) else None,
            role=role,
            state=MemberState.INVITED,
            create_time=now,
            join_time=None,
            expire_time=now + rules.INVITED_FOR,
        )
        members.create(tx, merchant_id, vault=deps.vault, member=member, invited_by=account_id)
        target = to_text("mbr", member.id)
        audit.note(tx, deps, Action.MEMBER_INVITED, merchant=merchant_id, target=target, role=role.value)
        jobs.enqueue(tx, "auth.send_invitation", {"merchant_id": str(merchant_id), "member_id": str(member.id)})
        return once.record(tx, member)


def update_role(
    deps: Deps, *, merchant_id: MerchantId, account_id: AccountId, member_id: MemberId, role: Role
) -> Member:
    """Gives an active member another role. Raises OwnerRequired, MemberNotFound, MemberNotActive or LastOwner."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        as_owner(tx, merchant_id, account_id)
        member = _find(tx, merchant_id, member_id, deps=deps)
        if member.role is role and member.state is MemberState.ACTIVE:
            return member
        rules.check_role_change(member, owners=members.count(tx, merchant_id, role=Role.OWNER))
        audit.note(
            tx,
            deps,
            Action.MEMBER_ROLE_CHANGED,
            merchant=merchant_id,
            target=to_text("mbr", member_id),
            before=member.role.value,
            after=role.value,
        )
        return members.save_role(tx, merchant_id, member_id, vault=deps.vault, role=role)


def update_limits(
    deps: Deps,
    *,
    merchant_id: MerchantId,
    account_id: AccountId,
    member_id: MemberId,
    refund_ceiling: Money | None,
) -> Member:
    """Bounds an active member anew. Raises OwnerRequired, MemberNotFound or MemberNotActive."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        as_owner(tx, merchant_id, account_id)
        member = _find(tx, merchant_id, member_id, deps=deps)
        rules.check_active(member)
        audit.note(
            tx,
            deps,
            Action.MEMBER_LIMITS_CHANGED,
            merchant=merchant_id,
            target=to_text("mbr", member_id),
            refund_ceiling=_words(refund_ceiling),
        )
        return members.save_limits(tx, merchant_id, member_id, vault=deps.vault, refund_ceiling=refund_ceiling)


def remove_member(deps: Deps, *, merchant_id: MerchantId, account_id: AccountId, member_id: MemberId) -> None:
    """Takes a member out, or an invitation back. Raises OwnerRequired, MemberNotFound or LastOwner."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        as_owner(tx, merchant_id, account_id)
        member = _find(tx, merchant_id, member_id, deps=deps)
        rules.check_leave(member, owners=members.count(tx, merchant_id, role=Role.OWNER))
        members.remove(tx, merchant_id, member_id)
        target = to_text("mbr", member_id)
        audit.note(tx, deps, Action.MEMBER_REMOVED, merchant=merchant_id, target=target, role=member.role.value)


def _find_invited(tx: Connection, merchant_id: MerchantId, recipient: Phone | Email, *, deps: Deps) -> Member | None:
    if isinstance(recipient, Phone):
        return members.find_by_phone(tx, merchant_id, recipient, vault=deps.vault)
    return members.find_by_email(tx, merchant_id, recipient, vault=deps.vault)


def _words(amount: Money | None) -> str:
    return f"{amount.minor} {amount.currency} minor units" if amount else "none"


def _find(tx: Connection, merchant_id: MerchantId, member_id: MemberId, *, deps: Deps) -> Member:
    member = members.load(tx, merchant_id, member_id, vault=deps.vault)
    if member is None or member.lapsed(deps.clock.now()):
        raise MemberNotFound
    return member
