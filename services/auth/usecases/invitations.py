"""Invitations, as the invited person takes them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain.audit import Action
from services.auth.domain.errors.merchants import InvitationNotFound
from services.auth.domain.errors.people import AccountNotFound, PhoneNotVerified
from services.auth.store import accounts, invitations, members, merchants
from services.auth.usecases import audit
from services.kit.db import become
from services.kit.ids import to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.domain.member import Invitation, Member
    from services.auth.domain.names import AccountId, MemberId
    from services.auth.usecases.deps import Deps

_MOST_SHOWN = 50


def list_invitations(deps: Deps, *, account_id: AccountId) -> list[Invitation]:
    """Open invitations to the caller's verified phone and e-mail address. Raises PhoneNotVerified if neither is."""
    with deps.db.transaction(account=account_id) as tx:
        _check_reachable(tx, account_id)
        return invitations.load_invitations(tx, account_id, now=deps.clock.now(), limit=_MOST_SHOWN)


def accept_invitation(deps: Deps, *, account_id: AccountId, member_id: MemberId) -> Member:
    """Makes the caller a member; accepted before, the member again. Raises PhoneNotVerified or InvitationNotFound."""
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        _check_reachable(tx, account_id)
        account = accounts.load(tx, account_id, vault=deps.vault)
        if account is None:
            raise AccountNotFound
        merchant_id = invitations.find_merchant_of(tx, account_id, member_id)
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
        audit.note(
            tx,
            deps,
            Action.MEMBER_JOINED,
            merchant=merchant_id,
            target=to_text("mbr", member_id),
            role=invited.role.value,
        )
        return members.join(
            tx,
            merchant_id,
            member_id,
            vault=deps.vault,
            account_id=account_id,
            display_name=account.display_name,
            now=now,
        )


def _check_reachable(tx: Connection, account_id: AccountId) -> None:
    if not invitations.is_reachable(tx, account_id):
        raise PhoneNotVerified
