"""The peers that auth needs: notification for SMS, billing for a person's bills. Called by the worker only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import grpc
from billmesh.billing.v1 import person_link_service_pb2, person_link_service_pb2_grpc
from billmesh.notification.v1 import message_content_pb2, message_service_pb2, message_service_pb2_grpc
from google.protobuf.duration_pb2 import Duration

from services.kit import ids, mesh

if TYPE_CHECKING:
    from datetime import timedelta

    from services.auth.domain.names import AccountId, MemberId, MerchantId, Phone


class Messages(Protocol):
    """Sends SMS. The same `key` is the same message, sent once."""

    def send_phone_code(self, *, key: str, phone: Phone, locale: str, code: str, valid_for: timedelta) -> None:
        """The code that proves that the phone is one's own."""
        ...

    def send_sign_up_notice(self, *, key: str, phone: Phone, locale: str, link: str) -> None:
        """Someone used the phone to sign up; `link` is where its owner signs in."""
        ...

    def send_invitation(
        self,
        *,
        key: str,
        merchant_id: MerchantId,
        member_id: MemberId,
        phone: Phone,
        merchant_name: str,
        inviter_name: str,
        link: str,
    ) -> None:
        """A merchant invites; `link` is where one accepts."""
        ...


class PersonLinks(Protocol):
    """Joins people to their bills."""

    def link_phone(self, *, account_id: AccountId, phone: Phone) -> None:
        """The verified phone of a person. Repeats change nothing."""
        ...


class MeshMessages:
    """Messages over the mesh."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = message_service_pb2_grpc.MessageServiceStub(channel)

    def send_phone_code(self, *, key: str, phone: Phone, locale: str, code: str, valid_for: timedelta) -> None:
        """As Messages says. Raises PeerUnavailable or PeerRefused."""
        validity = Duration()
        validity.FromTimedelta(valid_for)
        content = message_content_pb2.PhoneVerification(code=code, valid_for=validity)
        self._send(
            message_service_pb2.SendMessageRequest(
                dedupe_key=key, phone=phone.e164, locale=locale, phone_verification=content
            )
        )

    def send_sign_up_notice(self, *, key: str, phone: Phone, locale: str, link: str) -> None:
        """As Messages says. Raises PeerUnavailable or PeerRefused."""
        content = message_content_pb2.SignUpAttempt(link=link)
        self._send(
            message_service_pb2.SendMessageRequest(
                dedupe_key=key, phone=phone.e164, locale=locale, sign_up_attempt=content
            )
        )

    def send_invitation(
        self,
        *,
        key: str,
        merchant_id: MerchantId,
        member_id: MemberId,
        phone: Phone,
        merchant_name: str,
        inviter_name: str,
        link: str,
    ) -> None:
        """As Messages says. Raises PeerUnavailable or PeerRefused."""
        content = message_content_pb2.MemberInvited(merchant_name=merchant_name, inviter_name=inviter_name, link=link)
        self._send(
            message_service_pb2.SendMessageRequest(
                merchant_id=ids.to_text("mer", merchant_id),
                subject=ids.to_text("mbr", member_id),
                dedupe_key=key,
                phone=phone.e164,
                member_invited=content,
            )
        )

    def _send(self, request: message_service_pb2.SendMessageRequest) -> None:
        try:
            self._stub.SendMessage(request)
        except grpc.RpcError as error:
            raise mesh.translate(error, peer="notification") from error


class MeshPersonLinks:
    """PersonLinks over the mesh."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = person_link_service_pb2_grpc.PersonLinkServiceStub(channel)

    def link_phone(self, *, account_id: AccountId, phone: Phone) -> None:
        """As PersonLinks says. Raises PeerUnavailable or PeerRefused."""
        request = person_link_service_pb2.LinkPhoneRequest(account_id=ids.to_text("acc", account_id), phone=phone.e164)
        try:
            self._stub.LinkPhone(request)
        except grpc.RpcError as error:
            raise mesh.translate(error, peer="billing") from error
