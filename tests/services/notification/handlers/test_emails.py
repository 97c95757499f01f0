"""E-mail and the platform's own messages through the real interceptors."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import grpc
import pytest
from billmesh.notification.v1 import message_content_pb2 as content_pb2
from billmesh.notification.v1 import message_pb2
from billmesh.notification.v1 import message_service_pb2 as pb
from billmesh.notification.v1.message_service_pb2_grpc import MessageServiceStub
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit import ids
from services.notification.domain.message import Fault
from tests.harness import Harness, refusal
from tests.services.notification.conftest import World, new_email, new_phone

VALID = Duration(seconds=600)
LINK = "https://edge.test/invitations"
NOW = Timestamp(seconds=1_800_000_000)


def invitation(world: World, **changes: Any) -> pb.SendMessageRequest:
    made = pb.SendMessageRequest(
        merchant_id=ids.to_text("mer", world.tenant),
        dedupe_key=f"mbr:{uuid4().hex}",
        email=new_email(),
        member_invited=content_pb2.MemberInvited(
            merchant_name="Mehta Stores", inviter_name="Asha <b>Rao</b>\r\nBcc: x@y.z", link=LINK
        ),
    )
    made.MergeFrom(pb.SendMessageRequest(**changes))
    return made


def own(**changes: Any) -> pb.SendMessageRequest:
    """One of the platform's own messages, without content yet."""
    return pb.SendMessageRequest(dedupe_key=uuid4().hex, **changes)


def send(service: Harness, world: World, wanted: pb.SendMessageRequest) -> message_pb2.Message:
    message: message_pb2.Message = MessageServiceStub(service.as_mesh("auth")).SendMessage(wanted)
    world.sent.append(ids.from_text("msg", message.id))  # type: ignore[arg-type] # a NewType over UUID
    return message


def test_an_invitation_goes_by_email(service: Harness, world: World) -> None:
    wanted = invitation(world)
    sent = send(service, world, wanted)
    assert sent.channel == message_pb2.MESSAGE_CHANNEL_EMAIL
    assert (sent.masked_email, sent.masked_phone) == ("a•••@m•••.test", "")
    assert (sent.segments, sent.encoding) == (0, message_pb2.TEXT_ENCODING_UNSPECIFIED)
    world.work()
    stub = MessageServiceStub(service.as_merchant(world.tenant, account=uuid4(), scopes=("messages:read",)))
    read = stub.GetMessage(pb.GetMessageRequest(id=sent.id))
    assert read.state == message_pb2.MESSAGE_STATE_ACCEPTED
    assert read.subject_line == "Asha <b>Rao</b> Bcc: x@y.z invites you to Mehta Stores on Billmesh"
    assert read.text.endswith(LINK)
    assert wanted.email not in str(read)
    (listed,) = stub.ListMessages(pb.ListMessagesRequest()).messages
    assert (listed.channel, listed.text, listed.subject_line) == (sent.channel, "", "")
    (mail,) = world.mailer.taken
    assert mail.recipient == wanted.email


@pytest.mark.parametrize("code", ["email_verification", "recovery_code"])
def test_a_code_by_email_is_in_no_answer(service: Harness, world: World, code: str) -> None:
    kind = {"email_verification": content_pb2.EmailVerification, "recovery_code": content_pb2.RecoveryCode}[code]
    wanted = own(email=new_email(), **{code: kind(code="571839", valid_for=VALID)})
    sent = send(service, world, wanted)
    assert "571839" not in str(sent)
    world.work()
    (mail,) = world.mailer.taken
    assert "571839" in mail.text
    assert "571839" not in mail.subject_line
    assert "571839" not in repr(mail)


def test_a_notice_by_both_ways(service: Harness, world: World) -> None:
    notice = content_pb2.SecurityNotice(
        event=content_pb2.SECURITY_EVENT_RECOVERY_STARTED,
        time=NOW,
        available_time=Timestamp(seconds=NOW.seconds + 86_400),
        link="https://edge.test/security",
    )
    phone = "+9198" + new_phone()[5:]
    send(service, world, own(phone=phone, security_notice=notice))
    send(service, world, own(email=new_email(), security_notice=notice, locale="fi-FI"))
    world.work()
    assert world.provider.taken[0].text == (
        "Billmesh: someone asked to recover your account (can be finished from 16 Jan 2027, 13:30 UTC+5:30 on). "
        "Not you? https://edge.test/security"
    )
    assert "Milloin: 15.1.2027, 10:00 UTC+2." in world.mailer.taken[0].text


def test_a_test_merchants_message_is_recorded(service: Harness, world: World) -> None:
    world.tenants.test.add(world.tenant)
    sent = send(service, world, invitation(world))
    assert sent.state == message_pb2.MESSAGE_STATE_RECORDED
    stub = MessageServiceStub(service.as_merchant(world.tenant, account=uuid4(), scopes=("messages:read",)))
    (listed,) = stub.ListMessages(pb.ListMessagesRequest(states=[message_pb2.MESSAGE_STATE_RECORDED])).messages
    assert listed.id == sent.id
    assert stub.GetMessage(pb.GetMessageRequest(id=sent.id)).text.endswith(LINK)


