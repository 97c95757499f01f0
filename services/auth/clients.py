"""The peers that auth needs: notification for messages, billing for a person's bills. Called by the worker only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import grpc
from billmesh.billing.v1 import person_link_service_pb2, person_link_service_pb2_grpc
from billmesh.notification.v1 import message_content_pb2, message_service_pb2, message_service_pb2_grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.auth.domain.names import Phone
from services.kit import ids, mesh

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from services.auth.domain.names import AccountId, Email, MemberId, MerchantId


class SecurityEvent(StrEnum):
    """What a person is told about their own account; meanings are in SecurityEvent of message_content.proto."""

    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - an event, no password
    RECOVERY_STARTED = "RECOVERY_STARTED"
    RECOVERY_CANCELLED = "RECOVERY_CANCELLED"
    FACTORS_RESET = "FACTORS_RESET"
    AUTHENTICATOR_ADDED = "AUTHENTICATOR_ADDED"
    AUTHENTICATOR_REMOVED = "AUTHENTICATOR_REMOVED"
    PASSKEY_ADDED = "PASSKEY_ADDED"
    PASSKEY_REMOVED = "PASSKEY_REMOVED"
    RECOVERY_CODES_REPLACED = "RECOVERY_CODES_REPLACED"
    SESSION_STOLEN = "SESSION_STOLEN"
    NEW_DEVICE = "NEW_DEVICE"
    PHONE_CHANGED = "PHONE_CHANGED"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    API_CLIENT_CREATED = "API_CLIENT_CREATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityNews:
    """What happened and when, and the https address where the person looks at it and stops it.

    `available_time`: from when on a waiting recovery may be finished; with RECOVERY_STARTED only.
    """

    event: SecurityEvent
    time: datetime
    link: str
    available_time: datetime | None = None


class Messages(Protocol):
    """Sends SMS to a Phone and mail to an Email. The same `key` is the same message, to one recipient, sent once."""

    def send_phone_code(self, *, key: str, phone: Phone, locale: str, code: str, valid_for: timedelta) -> None:
        """The code that proves that the phone is one's own."""
        ...

    def send_email_code(self, *, key: str, email: Email, locale: str, code: str, valid_for: timedelta) -> None:
        """The code that proves that the e-mail address is one's own."""
        ...

    def send_recovery_code(self, *, key: str, to: Phone | Email, locale: str, code: str, valid_for: timedelta) -> None:
        """The code that recovers an account."""
        ...

    def send_security_notice(self, *, key: str, to: Phone | Email, locale: str, news: SecurityNews) -> None:
        """Something about the security of the recipient's account has changed."""
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
        to: Phone | Email,
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
        content = message_content_pb2.PhoneVerification(code=code, valid_for=_duration(valid_for))
        self._send(
            message_service_pb2.SendMessageRequest(
                dedupe_key=key, phone=phone.e164, locale=locale, phone_verification=content
            )
        )

    def send_email_code(self, *, key: str, email: Email, locale: str, code: str, valid_for: timedelta) -> None:
        """As Messages says. Raises PeerUnavailable or PeerRefused."""
        content = message_content_pb2.EmailVerification(code=code, valid_for=_duration(valid_for))
        self._send(
            message_service_pb2.SendMessageRequest(
                dedupe_key=key, email=email.address, locale=locale, email_verification=content
            )
        )

    def send_recovery_code(self, *, key: str, to: Phone | Email, locale: str, code: str, valid_for: timedelta) -> None:
        """As Messages says. Raises PeerUnavailable or PeerRefused."""
        content = message_content_pb2.RecoveryCode(code=code, valid_for=_duration(valid_for))
        self._send(message_service_pb2.SendMessageRequest(dedupe_key=key, locale=locale, recovery_code=content), to=to)

    def send_security_notice(self, *, key: str, to: Phone | Email, locale: str, news: SecurityNews) -> None:
        """As Messages says. Raises PeerUnavailable or PeerRefused."""
        content = message_content_pb2.SecurityNotice(
            event=message_content_pb2.SecurityEvent.Value(f"SECURITY_EVENT_{news.event}"),
            time=_timestamp(news.time),
            available_time=_timestamp(news.available_time) if news.available_time else None,
            link=news.link,
        )
        self._send(
            message_service_pb2.SendMessageRequest(dedupe_key=key, locale=locale, security_notice=content), to=to
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
        to: Phone | Email,
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
                member_invited=content,
            ),
            to=to,
        )

    def _send(self, request: message_service_pb2.SendMessageRequest, *, to: Phone | Email | None = None) -> None:
        if isinstance(to, Phone):
            request.phone = to.e164
        elif to is not None:
            request.email = to.address
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


def _duration(length: timedelta) -> Duration:
    made = Duration()
    made.FromTimedelta(length)
    return made


def _timestamp(moment: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(moment)
    return made
