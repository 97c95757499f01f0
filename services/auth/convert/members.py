"""Members and invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import member_pb2, member_service_pb2

from services.auth import phones
from services.auth.convert.values import time_to_proto
from services.auth.domain.member import Invitation, Member, MemberState
from services.auth.domain.names import Email, Phone
from services.auth.domain.roles import Role
from services.kit.ids import to_text
from services.kit.wire import money_from_proto, money_to_proto

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from services.kit.crypto import Vault
    from services.kit.money import Money

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


def role_to_proto(value: Role | None) -> member_pb2.Role.ValueType:
    """Unspecified for none."""
    return _ROLES[value] if value else member_pb2.ROLE_UNSPECIFIED


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
        email=member.email.address.casefold() if member.email else "",
        limits=_limits(member.refund_ceiling),
    )


def member_without_recipient(member: Member) -> member_pb2.Member:
    """What is kept for a repeated InviteMember: answers are kept in clear; phones and addresses are not."""
    answer = member_to_proto(member)
    answer.ClearField("phone")
    answer.ClearField("email")
    return answer


def with_recipient(answer: member_pb2.Member, recipient: Phone | Email) -> member_pb2.Member:
    """The answer to InviteMember, with what was left out of the one that is kept."""
    if isinstance(recipient, Phone):
        answer.phone = recipient.e164
    else:
        answer.email = recipient.address.casefold()
    return answer


def invited(request: member_service_pb2.InviteMemberRequest) -> Phone | Email:
    """Whom to invite. Raises PhoneInvalid."""
    if request.WhichOneof("recipient") == "phone":
        return phones.parse(request.phone, field="phone")
    return Email(request.email)


def invitation_key(request: member_service_pb2.InviteMemberRequest, vault: Vault) -> Message:
    """The request as a repeat is known by, with a keyed digest in place of the recipient."""
    bare = member_service_pb2.InviteMemberRequest()
    bare.CopyFrom(request)
    bare.phone = vault.index("members.invited", request.phone or request.email.casefold()).hex()
    return bare


def refund_ceiling(limits: member_pb2.MemberLimits) -> Money | None:
    """None: no bound. Raises InvalidRequest."""
    if not limits.HasField("refund_ceiling"):
        return None
    return money_from_proto(limits.refund_ceiling, "limits.refund_ceiling")


def _limits(ceiling: Money | None) -> member_pb2.MemberLimits | None:
    return member_pb2.MemberLimits(refund_ceiling=money_to_proto(ceiling)) if ceiling else None


def invitation_to_proto(invitation: Invitation) -> member_pb2.Invitation:
    """As the invited person sees it."""
    return member_pb2.Invitation(
        id=to_text("mbr", invitation.id),
        merchant_id=to_text("mer", invitation.merchant_id),
        merchant_name=invitation.merchant_name,
        role=_ROLES[invitation.role],
        expire_time=time_to_proto(invitation.expire_time),
    )
