"""What auth asks of notification: requests that its contract takes, to a phone or to an address."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import protovalidate
import pytest
from billmesh.notification.v1 import message_content_pb2, message_pb2, message_service_pb2, message_service_pb2_grpc

from services.auth.clients import MeshMessages, SecurityEvent, SecurityNews
from services.auth.domain.names import Email, MemberId, MerchantId, Phone
from services.kit.errors import PeerUnavailable
from services.kit.ids import to_text

PHONE, EMAIL = Phone("+919845012345"), Email("asha@example.com")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Notification(message_service_pb2_grpc.MessageServiceServicer):
    """Takes what its contract allows."""

    def __init__(self) -> None:
        self.asked: list[message_service_pb2.SendMessageRequest] = []
        self.is_away = False

    def SendMessage(self, request: message_service_pb2.SendMessageRequest, context: Any) -> message_pb2.Message:
        if self.is_away:
            context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        protovalidate.validate(request)
        self.asked.append(request)
        return message_pb2.Message()


@pytest.fixture
def notification() -> Notification:
    return Notification()  # type: ignore[abstract] # the methods that are missing are not called


@pytest.fixture
def messages(notification: Notification) -> Iterator[MeshMessages]:
    server = grpc.server(futures.ThreadPoolExecutor(1))
    message_service_pb2_grpc.add_MessageServiceServicer_to_server(notification, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield MeshMessages(channel)
    server.stop(None)


def recipient(asked: message_service_pb2.SendMessageRequest) -> tuple[str, str]:
    return asked.phone, asked.email


def test_codes_that_prove_something(notification: Notification, messages: MeshMessages) -> None:
    told: dict[str, Any] = {"locale": "hi-IN", "code": "482913", "valid_for": timedelta(minutes=10)}
    messages.send_phone_code(key="1", phone=PHONE, **told)
    messages.send_email_code(key="2", email=EMAIL, **told)
    by_sms, by_mail = notification.asked
    assert (recipient(by_sms), by_sms.phone_verification.code) == ((PHONE.e164, ""), "482913")
    assert (recipient(by_mail), by_mail.email_verification.code) == (("", EMAIL.address), "482913")
    assert by_mail.email_verification.valid_for.seconds == 600
    assert (by_mail.locale, by_mail.dedupe_key, by_mail.merchant_id) == ("hi-IN", "2", "")


@pytest.mark.parametrize("to", [PHONE, EMAIL], ids=["phone", "e-mail"])
def test_recovery_notices_and_invitations_go_both_ways(
    notification: Notification, messages: MeshMessages, to: Phone | Email
) -> None:
    merchant, member = MerchantId(uuid4()), MemberId(uuid4())
    messages.send_recovery_code(key="1", to=to, locale="", code="771204", valid_for=timedelta(minutes=10))
    news = SecurityNews(
        event=SecurityEvent.RECOVERY_STARTED,
        time=NOW,
        available_time=NOW + timedelta(days=2),
        link="https://edge.test/account/security",
    )
    messages.send_security_notice(key="2", to=to, locale="", news=news)
    messages.send_invitation(
        key="3",
        merchant_id=merchant,
        member_id=member,
        to=to,
        merchant_name="Mehta Stores",
        inviter_name="Asha Rao",
        link="https://edge.test/invitations",
    )
    expected = (PHONE.e164, "") if isinstance(to, Phone) else ("", EMAIL.address)
    assert [recipient(asked) for asked in notification.asked] == [expected] * 3
    recovery, notice, invitation = notification.asked
    assert recovery.recovery_code.code == "771204"
    assert notice.security_notice.event == message_content_pb2.SECURITY_EVENT_RECOVERY_STARTED
    assert notice.security_notice.time.ToDatetime(tzinfo=UTC) == NOW
    assert notice.security_notice.available_time.ToDatetime(tzinfo=UTC) == NOW + timedelta(days=2)
    assert (invitation.merchant_id, invitation.subject) == (to_text("mer", merchant), to_text("mbr", member))
    assert invitation.member_invited.inviter_name == "Asha Rao"


def test_the_contract_knows_every_event(notification: Notification, messages: MeshMessages) -> None:
    for event in SecurityEvent:
        news = SecurityNews(event=event, time=NOW, link="https://edge.test/account/security")
        messages.send_security_notice(key=event, to=EMAIL, locale="", news=news)
    told = {asked.security_notice.event for asked in notification.asked}
    assert told == set(message_content_pb2.SecurityEvent.values()) - {0}
    assert not any(asked.security_notice.HasField("available_time") for asked in notification.asked)


def test_an_absence_is_told(notification: Notification, messages: MeshMessages) -> None:
    notification.is_away = True
    with pytest.raises(PeerUnavailable):
        messages.send_email_code(key="1", email=EMAIL, locale="", code="482913", valid_for=timedelta(minutes=10))


def test_addresses_are_in_no_repr() -> None:
    assert "asha" not in repr(EMAIL)
    assert "9845" not in repr(PHONE)
