"""Protobuf to domain and back: the only file that knows both."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from billmesh.auth.v1 import (
    account_pb2,
    account_service_pb2,
    authenticator_pb2,
    login_service_pb2,
    member_pb2,
    member_service_pb2,
    merchant_directory_service_pb2,
    merchant_pb2,
    merchant_service_pb2,
    session_pb2,
)
from google.protobuf.timestamp_pb2 import Timestamp

from services.auth import authenticator_apps, phones
from services.auth.domain.client import AuthorizationRequest
from services.auth.domain.errors import FieldNotUpdatable
from services.auth.domain.login import Factor, Granted, Opened
from services.auth.domain.member import Invitation, Member, MemberState
from services.auth.domain.merchant import Merchant, MerchantDraft, PostalAddress
from services.auth.domain.names import AccountId, AuthenticatorId, MemberId, MerchantId, SessionId, SignInName
from services.auth.domain.roles import Role
from services.auth.domain.totp import Authenticator, AuthenticatorState, Enrolment
from services.auth.usecases.accounts import SignUpForm
from services.kit.ids import from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from google.protobuf.field_mask_pb2 import FieldMask
    from google.protobuf.message import Message

    from services.auth.domain.account import Account
    from services.auth.domain.session import Session
    from services.auth.domain.verification import Verification
    from services.auth.usecases.accounts import SignedUp
    from services.auth.usecases.authenticators import Shown
    from services.kit.crypto import Vault

_FACTORS = {Factor.PASSWORD: login_service_pb2.FACTOR_PASSWORD, Factor.TOTP: login_service_pb2.FACTOR_TOTP}
_AUTHENTICATOR_STATES = {
    AuthenticatorState.PENDING: authenticator_pb2.AUTHENTICATOR_STATE_PENDING,
    AuthenticatorState.CONFIRMED: authenticator_pb2.AUTHENTICATOR_STATE_CONFIRMED,
}
_ROLES = {
    Role.OWNER: member_pb2.ROLE_OWNER,
    Role.MANAGER: member_pb2.ROLE_MANAGER,
    Role.CASHIER: member_pb2.ROLE_CASHIER,
    Role.ACCOUNTANT: member_pb2.ROLE_ACCOUNTANT,
    Role.VIEWER: member_pb2.ROLE_VIEWER,
}
_ROLES_BACK = {value: role for role, value in _ROLES.items()}
_MEMBER_STATES = {
    MemberState.INVITED: member_pb2.MEMBER_STATE_INVITED,
    MemberState.ACTIVE: member_pb2.MEMBER_STATE_ACTIVE,
}
_ACCOUNT_FIELDS = ("display_name", "email", "locale")
_MERCHANT_FIELDS = ("display_name", "legal_name", "time_zone", "address")


def account_id(text: str) -> AccountId:
    """From its text, which is valid."""
    return AccountId(from_text("acc", text))


def authenticator_id(text: str) -> AuthenticatorId:
    """From its text, which is valid."""
    return AuthenticatorId(from_text("atn", text))


def session_id(text: str) -> SessionId:
    """From its text, which is valid."""
    return SessionId(from_text("ses", text))


def merchant_id(text: str) -> MerchantId:
    """From its text, which is valid."""
    return MerchantId(from_text("mer", text))


def member_id(text: str) -> MemberId:
    """From its text, which is valid."""
    return MemberId(from_text("mbr", text))


def revision(etag: str) -> int | None:
    """What an etag stands for; None if there is none, and a revision that never was if it is none of ours."""
    if not etag:
        return None
    return int(etag) if etag.isascii() and etag.isdigit() else -1


def time_to_proto(moment: datetime | None) -> Timestamp | None:
    """None stays absent."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def sign_up_form(request: account_service_pb2.CreateAccountRequest) -> SignUpForm:
    """Raises PhoneInvalid."""
    bare = account_service_pb2.CreateAccountRequest()
    bare.CopyFrom(request)
    bare.ClearField("request_id")
    return SignUpForm(
        phone=phones.parse(request.phone, field="phone"),
        display_name=request.display_name,
        password=request.password,
        email=request.email,
        locale=request.locale,
        request=authorization_request(request.authorization),
        request_id=UUID(request.request_id),
        canonical=bare.SerializeToString(deterministic=True).hex(),
    )


