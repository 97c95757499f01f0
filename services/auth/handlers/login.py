"""billmesh.auth.v1.LoginService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import login_service_pb2, login_service_pb2_grpc

from services.auth.convert.logins import (
    answered_to_proto,
    authorization_request,
    challenge_to_proto,
    decision,
    granted_to_proto,
    sign_in_name,
    summary_to_proto,
)
from services.auth.domain.login import Factor
from services.auth.domain.names import AccountId, SessionId
from services.auth.usecases import authorizations, logins, step_up
from services.kit import context

if TYPE_CHECKING:
    import grpc

    from services.auth.usecases.deps import Deps


class LoginHandler(login_service_pb2_grpc.LoginServiceServicer):
    """Signing in."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def BeginLogin(
        self, request: login_service_pb2.BeginLoginRequest, grpc_context: grpc.ServicerContext
    ) -> login_service_pb2.LoginChallenge:
        """Opens a challenge."""
        own = request.WhichOneof("target") == "authorization"
        opened = logins.begin_login(
            self._deps,
            name=sign_in_name(request.identifier) if request.identifier else None,
            request=authorization_request(request.authorization) if own else None,
            handle=request.authorization_request,
            device_name=request.device_name,
        )
        return challenge_to_proto(opened)

    def AnswerFactor(
        self, request: login_service_pb2.AnswerFactorRequest, grpc_context: grpc.ServicerContext
    ) -> login_service_pb2.AnswerFactorResponse:
        """Takes a factor: which one is the message's own case."""
        deps, token = self._deps, request.challenge_token
        match request.WhichOneof("answer"):
            case "password":
                return answered_to_proto(logins.answer_password(deps, token=token, password=request.password))
            case "passkey_json":
                return answered_to_proto(logins.answer_passkey(deps, token=token, answer=request.passkey_json))
            case "recovery_code":
                code, factor = request.recovery_code, Factor.RECOVERY_CODE
                return answered_to_proto(logins.answer_code(deps, token=token, code=code, factor=factor))
            case _:
                return answered_to_proto(logins.answer_code(deps, token=token, code=request.totp_code))

    def DecideConsent(
        self, request: login_service_pb2.DecideConsentRequest, grpc_context: grpc.ServicerContext
    ) -> login_service_pb2.AuthorizationGrant:
        """Takes what the person says to a client."""
        allowed = decision(request.decision) is True
        return granted_to_proto(logins.decide_consent(self._deps, token=request.challenge_token, allowed=allowed))

    def BeginStepUp(
        self, request: login_service_pb2.BeginStepUpRequest, grpc_context: grpc.ServicerContext
    ) -> login_service_pb2.LoginChallenge:
        """Opens a challenge for the session that asks."""
        caller = context.caller()
        session_id = SessionId(caller.session_id) if caller.session_id else None
        opened = step_up.begin_step_up(self._deps, account_id=AccountId(caller.account), session_id=session_id)
        return challenge_to_proto(opened)

    def DescribeAuthorization(
        self, request: login_service_pb2.DescribeAuthorizationRequest, grpc_context: grpc.ServicerContext
    ) -> login_service_pb2.AuthorizationSummary:
        """Tells what a client asks for."""
        return summary_to_proto(authorizations.describe(self._deps, handle=request.authorization_request))

    def ApproveAuthorization(
        self, request: login_service_pb2.ApproveAuthorizationRequest, grpc_context: grpc.ServicerContext
    ) -> login_service_pb2.AuthorizationGrant:
        """Answers a client for someone who is signed in."""
        caller = context.caller()
        granted = authorizations.approve(
            self._deps,
            account_id=AccountId(caller.account),
            session_id=SessionId(caller.session_id) if caller.session_id else None,
            auth_time=caller.auth_time,
            handle=request.authorization_request,
            allowed=decision(request.decision),
            device_name=request.device_name,
        )
        return granted_to_proto(granted)
