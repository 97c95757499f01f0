"""billmesh.auth.v1.SessionService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import session_service_pb2, session_service_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.auth.convert.sessions import session_to_proto
from services.auth.convert.values import session_id
from services.auth.domain.names import AccountId, SessionId
from services.auth.usecases import sessions
from services.kit import context, paging

if TYPE_CHECKING:
    import grpc

    from services.auth.usecases.deps import Deps


class SessionHandler(session_service_pb2_grpc.SessionServiceServicer):
    """Where the caller is signed in."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ListSessions(
        self, request: session_service_pb2.ListSessionsRequest, grpc_context: grpc.ServicerContext
    ) -> session_service_pb2.ListSessionsResponse:
        """Lists."""
        caller = context.caller()
        current = SessionId(caller.session_id) if caller.session_id else None
        found = sessions.list_sessions(self._deps, account_id=AccountId(caller.account), page=paging.page(request))
        return session_service_pb2.ListSessionsResponse(
            sessions=[session_to_proto(session, current=current) for session in found.items],
            next_page_token=found.next_page_token,
        )

    def RevokeSession(
        self, request: session_service_pb2.RevokeSessionRequest, grpc_context: grpc.ServicerContext
    ) -> Empty:
        """Ends one."""
        sessions.revoke_session(
            self._deps, account_id=AccountId(context.caller().account), session_id=session_id(request.id)
        )
        return Empty()

    def RevokeAllSessions(
        self, request: session_service_pb2.RevokeAllSessionsRequest, grpc_context: grpc.ServicerContext
    ) -> session_service_pb2.RevokeAllSessionsResponse:
        """Ends all, or all others."""
        caller = context.caller()
        keep = SessionId(caller.session_id) if request.keep_current and caller.session_id else None
        ended = sessions.revoke_all(self._deps, account_id=AccountId(caller.account), keep=keep)
        return session_service_pb2.RevokeAllSessionsResponse(revoked_count=ended)
