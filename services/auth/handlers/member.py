"""billmesh.auth.v1.MemberService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import member_pb2, member_service_pb2, member_service_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.auth.convert.members import (
    invitation_key,
    invitation_to_proto,
    invited,
    member_to_proto,
    member_without_recipient,
    refund_ceiling,
    role,
    with_recipient,
)
from services.auth.convert.values import member_id
from services.auth.domain.names import AccountId, MerchantId
from services.auth.usecases import invitations, members
from services.kit import context, idempotency, paging

if TYPE_CHECKING:
    import grpc

    from services.auth.usecases.deps import Deps


class MemberHandler(member_service_pb2_grpc.MemberServiceServicer):
    """Who works for a merchant."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ListMembers(
        self, request: member_service_pb2.ListMembersRequest, grpc_context: grpc.ServicerContext
    ) -> member_service_pb2.ListMembersResponse:
        """Lists."""
        found = members.list_members(
            self._deps, merchant_id=MerchantId(context.caller().merchant), page=paging.page(request)
        )
        return member_service_pb2.ListMembersResponse(
            members=[member_to_proto(member) for member in found.items], next_page_token=found.next_page_token
        )

    def InviteMember(
        self, request: member_service_pb2.InviteMemberRequest, grpc_context: grpc.ServicerContext
    ) -> member_pb2.Member:
        """Invites."""
        caller = context.caller()
        recipient = invited(request)
        key = invitation_key(request, self._deps.vault)
        answer = members.invite_member(
            self._deps,
            once=idempotency.once(key, member_pb2.Member, member_without_recipient),
            merchant_id=MerchantId(caller.merchant),
            account_id=AccountId(caller.account),
            recipient=recipient,
            role=role(request.role),
        )
        return with_recipient(answer, recipient)

    def UpdateMemberRole(
        self, request: member_service_pb2.UpdateMemberRoleRequest, grpc_context: grpc.ServicerContext
    ) -> member_pb2.Member:
        """Gives another role."""
        caller = context.caller()
        member = members.update_role(
            self._deps,
            merchant_id=MerchantId(caller.merchant),
            account_id=AccountId(caller.account),
            member_id=member_id(request.id),
            role=role(request.role),
        )
        return member_to_proto(member)

    def UpdateMemberLimits(
        self, request: member_service_pb2.UpdateMemberLimitsRequest, grpc_context: grpc.ServicerContext
    ) -> member_pb2.Member:
        """Bounds anew."""
        caller = context.caller()
        member = members.update_limits(
            self._deps,
            merchant_id=MerchantId(caller.merchant),
            account_id=AccountId(caller.account),
            member_id=member_id(request.id),
            refund_ceiling=refund_ceiling(request.limits),
        )
        return member_to_proto(member)

    def RemoveMember(
        self, request: member_service_pb2.RemoveMemberRequest, grpc_context: grpc.ServicerContext
    ) -> Empty:
        """Takes out."""
        caller = context.caller()
        members.remove_member(
            self._deps,
            merchant_id=MerchantId(caller.merchant),
            account_id=AccountId(caller.account),
            member_id=member_id(request.id),
        )
        return Empty()

    def ListInvitations(
        self, request: member_service_pb2.ListInvitationsRequest, grpc_context: grpc.ServicerContext
    ) -> member_service_pb2.ListInvitationsResponse:
        """Lists the caller's."""
        found = invitations.list_invitations(self._deps, account_id=AccountId(context.caller().account))
        return member_service_pb2.ListInvitationsResponse(
            invitations=[invitation_to_proto(invitation) for invitation in found]
        )

    def AcceptInvitation(
        self, request: member_service_pb2.AcceptInvitationRequest, grpc_context: grpc.ServicerContext
    ) -> member_pb2.Member:
        """Takes one up."""
        member = invitations.accept_invitation(
            self._deps, account_id=AccountId(context.caller().account), member_id=member_id(request.id)
        )
        return member_to_proto(member)