def authorization_request(request: login_service_pb2.AuthorizationRequest) -> AuthorizationRequest:
    """Valid as the contract says; whether the client may is the use case's to say."""
    return AuthorizationRequest(
        client_id=request.client_id,
        redirect_uri=request.redirect_uri,
        scopes=frozenset(request.scope.split()),
        state=request.state,
        code_challenge=request.code_challenge,
        device_name=request.device_name,
    )


def sign_in_name(identifier: str) -> SignInName:
    """A phone number or an account id. Raises PhoneInvalid."""
    if identifier.startswith("+"):
        return SignInName(phone=phones.parse(identifier, field="identifier"))
    return SignInName(account_id=account_id(identifier))


def signed_up_to_proto(signed_up: SignedUp) -> account_service_pb2.CreateAccountResponse:
    """With the secret: it is shown here and nowhere else."""
    return account_service_pb2.CreateAccountResponse(
        account_id=to_text("acc", signed_up.account_id),
        enrolment=_enrolment_to_proto(signed_up.enrolment, signed_up.otpauth_uri),
        challenge=challenge_to_proto(signed_up.challenge),
    )


def challenge_to_proto(opened: Opened) -> login_service_pb2.LoginChallenge:
    """With its token."""
    return login_service_pb2.LoginChallenge(
        challenge_token=opened.token,
        factors=[_FACTORS[factor] for factor in opened.factors],
        expire_time=time_to_proto(opened.expire_time),
    )


def granted_to_proto(granted: Granted) -> login_service_pb2.AuthorizationGrant:
    """With its code."""
    return login_service_pb2.AuthorizationGrant(
        code=granted.code, redirect_to=granted.redirect_to, expire_time=time_to_proto(granted.expire_time)
    )


def account_to_proto(account: Account) -> account_pb2.Account:
    """As its own person sees it."""
    return account_pb2.Account(
        id=to_text("acc", account.id),
        display_name=account.display_name,
        phone=account.phone.e164,
        phone_verify_time=time_to_proto(account.phone_verify_time),
        email=account.email,
        locale=account.locale,
        create_time=time_to_proto(account.create_time),
        password_change_time=time_to_proto(account.password_change_time),
        etag=str(account.revision),
    )


def account_changes(request: account_service_pb2.UpdateMeRequest) -> dict[str, str]:
    """What is to change, by field. Raises FieldNotUpdatable."""
    paths = _paths(request.update_mask, _ACCOUNT_FIELDS, request.account)
    return {path: getattr(request.account, path) for path in paths}


def verification_to_proto(verification: Verification) -> account_service_pb2.StartPhoneVerificationResponse:
    """When it ends, and when it may be sent again."""
    return account_service_pb2.StartPhoneVerificationResponse(
        expire_time=time_to_proto(verification.expire_time), resend_time=time_to_proto(verification.resend_time)
    )


def authenticator_to_proto(authenticator: Authenticator) -> authenticator_pb2.Authenticator:
    """Without its secret."""
    return authenticator_pb2.Authenticator(
        id=to_text("atn", authenticator.id),
        display_name=authenticator.display_name,
        state=_AUTHENTICATOR_STATES[authenticator.state],
        create_time=time_to_proto(authenticator.create_time),
        last_use_time=time_to_proto(authenticator.last_use_time),
    )


def shown_to_proto(shown: Shown) -> authenticator_pb2.AuthenticatorEnrolment:
    """With its secret: it is shown here and nowhere else."""
    return _enrolment_to_proto(shown.enrolment, shown.otpauth_uri)


def _enrolment_to_proto(enrolment: Enrolment, uri: str) -> authenticator_pb2.AuthenticatorEnrolment:
    return authenticator_pb2.AuthenticatorEnrolment(
        authenticator=authenticator_to_proto(enrolment.authenticator),
        otpauth_uri=uri,
        qr_svg=authenticator_apps.qr_svg(uri),
        secret=enrolment.secret,
    )


def session_to_proto(session: Session, *, current: SessionId | None) -> session_pb2.Session:
    """`current`: the session that asks."""
    return session_pb2.Session(
        id=to_text("ses", session.id),
        client_id=session.client_id,
        device_name=session.device_name,
        auth_time=time_to_proto(session.auth_time),
        last_use_time=time_to_proto(session.last_use_time),
        expire_time=time_to_proto(session.expire_time),
        current=session.id == current,
    )


def merchant_draft(merchant: merchant_pb2.Merchant) -> MerchantDraft:
    """What a merchant is made from; without a legal name, its display name."""
    return MerchantDraft(
        display_name=merchant.display_name,
        legal_name=merchant.legal_name or merchant.display_name,
        country_code=merchant.country_code,
        time_zone=merchant.time_zone,
        address=_address(merchant),
    )


