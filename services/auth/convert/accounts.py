"""Accounts and sign-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from billmesh.auth.v1 import account_pb2, account_service_pb2

from services.auth import phones
from services.auth.convert.authenticators import enrolment_to_proto
from services.auth.convert.logins import authorization_request, challenge_to_proto
from services.auth.convert.values import paths, time_to_proto
from services.auth.usecases.accounts import SignedUp, SignUpForm
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.auth.domain.account import Account
    from services.auth.domain.verification import Verification

_ACCOUNT_FIELDS = ("display_name", "email", "locale")


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


def signed_up_to_proto(signed_up: SignedUp) -> account_service_pb2.CreateAccountResponse:
    """With the secret: it is shown here and nowhere else."""
    return account_service_pb2.CreateAccountResponse(
        account_id=to_text("acc", signed_up.account_id),
        enrolment=enrolment_to_proto(signed_up.enrolment, signed_up.otpauth_uri),
        challenge=challenge_to_proto(signed_up.challenge),
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
        email_verify_time=time_to_proto(account.email_verify_time),
        recovery_codes_left=account.recovery_codes_left,
        recovery_available_time=time_to_proto(account.recovery_available_time),
    )


def account_changes(request: account_service_pb2.UpdateMeRequest) -> dict[str, str]:
    """What is to change, by field. Raises FieldNotUpdatable."""
    named = paths(request.update_mask, _ACCOUNT_FIELDS, request.account)
    return {path: getattr(request.account, path) for path in named}


def phone_verification_to_proto(verification: Verification) -> account_service_pb2.StartPhoneVerificationResponse:
    """When it ends, and when it may be sent again."""
    return account_service_pb2.StartPhoneVerificationResponse(
        expire_time=time_to_proto(verification.expire_time), resend_time=time_to_proto(verification.resend_time)
    )


def email_verification_to_proto(verification: Verification) -> account_service_pb2.StartEmailVerificationResponse:
    """When it ends, and when it may be sent again."""
    return account_service_pb2.StartEmailVerificationResponse(
        expire_time=time_to_proto(verification.expire_time), resend_time=time_to_proto(verification.resend_time)
    )