def test_a_server_that_is_not_there_is_told(service: Harness, world: World) -> None:
    world.mailer.plan.append(world.mailer.refuse(Fault.CHANNEL_NOT_CONFIGURED, 0))
    sent = send(service, world, invitation(world))
    world.work()
    stub = MessageServiceStub(service.as_merchant(world.tenant, account=uuid4(), scopes=("messages:read",)))
    read = stub.GetMessage(pb.GetMessageRequest(id=sent.id))
    assert (read.state, read.error.fault) == (
        message_pb2.MESSAGE_STATE_FAILED,
        message_pb2.DELIVERY_FAULT_CHANNEL_NOT_CONFIGURED,
    )
    assert "mail server" in read.error.message


def test_what_does_not_fit_is_refused(service: Harness, world: World) -> None:
    stub = MessageServiceStub(service.as_mesh("auth"))
    merchant_id = ids.to_text("mer", world.tenant)
    phone, email = new_phone(), new_email()
    phone_code = content_pb2.PhoneVerification(code="571839", valid_for=VALID)
    email_code = content_pb2.EmailVerification(code="571839", valid_for=VALID)
    recovery = content_pb2.RecoveryCode(code="571839", valid_for=VALID)
    changed = content_pb2.SecurityNotice(event=content_pb2.SECURITY_EVENT_PASSWORD_CHANGED, time=NOW, link=LINK)

    def notice(**changes: Any) -> content_pb2.SecurityNotice:
        made = content_pb2.SecurityNotice()
        made.CopyFrom(changed)
        made.MergeFrom(content_pb2.SecurityNotice(**changes))
        return made

    cases = [
        (own(phone=phone, email=email, recovery_code=recovery), ""),
        (own(recovery_code=recovery), ""),
        (own(email=email, phone_verification=phone_code), ""),
        (own(phone=phone, email_verification=email_code), ""),
        (own(email=email, recovery_code=recovery, merchant_id=merchant_id), ""),
        (own(email=email, security_notice=changed, merchant_id=merchant_id), ""),
        (invitation(world, phone=phone), ""),
        (own(email="asha", recovery_code=recovery), "email"),
        (own(email="a@b.com\r\nBcc: c@d.com", recovery_code=recovery), "email"),
        (own(email="Asha <a@b.com>", recovery_code=recovery), "email"),
        (own(email=f"a@{'b' * 250}.com", recovery_code=recovery), "email"),
        (own(email=email, recovery_code=content_pb2.RecoveryCode(code="12", valid_for=VALID)), "recovery_code.code"),
        (
            own(email=email, recovery_code=content_pb2.RecoveryCode(code="571839", valid_for=Duration(seconds=5))),
            "recovery_code.valid_for",
        ),
        (own(email=email, security_notice=content_pb2.SecurityNotice(time=NOW, link=LINK)), "security_notice.event"),
        (own(email=email, security_notice=notice(event=99)), "security_notice.event"),
        (own(email=email, security_notice=notice(link="http://edge.test")), "security_notice.link"),
        (own(email=email, security_notice=notice(available_time=NOW)), "security_notice"),
        (own(email=email, security_notice=notice(time=Timestamp(seconds=-(10**15)))), "security_notice.time"),
    ]
    for wanted, field in cases:
        with pytest.raises(grpc.RpcError) as error:
            stub.SendMessage(wanted)
        found = refusal(error.value)
        assert found.code is grpc.StatusCode.INVALID_ARGUMENT, wanted
        assert field in found.fields, (wanted, found)
    assert world.query("SELECT 1 FROM notification.messages WHERE merchant_id = %s", str(world.tenant)) == []


def test_nobody_else_sends_codes_and_notices(service: Harness) -> None:
    stub = MessageServiceStub(service.as_mesh("billing"))
    recovery = content_pb2.RecoveryCode(code="571839", valid_for=VALID)
    notice = content_pb2.SecurityNotice(event=content_pb2.SECURITY_EVENT_PASSWORD_CHANGED, time=NOW, link=LINK)
    for wanted in (own(email=new_email(), recovery_code=recovery), own(phone=new_phone(), security_notice=notice)):
        with pytest.raises(grpc.RpcError) as error:
            stub.SendMessage(wanted)
        assert refusal(error.value).reason == "CONTENT_NOT_ALLOWED"


def test_a_limit_of_an_address_says_when_to_come_back(service: Harness, world: World) -> None:
    email = new_email()
    for _ in range(5):
        send(service, world, invitation(world, email=email))
    with pytest.raises(grpc.RpcError) as error:
        MessageServiceStub(service.as_mesh("auth")).SendMessage(invitation(world, email=email))
    found = refusal(error.value)
    assert (found.code, found.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "EMAIL_LIMIT_REACHED")


def test_what_is_personal_or_secret_is_marked_so() -> None:
    """Tools that print requests are told by the contract what to leave out."""
    request = pb.SendMessageRequest.DESCRIPTOR.fields_by_name
    codes = [
        content_pb2.DESCRIPTOR.message_types_by_name[name].fields_by_name["code"]
        for name in ("PhoneVerification", "EmailVerification", "RecoveryCode")
    ]
    assert all(field.GetOptions().debug_redact for field in (request["phone"], request["email"], *codes))