def merchant_changes(
    request: merchant_service_pb2.UpdateMerchantRequest,
) -> dict[str, str | PostalAddress | None]:
    """What is to change, by field. Raises FieldNotUpdatable."""
    merchant = request.merchant
    paths = _paths(request.update_mask, _MERCHANT_FIELDS, merchant)
    return {path: _address(merchant) if path == "address" else getattr(merchant, path) for path in paths}


def merchant_to_proto(merchant: Merchant) -> merchant_pb2.Merchant:
    """As a member sees it."""
    return merchant_pb2.Merchant(
        id=to_text("mer", merchant.id),
        display_name=merchant.display_name,
        legal_name=merchant.legal_name,
        country_code=merchant.country_code,
        time_zone=merchant.time_zone,
        address=_address_to_proto(merchant.address),
        role=_ROLES[merchant.role] if merchant.role else member_pb2.ROLE_UNSPECIFIED,
        create_time=time_to_proto(merchant.create_time),
        etag=str(merchant.revision),
    )


def profile_to_proto(merchant: Merchant) -> merchant_directory_service_pb2.MerchantProfile:
    """As other services see it."""
    return merchant_directory_service_pb2.MerchantProfile(
        id=to_text("mer", merchant.id),
        display_name=merchant.display_name,
        legal_name=merchant.legal_name,
        country_code=merchant.country_code,
        time_zone=merchant.time_zone,
        address=_address_to_proto(merchant.address),
    )


def role(value: member_pb2.Role.ValueType) -> Role:
    """A role that the contract's validation let through."""
    return _ROLES_BACK[value]


def member_to_proto(member: Member) -> member_pb2.Member:
    """As the merchant sees it."""
    return member_pb2.Member(
        id=to_text("mbr", member.id),
        account_id=to_text("acc", member.account_id) if member.account_id else "",
        display_name=member.display_name,
        phone=member.phone.e164 if member.phone else "",
        role=_ROLES[member.role],
        state=_MEMBER_STATES[member.state],
        create_time=time_to_proto(member.create_time),
        join_time=time_to_proto(member.join_time),
        expire_time=time_to_proto(member.expire_time),
    )


def member_without_phone(member: Member) -> member_pb2.Member:
    """What is kept for a repeated InviteMember: answers are kept in clear, and phones are not."""
    answer = member_to_proto(member)
    answer.ClearField("phone")
    return answer


def invitation_key(request: member_service_pb2.InviteMemberRequest, vault: Vault) -> Message:
    """The request as a repeat is known by, with a keyed digest in place of the phone."""
    bare = member_service_pb2.InviteMemberRequest()
    bare.CopyFrom(request)
    bare.phone = vault.index("members.invited", request.phone).hex()
    return bare


def invitation_to_proto(invitation: Invitation) -> member_pb2.Invitation:
    """As the invited person sees it."""
    return member_pb2.Invitation(
        id=to_text("mbr", invitation.id),
        merchant_id=to_text("mer", invitation.merchant_id),
        merchant_name=invitation.merchant_name,
        role=_ROLES[invitation.role],
        expire_time=time_to_proto(invitation.expire_time),
    )


def _address(merchant: merchant_pb2.Merchant) -> PostalAddress | None:
    if not merchant.HasField("address"):
        return None
    address = merchant.address
    return PostalAddress(
        lines=tuple(address.lines),
        locality=address.locality,
        administrative_area=address.administrative_area,
        postal_code=address.postal_code,
    )


def _address_to_proto(address: PostalAddress | None) -> merchant_pb2.PostalAddress | None:
    if address is None:
        return None
    return merchant_pb2.PostalAddress(
        lines=address.lines,
        locality=address.locality,
        administrative_area=address.administrative_area,
        postal_code=address.postal_code,
    )


def _paths(mask: FieldMask, allowed: tuple[str, ...], message: Message) -> Iterable[str]:
    """The fields that an update names: the mask's; all for "*"; those that are set if there is no mask."""
    if not mask.paths:
        named = {descriptor.name for descriptor, _ in message.ListFields()}
        return [path for path in allowed if path in named]
    if list(mask.paths) == ["*"]:
        return allowed
    for path in mask.paths:
        if path not in allowed:
            raise FieldNotUpdatable(path)
    return list(mask.paths)
