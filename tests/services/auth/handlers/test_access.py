"""Who may call, and whose things they see."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
import pytest
from billmesh.auth.v1 import (
    account_pb2,
    account_service_pb2,
    account_service_pb2_grpc,
    authenticator_service_pb2,
    authenticator_service_pb2_grpc,
    login_service_pb2,
    login_service_pb2_grpc,
    member_pb2,
    member_service_pb2,
    member_service_pb2_grpc,
    merchant_directory_service_pb2,
    merchant_directory_service_pb2_grpc,
    merchant_pb2,
    merchant_service_pb2,
    merchant_service_pb2_grpc,
    passkey_service_pb2,
    passkey_service_pb2_grpc,
    session_service_pb2,
    session_service_pb2_grpc,
)
from google.protobuf.field_mask_pb2 import FieldMask

from services.auth.domain.roles import MERCHANT_SCOPES, Role
from services.kit.ids import to_text
from tests.harness import Harness, refusal
from tests.services.auth.people import new_phone
from tests.services.auth.shops import add_staff, open_shop

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.auth.domain.names import MerchantId
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People, Person


def refused(call: Callable[[], object]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as raised:
        call()
    found = refusal(raised.value)
    return found.code, found.reason


def staff(auth: Harness, shop: MerchantId, person: Person, **more: Any) -> grpc.Channel:
    return auth.as_merchant(shop, account=person.account_id, scopes=MERCHANT_SCOPES, **more)


PERSONS: list[tuple[Any, str, Any]] = [
    (account_service_pb2_grpc.AccountServiceStub, "GetMe", account_service_pb2.GetMeRequest()),
    (account_service_pb2_grpc.AccountServiceStub, "UpdateMe", account_service_pb2.UpdateMeRequest()),
    (account_service_pb2_grpc.AccountServiceStub, "ChangePassword", account_service_pb2.ChangePasswordRequest()),
    (
        account_service_pb2_grpc.AccountServiceStub,
        "StartPhoneVerification",
        account_service_pb2.StartPhoneVerificationRequest(),
    ),
    (account_service_pb2_grpc.AccountServiceStub, "ConfirmPhone", account_service_pb2.ConfirmPhoneRequest()),
    (
        authenticator_service_pb2_grpc.AuthenticatorServiceStub,
        "ListAuthenticators",
        authenticator_service_pb2.ListAuthenticatorsRequest(),
    ),
    (
        authenticator_service_pb2_grpc.AuthenticatorServiceStub,
        "RegenerateRecoveryCodes",
        authenticator_service_pb2.RegenerateRecoveryCodesRequest(),
    ),
    (
        account_service_pb2_grpc.AccountServiceStub,
        "StartEmailVerification",
        account_service_pb2.StartEmailVerificationRequest(),
    ),
    (account_service_pb2_grpc.AccountServiceStub, "ConfirmEmail", account_service_pb2.ConfirmEmailRequest()),
    (account_service_pb2_grpc.AccountServiceStub, "CancelRecovery", account_service_pb2.CancelRecoveryRequest()),
    (login_service_pb2_grpc.LoginServiceStub, "BeginStepUp", login_service_pb2.BeginStepUpRequest()),
    (passkey_service_pb2_grpc.PasskeyServiceStub, "ListPasskeys", passkey_service_pb2.ListPasskeysRequest()),
    (
        passkey_service_pb2_grpc.PasskeyServiceStub,
        "BeginPasskeyRegistration",
        passkey_service_pb2.BeginPasskeyRegistrationRequest(),
    ),
    (
        passkey_service_pb2_grpc.PasskeyServiceStub,
        "FinishPasskeyRegistration",
        passkey_service_pb2.FinishPasskeyRegistrationRequest(),
    ),
    (passkey_service_pb2_grpc.PasskeyServiceStub, "DeletePasskey", passkey_service_pb2.DeletePasskeyRequest()),
    (session_service_pb2_grpc.SessionServiceStub, "ListSessions", session_service_pb2.ListSessionsRequest()),
    (session_service_pb2_grpc.SessionServiceStub, "RevokeAllSessions", session_service_pb2.RevokeAllSessionsRequest()),
    (merchant_service_pb2_grpc.MerchantServiceStub, "ListMerchants", merchant_service_pb2.ListMerchantsRequest()),
    (merchant_service_pb2_grpc.MerchantServiceStub, "CreateMerchant", merchant_service_pb2.CreateMerchantRequest()),
    (member_service_pb2_grpc.MemberServiceStub, "ListInvitations", member_service_pb2.ListInvitationsRequest()),
]
MERCHANTS: list[tuple[Any, str, Any]] = [
    (merchant_service_pb2_grpc.MerchantServiceStub, "GetMerchant", merchant_service_pb2.GetMerchantRequest()),
    (merchant_service_pb2_grpc.MerchantServiceStub, "UpdateMerchant", merchant_service_pb2.UpdateMerchantRequest()),
    (member_service_pb2_grpc.MemberServiceStub, "ListMembers", member_service_pb2.ListMembersRequest()),
    (member_service_pb2_grpc.MemberServiceStub, "InviteMember", member_service_pb2.InviteMemberRequest()),
    (member_service_pb2_grpc.MemberServiceStub, "UpdateMemberRole", member_service_pb2.UpdateMemberRoleRequest()),
    (member_service_pb2_grpc.MemberServiceStub, "RemoveMember", member_service_pb2.RemoveMemberRequest()),
]


@pytest.mark.parametrize(("stub", "method", "request_"), PERSONS + MERCHANTS)
def test_without_a_token_or_with_an_old_one(auth: Harness, deps: Deps, stub: Any, method: str, request_: Any) -> None:
    def call(channel: grpc.Channel) -> tuple[grpc.StatusCode, str]:
        return refused(lambda: getattr(stub(channel), method)(request_))

    assert call(auth.anonymous()) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")
    old = auth.as_person(deps.ids.new(), scopes=["account", "profile"], expires_in=timedelta(seconds=-1))
    assert call(old) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
    assert call(auth.as_mesh("billing")) == (grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED")
    person = (stub, method, request_) in PERSONS
    wrong = (
        auth.as_merchant(deps.ids.new(), account=deps.ids.new(), scopes=MERCHANT_SCOPES)
        if person
        else auth.as_person(deps.ids.new(), scopes=["account", "profile"])
    )
    assert call(wrong) == (grpc.StatusCode.PERMISSION_DENIED, "WRONG_AUDIENCE")
    bare = (
        auth.as_person(deps.ids.new(), scopes=["shopping"])
        if person
        else auth.as_merchant(deps.ids.new(), account=deps.ids.new(), scopes=["bills:read"])
    )
    assert call(bare) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")


def test_profiles_are_for_the_mesh(auth: Harness, deps: Deps, people: People) -> None:
    shop = open_shop(deps, people.sign_up())
    request = merchant_directory_service_pb2.GetMerchantProfileRequest(merchant_id=to_text("mer", shop))
    stub = merchant_directory_service_pb2_grpc.MerchantDirectoryServiceStub
    for service in ("billing", "inventory", "geo", "notification"):
        profile = stub(auth.as_mesh(service)).GetMerchantProfile(request)
        assert (profile.id, profile.display_name, profile.legal_name, profile.country_code, profile.time_zone) == (
            to_text("mer", shop),
            "Corner Shop",
            "Corner Shop Ltd",
            "IN",
            "Asia/Kolkata",
        )
        assert not profile.HasField("address")
    for channel in (auth.anonymous(), auth.as_mesh("auth"), auth.as_mesh("nobody")):
        assert refused(lambda channel=channel: stub(channel).GetMerchantProfile(request)) == (  # type: ignore[misc] # a loop's own
            grpc.StatusCode.PERMISSION_DENIED,
            "CALLER_NOT_ALLOWED",
        )
    absent = merchant_directory_service_pb2.GetMerchantProfileRequest(merchant_id=to_text("mer", deps.ids.new()))
    assert refused(lambda: stub(auth.as_mesh("geo")).GetMerchantProfile(absent)) == (
        grpc.StatusCode.NOT_FOUND,
        "MERCHANT_NOT_FOUND",
    )


def test_contacts_are_for_notification_alone(auth: Harness, deps: Deps, people: People) -> None:
    owner = people.sign_up(verified=True, locale="hi-IN")
    shop = open_shop(deps, owner)
    request = merchant_directory_service_pb2.GetMerchantContactsRequest(merchant_id=to_text("mer", shop))
    stub = merchant_directory_service_pb2_grpc.MerchantDirectoryServiceStub
    (contact,) = stub(auth.as_mesh("notification")).GetMerchantContacts(request).contacts
    assert (contact.account_id, contact.phone, contact.email, contact.locale) == (
        to_text("acc", owner.account_id),
        owner.phone.e164,
        "",
        "hi-IN",
    )
    for service in ("billing", "inventory", "geo"):
        channel = auth.as_mesh(service)
        assert refused(lambda channel=channel: stub(channel).GetMerchantContacts(request)) == (  # type: ignore[misc] # a loop's own
            grpc.StatusCode.PERMISSION_DENIED,
            "CALLER_NOT_ALLOWED",
        )


def test_a_foreign_merchant_is_as_absent_as_none(auth: Harness, deps: Deps, people: People) -> None:
    owner = people.sign_up()
    mine, theirs = open_shop(deps, owner), open_shop(deps, people.sign_up())
    channel = staff(auth, mine, owner)
    merchants = merchant_service_pb2_grpc.MerchantServiceStub(channel)
    members = member_service_pb2_grpc.MemberServiceStub(channel)
    their_members = member_service_pb2_grpc.MemberServiceStub(staff(auth, theirs, owner))
    (their_member,) = their_members.ListMembers(member_service_pb2.ListMembersRequest()).members
    answers = []
    for merchant_id, member_id in (
        (to_text("mer", theirs), their_member.id),
        (to_text("mer", deps.ids.new()), to_text("mbr", deps.ids.new())),
    ):
        calls: list[Callable[[], object]] = [
            lambda id=merchant_id: merchants.GetMerchant(merchant_service_pb2.GetMerchantRequest(id=id)),  # type: ignore[misc] # noqa: A006
            lambda id=merchant_id: merchants.UpdateMerchant(  # type: ignore[misc] # noqa: A006
                merchant_service_pb2.UpdateMerchantRequest(merchant=merchant_pb2.Merchant(id=id, display_name="Mine"))
            ),
            lambda id=member_id: members.RemoveMember(member_service_pb2.RemoveMemberRequest(id=id)),  # type: ignore[misc] # noqa: A006
            lambda id=member_id: members.UpdateMemberRole(  # type: ignore[misc] # noqa: A006
                member_service_pb2.UpdateMemberRoleRequest(id=id, role=member_pb2.ROLE_VIEWER)
            ),
        ]
        seen = []
        for call in calls:
            with pytest.raises(grpc.RpcError) as raised:
                call()
            seen.append(refusal(raised.value))
        answers.append(seen)
    assert answers[0] == answers[1]
    assert {one.code for one in answers[0]} == {grpc.StatusCode.NOT_FOUND}


def test_changing_a_merchant(auth: Harness, deps: Deps, people: People) -> None:
    owner = people.sign_up()
    shop = to_text("mer", open_shop(deps, owner))
    merchants = merchant_service_pb2_grpc.MerchantServiceStub(staff(auth, _id(shop), owner))
    before = merchants.GetMerchant(merchant_service_pb2.GetMerchantRequest(id=shop))
    assert before.role == member_pb2.ROLE_OWNER
    address = merchant_pb2.PostalAddress(lines=["1 MG Road"], locality="Bengaluru", postal_code="560001")
    after = merchants.UpdateMerchant(
        merchant_service_pb2.UpdateMerchantRequest(
            merchant=merchant_pb2.Merchant(id=shop, address=address, legal_name="ignored", etag=before.etag),
            update_mask=FieldMask(paths=["address"]),
        )
    )
    assert (after.address, after.legal_name) == (address, "Corner Shop Ltd")
    assert merchants.GetMerchant(merchant_service_pb2.GetMerchantRequest(id=shop)) == after

    def update(merchant: merchant_pb2.Merchant, *paths: str) -> tuple[grpc.StatusCode, str]:
        request = merchant_service_pb2.UpdateMerchantRequest(merchant=merchant, update_mask=FieldMask(paths=paths))
        return refused(lambda: merchants.UpdateMerchant(request))

    stale = merchant_pb2.Merchant(id=shop, display_name="Other", etag=before.etag)
    assert update(stale) == (grpc.StatusCode.ABORTED, "MERCHANT_CHANGED")
    country = merchant_pb2.Merchant(id=shop, country_code="FI")
    assert update(country, "country_code")[1] == "FIELD_NOT_UPDATABLE"
    assert update(merchant_pb2.Merchant(id=shop), "display_name")[1] == "INVALID_REQUEST"
    assert update(merchant_pb2.Merchant(id=shop, time_zone="Mars/Base"))[1] == "PLACE_UNKNOWN"
    assert update(merchant_pb2.Merchant(id="mer_1", display_name="X"))[1] == "INVALID_REQUEST"
    whole = merchants.UpdateMerchant(
        merchant_service_pb2.UpdateMerchantRequest(
            merchant=merchant_pb2.Merchant(id=shop, display_name="New", time_zone="UTC"),
            update_mask=FieldMask(paths=["*"]),
        )
    )
    assert (whole.display_name, whole.legal_name, whole.HasField("address")) == ("New", "New", False)


def _id(text: str) -> MerchantId:
    from services.auth.convert.values import merchant_id  # noqa: PLC0415

    return merchant_id(text)


def test_opening_a_merchant_once(auth: Harness, people: People) -> None:
    person = people.sign_up()
    merchants = merchant_service_pb2_grpc.MerchantServiceStub(
        auth.as_person(person.account_id, scopes=["account", "profile"])
    )

    def create(**values: Any) -> merchant_pb2.Merchant:
        merchant = merchant_pb2.Merchant(
            **{"display_name": "Kulma", "country_code": "FI", "time_zone": "Europe/Helsinki", **values}
        )
        request = merchant_service_pb2.CreateMerchantRequest(merchant=merchant, request_id=request_id)
        return merchants.CreateMerchant(request)

    request_id = str(uuid4())
    assert create() == create()
    assert refused(lambda: create(display_name="Other")) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "REQUEST_ID_REUSED",
    )
    request_id = str(uuid4())
    assert refused(lambda: create(country_code="XX"))[1] == "PLACE_UNKNOWN"
    assert refused(lambda: create(country_code=""))[1] == "INVALID_REQUEST"
    assert refused(lambda: create(display_name=""))[1] == "INVALID_REQUEST"
    create(display_name="Second")
    page = merchants.ListMerchants(merchant_service_pb2.ListMerchantsRequest(page_size=1))
    rest = merchants.ListMerchants(
        merchant_service_pb2.ListMerchantsRequest(page_size=1, page_token=page.next_page_token)
    )
    assert {page.merchants[0].display_name, rest.merchants[0].display_name} == {"Kulma", "Second"}
    assert rest.next_page_token == ""
    forged = merchant_service_pb2.ListMerchantsRequest(page_token="AAAA")  # noqa: S106
    assert refused(lambda: merchants.ListMerchants(forged))[1] == "PAGE_TOKEN_INVALID"


def test_inviting_over_the_wire(auth: Harness, deps: Deps, people: People, clock: FixedClock) -> None:
    owner, invited = people.sign_up(), people.sign_up(verified=True)
    shop = open_shop(deps, owner)
    clock.advance(timedelta(milliseconds=1))
    members = member_service_pb2_grpc.MemberServiceStub(staff(auth, shop, owner))
    request = member_service_pb2.InviteMemberRequest(
        phone="+919845012346", role=member_pb2.ROLE_CASHIER, request_id=str(uuid4())
    )
    member = members.InviteMember(request)
    assert member.phone == request.phone
    assert members.InviteMember(request) == member
    people.verify(invited, _phone(request.phone))
    own = member_service_pb2_grpc.MemberServiceStub(auth.as_person(invited.account_id, scopes=["account", "profile"]))
    (invitation,) = own.ListInvitations(member_service_pb2.ListInvitationsRequest()).invitations
    assert (invitation.id, invitation.merchant_name) == (member.id, "Corner Shop")
    joined = own.AcceptInvitation(member_service_pb2.AcceptInvitationRequest(id=member.id))
    assert joined.state == member_pb2.MEMBER_STATE_ACTIVE
    changed = members.UpdateMemberRole(
        member_service_pb2.UpdateMemberRoleRequest(id=member.id, role=member_pb2.ROLE_MANAGER)
    )
    assert changed.role == member_pb2.ROLE_MANAGER
    members.RemoveMember(member_service_pb2.RemoveMemberRequest(id=member.id))
    assert len(members.ListMembers(member_service_pb2.ListMembersRequest()).members) == 1
    for role in (member_pb2.ROLE_UNSPECIFIED, member_pb2.ROLE_OWNER, 17):
        bad = member_service_pb2.InviteMemberRequest(
            phone=new_phone().e164,
            role=role,  # type: ignore[arg-type] # also what no enum has
            request_id=str(uuid4()),
        )
        assert refused(lambda bad=bad: members.InviteMember(bad))[1] == "INVALID_REQUEST"  # type: ignore[misc]


def _phone(text: str) -> Any:
    from services.auth import phones  # noqa: PLC0415

    return phones.parse(text, field="phone")


def test_roles_ask_for_a_recent_sign_in(auth: Harness, deps: Deps, people: People, clock: FixedClock) -> None:
    owner, other = people.sign_up(), people.sign_up()
    shop = open_shop(deps, owner)
    member_id = to_text("mbr", add_staff(deps, shop, other, role=Role.CASHIER))
    long_ago = clock.now() - timedelta(minutes=6)
    members = member_service_pb2_grpc.MemberServiceStub(staff(auth, shop, owner, auth_time=long_ago))
    request = member_service_pb2.UpdateMemberRoleRequest(id=member_id, role=member_pb2.ROLE_VIEWER)
    assert refused(lambda: members.UpdateMemberRole(request)) == (
        grpc.StatusCode.UNAUTHENTICATED,
        "STEP_UP_REQUIRED",
    )
    mine = authenticator_service_pb2_grpc.AuthenticatorServiceStub(
        auth.as_person(owner.account_id, scopes=["account", "profile"], auth_time=long_ago)
    )
    create = authenticator_service_pb2.CreateAuthenticatorRequest(display_name="New", request_id=str(uuid4()))
    assert refused(lambda: mine.CreateAuthenticator(create))[1] == "STEP_UP_REQUIRED"


def test_ones_own_things(auth: Harness, people: People) -> None:
    person, other = people.sign_up(), people.sign_up()
    people.redeem(other.code)
    people.tokens(person)
    channel = auth.as_person(person.account_id, scopes=["account", "profile"])
    accounts = account_service_pb2_grpc.AccountServiceStub(channel)
    me = accounts.GetMe(account_service_pb2.GetMeRequest())
    assert (me.id, me.phone) == (to_text("acc", person.account_id), person.phone.e164)
    changed = accounts.UpdateMe(
        account_service_pb2.UpdateMeRequest(account=account_pb2.Account(display_name="Ravi", etag=me.etag))
    )
    assert changed.display_name == "Ravi"
    bad = account_service_pb2.UpdateMeRequest(
        account=account_pb2.Account(phone="+919845012345"), update_mask=FieldMask(paths=["phone"])
    )
    assert refused(lambda: accounts.UpdateMe(bad))[1] == "FIELD_NOT_UPDATABLE"
    sessions = session_service_pb2_grpc.SessionServiceStub(channel)
    (session,) = sessions.ListSessions(session_service_pb2.ListSessionsRequest()).sessions
    assert (session.client_id, session.device_name, session.current) == ("billmesh-cli", "test", False)
    theirs = session_service_pb2_grpc.SessionServiceStub(
        auth.as_person(other.account_id, scopes=["account", "profile"])
    )
    revoke = session_service_pb2.RevokeSessionRequest(id=session.id)
    assert refused(lambda: theirs.RevokeSession(revoke)) == (grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND")
    sessions.RevokeSession(revoke)
    assert list(sessions.ListSessions(session_service_pb2.ListSessionsRequest()).sessions) == []
    authenticators = authenticator_service_pb2_grpc.AuthenticatorServiceStub(channel)
    (first,) = authenticators.ListAuthenticators(authenticator_service_pb2.ListAuthenticatorsRequest()).authenticators
    assert first.HasField("last_use_time")
    enrolment = authenticators.CreateAuthenticator(
        authenticator_service_pb2.CreateAuthenticatorRequest(display_name="Tablet", request_id=str(uuid4()))
    )
    assert enrolment.qr_svg.startswith("<svg")
    authenticators.DeleteAuthenticator(
        authenticator_service_pb2.DeleteAuthenticatorRequest(id=enrolment.authenticator.id)
    )
    last = authenticator_service_pb2.DeleteAuthenticatorRequest(id=first.id)
    assert refused(lambda: authenticators.DeleteAuthenticator(last))[1] == "LAST_AUTHENTICATOR"
