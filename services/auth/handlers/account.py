"""billmesh.auth.v1.AccountService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import account_pb2, account_service_pb2, account_service_pb2_grpc

from services.auth import phones
from services.auth.convert.accounts import (
    account_changes,
    account_to_proto,
    email_verification_to_proto,
    phone_verification_to_proto,
    sign_up_form,
    signed_up_to_proto,
)
from services.auth.convert.logins import sign_in_name
from services.auth.convert.recovery import finished_to_proto, recovery_form, started_to_proto
from services.auth.convert.values import revision
from services.auth.domain.names import AccountId, SessionId
from services.auth.usecases import accounts, emails, passwords, recovery
from services.auth.usecases import phones as phone_cases
from services.kit import context

if TYPE_CHECKING:
    import grpc

    from services.auth.usecases.deps import Deps


class AccountHandler(account_service_pb2_grpc.AccountServiceServicer):
    """Signing up, and one's own account."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def CreateAccount(
        self, request: account_service_pb2.CreateAccountRequest, grpc_context: grpc.ServicerContext
    ) -> account_service_pb2.CreateAccountResponse:
        """Signs up."""
        signed_up = accounts.create_account(self._deps, form=sign_up_form(request))
        return signed_up_to_proto(signed_up)

    def GetMe(
        self, request: account_service_pb2.GetMeRequest, grpc_context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Reads."""
        account_id = AccountId(context.caller().account)
        return account_to_proto(accounts.get_me(self._deps, account_id=account_id))

    def UpdateMe(
        self, request: account_service_pb2.UpdateMeRequest, grpc_context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Changes."""
        account = accounts.update_me(
            self._deps,
            account_id=AccountId(context.caller().account),
            etag_revision=revision(request.account.etag),
            changes=account_changes(request),
        )
        return account_to_proto(account)

    def ChangePassword(
        self, request: account_service_pb2.ChangePasswordRequest, grpc_context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Sets a new password."""
        caller = context.caller()
        account = passwords.change_password(
            self._deps,
            account_id=AccountId(caller.account),
            session_id=SessionId(caller.session_id) if caller.session_id else None,
            current=request.current_password,
            new=request.new_password,
        )
        return account_to_proto(account)

    def StartPhoneVerification(
        self, request: account_service_pb2.StartPhoneVerificationRequest, grpc_context: grpc.ServicerContext
    ) -> account_service_pb2.StartPhoneVerificationResponse:
        """Sends a code."""
        phone = phones.parse(request.phone, field="phone") if request.phone else None
        account_id = AccountId(context.caller().account)
        started = phone_cases.start_verification(self._deps, account_id=account_id, phone=phone)
        return phone_verification_to_proto(started)

    def ConfirmPhone(
        self, request: account_service_pb2.ConfirmPhoneRequest, grpc_context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Takes the code."""
        account_id = AccountId(context.caller().account)
        return account_to_proto(phone_cases.confirm_phone(self._deps, account_id=account_id, code=request.code))

    def StartEmailVerification(
        self, request: account_service_pb2.StartEmailVerificationRequest, grpc_context: grpc.ServicerContext
    ) -> account_service_pb2.StartEmailVerificationResponse:
        """Sends a code."""
        account_id = AccountId(context.caller().account)
        return email_verification_to_proto(emails.start_verification(self._deps, account_id=account_id))

    def ConfirmEmail(
        self, request: account_service_pb2.ConfirmEmailRequest, grpc_context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Takes the code."""
        account_id = AccountId(context.caller().account)
        return account_to_proto(emails.confirm_email(self._deps, account_id=account_id, code=request.code))

    def StartRecovery(
        self, request: account_service_pb2.StartRecoveryRequest, grpc_context: grpc.ServicerContext
    ) -> account_service_pb2.StartRecoveryResponse:
        """Sends a code, if anyone has that name."""
        started = recovery.start_recovery(self._deps, name=sign_in_name(request.identifier))
        return started_to_proto(started)

    def FinishRecovery(
        self, request: account_service_pb2.FinishRecoveryRequest, grpc_context: grpc.ServicerContext
    ) -> account_service_pb2.FinishRecoveryResponse:
        """Takes the code and sets the password, or has the person wait."""
        return finished_to_proto(recovery.finish_recovery(self._deps, form=recovery_form(request)))

    def CancelRecovery(
        self, request: account_service_pb2.CancelRecoveryRequest, grpc_context: grpc.ServicerContext
    ) -> account_pb2.Account:
        """Ends one that waits."""
        account_id = AccountId(context.caller().account)
        return account_to_proto(recovery.cancel_recovery(self._deps, account_id=account_id))
