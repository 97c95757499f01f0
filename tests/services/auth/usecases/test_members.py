"""Invitations, roles and owners."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from billmesh.auth.v1 import member_pb2, member_service_pb2

from services.auth.convert.members import invitation_key, member_without_recipient
from services.auth.convert.values import member_id
from services.auth.domain.errors.merchants import (
    InvitationNotFound,
    LastOwner,
    MemberExists,
    MemberNotActive,
    MemberNotFound,
    OwnerRequired,
)
from services.auth.domain.errors.people import PhoneNotVerified
from services.auth.domain.member import MemberState, Standing
from services.auth.domain.names import Email, MemberId, MerchantId, Phone
from services.auth.domain.roles import Role
from services.auth.store import members as store
from services.auth.usecases import accounts, invitations, members, merchants
from services.kit import idempotency
from services.kit.failure import Failure
from services.kit.idempotency import RequestIdReused
from services.kit.ids import to_text
from services.kit.money import Money
from services.kit.paging import Page
from tests.services.auth.people import new_phone
from tests.services.auth.shops import add_staff, open_shop

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People, Person

ALL = Page(500, None, b"")


def invite(
    deps: Deps,
    shop: MerchantId,
    owner: Person,
    recipient: Phone | Email,
    *,
    role: Role = Role.CASHIER,
    request_id: UUID | None = None,
) -> MemberId:
    request = member_service_pb2.InviteMemberRequest(request_id=str(request_id or uuid4()))
    if isinstance(recipient, Phone):
        request.phone = recipient.e164
    else:
        request.email = recipient.address
    key = invitation_key(request, deps.vault)
    answer = members.invite_member(
        deps,
        once=idempotency.once(key, member_pb2.Member, member_without_recipient, owner=shop),
        merchant_id=shop,
        account_id=owner.account_id,
        recipient=recipient,
        role=role,
    )
    assert (answer.phone, answer.email) == ("", "")
    return member_id(answer.id)


def test_invited_seen_accepted(people: People, deps: Deps, clock: FixedClock) -> None:
    owner, invited = people.sign_up(), people.sign_up(verified=True)
    shop = open_shop(deps, owner)
    # Ids of one millisecond have no order.
    clock.advance(timedelta(milliseconds=1))
    member_id = invite(deps, shop, owner, invited.phone)
    (invitation,) = invitations.list_invitations(deps, account_id=invited.account_id)
    assert (invitation.id, invitation.merchant_id, invitation.merchant_name) == (member_id, shop, "Corner Shop")
    member = invitations.accept_invitation(deps, account_id=invited.account_id, member_id=member_id)
    assert (member.state, member.role, member.display_name) == (MemberState.ACTIVE, Role.CASHIER, "Asha Rao")
    assert invitations.accept_invitation(deps, account_id=invited.account_id, member_id=member_id) == member
    assert invitations.list_invitations(deps, account_id=invited.account_id) == []
    found = members.list_members(deps, merchant_id=shop, page=ALL).items
    assert [(one.role, one.phone) for one in found] == [(Role.OWNER, None), (Role.CASHIER, invited.phone)]
    accounts.update_me(deps, account_id=invited.account_id, etag_revision=None, changes={"display_name": "Ravi"})
    found = members.list_members(deps, merchant_id=shop, page=ALL).items
    assert [one.display_name for one in found] == ["Asha Rao", "Ravi"]
    shops = merchants.list_merchants(deps, account_id=invited.account_id, page=ALL).items
    assert [(one.id, one.role) for one in shops] == [(shop, Role.CASHIER)]


def test_only_the_verified_owner_of_the_phone_accepts(people: People, deps: Deps, clock: FixedClock) -> None:
    owner = people.sign_up()
    invited, stranger, unverified = people.sign_up(verified=True), people.sign_up(verified=True), people.sign_up()
    shop = open_shop(deps, owner)
    member_id = invite(deps, shop, owner, invited.phone)
    with pytest.raises(InvitationNotFound):
        invitations.accept_invitation(deps, account_id=stranger.account_id, member_id=member_id)
    with pytest.raises(PhoneNotVerified):
        invitations.accept_invitation(deps, account_id=unverified.account_id, member_id=member_id)
    with pytest.raises(PhoneNotVerified):
        invitations.list_invitations(deps, account_id=unverified.account_id)
    clock.advance(timedelta(days=7))
    with pytest.raises(InvitationNotFound):
        invitations.accept_invitation(deps, account_id=invited.account_id, member_id=member_id)
    # A lapsed invitation is nobody's, and makes room for a new one.
    with pytest.raises(MemberNotFound):
        members.remove_member(deps, merchant_id=shop, account_id=owner.account_id, member_id=member_id)
    again = invite(deps, shop, owner, invited.phone)
    invitations.accept_invitation(deps, account_id=invited.account_id, member_id=again)


def test_a_phone_is_invited_once(people: People, deps: Deps) -> None:
    owner = people.sign_up()
    shop = open_shop(deps, owner)
    phone, request_id = new_phone(), uuid4()
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: invite(deps, shop, owner, phone, request_id=request_id), range(8)))
    assert len(made) == 1
    with pytest.raises(RequestIdReused):
        invite(deps, shop, owner, new_phone(), request_id=request_id)
    with pytest.raises(MemberExists):
        invite(deps, shop, owner, phone)
    members.remove_member(deps, merchant_id=shop, account_id=owner.account_id, member_id=made.pop())
    invite(deps, shop, owner, phone)


def test_an_owner_who_is_invited_stays_owner(people: People, deps: Deps) -> None:
    owner = people.sign_up(verified=True)
    shop = open_shop(deps, owner)
    member_id = invite(deps, shop, owner, owner.phone)
    assert invitations.accept_invitation(deps, account_id=owner.account_id, member_id=member_id).role is Role.OWNER
    found = members.list_members(deps, merchant_id=shop, page=ALL).items
    assert len(found) == 1


def test_roles_are_the_owners_to_give(people: People, deps: Deps) -> None:
    owner, manager = people.sign_up(), people.sign_up()
    shop = open_shop(deps, owner)
    managers_id = add_staff(deps, shop, manager, role=Role.MANAGER)
    with pytest.raises(OwnerRequired):
        members.update_role(
            deps, merchant_id=shop, account_id=manager.account_id, member_id=managers_id, role=Role.OWNER
        )
    invited = invite(deps, shop, owner, new_phone())
    with pytest.raises(MemberNotActive):
        members.update_role(deps, merchant_id=shop, account_id=owner.account_id, member_id=invited, role=Role.VIEWER)
    changed = members.update_role(
        deps, merchant_id=shop, account_id=owner.account_id, member_id=managers_id, role=Role.OWNER
    )
    assert changed.role is Role.OWNER
    anothers = open_shop(deps, people.sign_up())
    with pytest.raises(OwnerRequired):
        members.remove_member(deps, merchant_id=anothers, account_id=owner.account_id, member_id=managers_id)


def test_an_owner_stays_whatever_happens_at_once(people: People, deps: Deps) -> None:
    first, second = people.sign_up(), people.sign_up()
    shop = open_shop(deps, first)
    second_id = add_staff(deps, shop, second, role=Role.OWNER)
    found = members.list_members(deps, merchant_id=shop, page=ALL).items
    (first_id,) = (one.id for one in found if one.account_id == first.account_id)

    def demote(pair: tuple[Person, MemberId]) -> str:
        person, other = pair
        try:
            members.update_role(deps, merchant_id=shop, account_id=person.account_id, member_id=other, role=Role.VIEWER)
        except Failure as failure:
            return failure.reason
        return "OK"

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(demote, ((first, second_id), (second, first_id))))
    assert outcomes == ["OK", "OWNER_REQUIRED"]
    found = members.list_members(deps, merchant_id=shop, page=ALL).items
    (owner,) = (one for one in found if one.role is Role.OWNER)
    boss = first if owner.account_id == first.account_id else second
    with pytest.raises(LastOwner):
        members.remove_member(deps, merchant_id=shop, account_id=boss.account_id, member_id=owner.id)
    with pytest.raises(LastOwner):
        members.update_role(deps, merchant_id=shop, account_id=boss.account_id, member_id=owner.id, role=Role.VIEWER)


def test_who_is_removed_gets_no_more_tokens(people: People, deps: Deps) -> None:
    owner, cashier = people.sign_up(), people.sign_up()
    shop = open_shop(deps, owner)
    member_id = add_staff(deps, shop, cashier, role=Role.CASHIER)
    body = people.tokens(cashier, merchant_id=to_text("mer", shop))
    members.remove_member(deps, merchant_id=shop, account_id=owner.account_id, member_id=member_id)
    assert people.refresh(body["refresh_token"])[1]["error"] == "invalid_target"
    assert people.refresh(body["refresh_token"], merchant_id="")[0] == 200


def test_invited_by_email_seen_by_whoever_verified_it(people: People, deps: Deps) -> None:
    owner = people.sign_up()
    invited, other = people.sign_up(email="Ravi@Shop.example"), people.sign_up(email="ravi@shop.example")
    verify_email(deps, invited)
    shop = open_shop(deps, owner)
    invitation = invite(deps, shop, owner, Email("ravi@SHOP.example"))
    with pytest.raises(MemberExists):
        invite(deps, shop, owner, Email("RAVI@shop.example"))
    assert [one.id for one in invitations.list_invitations(deps, account_id=invited.account_id)] == [invitation]
    with pytest.raises(PhoneNotVerified):
        invitations.accept_invitation(deps, account_id=other.account_id, member_id=invitation)
    joined = invitations.accept_invitation(deps, account_id=invited.account_id, member_id=invitation)
    assert joined.email == Email("ravi@SHOP.example")


def test_limits_hold_for_one_member(people: People, deps: Deps) -> None:
    owner, cashier = people.sign_up(), people.sign_up()
    shop = open_shop(deps, owner)
    member = add_staff(deps, shop, cashier, role=Role.CASHIER)
    ceiling = Money(50_000, "INR")
    bounded = members.update_limits(
        deps, merchant_id=shop, account_id=owner.account_id, member_id=member, refund_ceiling=ceiling
    )
    assert bounded.refund_ceiling == ceiling
    with deps.db.transaction(merchant=shop) as tx:
        standings = [store.load_standing(tx, shop, person.account_id) for person in (owner, cashier)]
    assert standings == [Standing(Role.OWNER, None), Standing(Role.CASHIER, ceiling)]
    with pytest.raises(OwnerRequired):
        members.update_limits(
            deps, merchant_id=shop, account_id=cashier.account_id, member_id=member, refund_ceiling=None
        )
    freed = members.update_limits(
        deps, merchant_id=shop, account_id=owner.account_id, member_id=member, refund_ceiling=None
    )
    assert freed.refund_ceiling is None
    invitation = invite(deps, shop, owner, new_phone())
    with pytest.raises(MemberNotActive):
        members.update_limits(
            deps, merchant_id=shop, account_id=owner.account_id, member_id=invitation, refund_ceiling=ceiling
        )


def verify_email(deps: Deps, person: Person) -> None:
    """As if a code had been confirmed."""
    with deps.db.transaction(account=person.account_id) as tx:
        tx.exec_driver_sql("UPDATE accounts SET email_verify_time = now() WHERE id = %s", (str(person.account_id),))
