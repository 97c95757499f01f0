"""billmesh.auth.v1.LoginService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import login_service_pb2, login_service_pb2_grpc

from services.auth.convert.logins import (
    authorization_request,
    challenge_to_proto,
    decision,
    granted_to_proto,
    sign_in_name,
    summary_to_proto,
)
from services.auth.domain.names import AccountId, SessionId
from services.auth.usecases import authorizations, logins
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
        opened = logins.begin_login(
            self._deps,
            name=sign_in_name(request.identifier),
            request=authorization_request(request.authorization),
        )
        return challenge_to_proto(opened)

    def AnswerFactor(
        self, request: login_service_pb2.AnswerFactorRequest, grpc_context: grpc.ServicerContext
    ) -> login_service_pb2.AnswerFactorResponse:
        """Takes a factor: which one is the message's own case."""
        token = request.challenge_token
        if request.WhichOneof("answer") == "password":
            opened = logins.answer_password(self._deps, token=token, password=request.password)
            return login_service_pb2.AnswerFactorResponse(challenge=challenge_to_proto(opened))
        granted = logins.answer_code(self._deps, token=token, code=request.totp_code)
        return login_service_pb2.AnswerFactorResponse(grant=granted_to_proto(granted))

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
