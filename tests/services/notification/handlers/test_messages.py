"""MessageService through the real interceptors: what comes back, and who is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from billmesh.notification.v1 import message_content_pb2 as content_pb2
from billmesh.notification.v1 import message_pb2
from billmesh.notification.v1 import message_service_pb2 as pb
from billmesh.notification.v1.message_service_pb2_grpc import MessageServiceStub
from google.protobuf.duration_pb2 import Duration
from google.type.date_pb2 import Date
from google.type.money_pb2 import Money

from services.kit import ids
from services.notification.domain.message import Fault
from tests.harness import Harness, refusal
from tests.services.notification.conftest import World, new_phone, verification


def request(world: World, **changes: Any) -> pb.SendMessageRequest:
    made = pb.SendMessageRequest(
        merchant_id=ids.to_text("mer", world.tenant),
        dedupe_key="bill:" + uuid4().hex,
        phone=new_phone(),
        subject=ids.to_text("bill", uuid4()),
        bill_issued=content_pb2.BillIssued(
            merchant_name="Mehta Stores",
            bill_number="BLR/42",
            total=Money(currency_code="INR", units=118, nanos=500_000_000),
            due_date=Date(year=2026, month=12, day=5),
            link="https://edge.test/b/abc",
        ),
    )
    made.MergeFrom(pb.SendMessageRequest(**changes))
    return made


def send(
    service: Harness, world: World, wanted: pb.SendMessageRequest, *, caller: str = "billing"
) -> message_pb2.Message:
    message: message_pb2.Message = MessageServiceStub(service.as_mesh(caller)).SendMessage(wanted)
    world.sent.append(ids.from_text("msg", message.id))  # type: ignore[arg-type] # a NewType over UUID
    return message


def staff(service: Harness, merchant: UUID, *scopes: str) -> MessageServiceStub:
    return MessageServiceStub(service.as_merchant(merchant, account=uuid4(), scopes=scopes or ("messages:read",)))


def refused(call: object, wanted: object) -> tuple[grpc.StatusCode, str, tuple[str, ...]]:
    with pytest.raises(grpc.RpcError) as error:
        call(wanted)  # type: ignore[operator] # a stub's method
    found = refusal(error.value)
    return found.code, found.reason, found.fields


def test_send_then_read(service: Harness, world: World) -> None:
    wanted = request(world)
    sent = send(service, world, wanted)
    assert sent.state == message_pb2.MESSAGE_STATE_QUEUED
    assert sent.kind == message_pb2.MESSAGE_KIND_BILL_ISSUED
    assert (sent.locale, sent.segments, sent.encoding) == ("en", 1, message_pb2.TEXT_ENCODING_GSM7)
    assert sent.masked_phone == wanted.phone[:3] + "••••••" + wanted.phone[-4:]
    assert not sent.text
    world.work()
    read = staff(service, world.tenant).GetMessage(pb.GetMessageRequest(id=sent.id))
    assert read.state == message_pb2.MESSAGE_STATE_ACCEPTED
    assert read.text == (
        "Mehta Stores: bill BLR/42, INR 118.50. To pay: INR 118.50, due 5 Dec 2026. https://edge.test/b/abc"
    )
    (attempt,) = read.attempts
    assert attempt.state == message_pb2.ATTEMPT_STATE_ACCEPTED
    assert attempt.provider_id == world.provider.taken[0].provider_id
    assert (read.attempt_count, read.subject) == (1, wanted.subject)
    assert wanted.phone not in str(read)


def test_a_refusal_is_told_with_a_sentence(service: Harness, world: World) -> None:
    world.provider.plan.append(world.provider.refuse(Fault.NUMBER_INVALID, 21211))
    sent = send(service, world, request(world))
    world.work()
    read = staff(service, world.tenant).GetMessage(pb.GetMessageRequest(id=sent.id))
    assert read.state == message_pb2.MESSAGE_STATE_FAILED
    assert (read.error.fault, read.error.provider_code) == (message_pb2.DELIVERY_FAULT_NUMBER_INVALID, 21211)
    assert read.error.message == "The number does not exist. Correct it."
    assert read.attempts[0].error == read.error


def test_list_pages_filters_and_shows_no_texts(service: Harness, world: World) -> None:
    subject = ids.to_text("bill", uuid4())
    sent = []
    for number in range(5):
        sent.append(send(service, world, request(world, **({"subject": subject} if number < 3 else {}))).id)
        world.clock.advance(timedelta(milliseconds=5))
    stub = staff(service, world.tenant)
    first = stub.ListMessages(pb.ListMessagesRequest(page_size=2))
    second = stub.ListMessages(pb.ListMessagesRequest(page_size=2, page_token=first.next_page_token))
    third = stub.ListMessages(pb.ListMessagesRequest(page_size=2, page_token=second.next_page_token))
    shown = [message.id for page in (first, second, third) for message in page.messages]
    assert shown == sent[::-1]
    assert not third.next_page_token
    assert not any(message.text or message.attempts for message in first.messages)
    about = stub.ListMessages(pb.ListMessagesRequest(subject=subject))
    assert [message.id for message in about.messages] == sent[2::-1]
    waiting = stub.ListMessages(pb.ListMessagesRequest(states=[message_pb2.MESSAGE_STATE_DELIVERED]))
    assert not waiting.messages
    kinds = [message_pb2.MESSAGE_KIND_BILL_ISSUED, message_pb2.MESSAGE_KIND_PAYMENT_RECEIVED]
    assert len(stub.ListMessages(pb.ListMessagesRequest(kinds=kinds)).messages) == 5
    wrong = pb.ListMessagesRequest(page_size=2, subject=subject, page_token=first.next_page_token)
    assert refused(stub.ListMessages, wrong)[1] == "PAGE_TOKEN_INVALID"


def test_another_merchants_message_is_as_if_it_were_not(service: Harness, world: World, other_merchant: UUID) -> None:
    theirs = send(service, world, request(world)).id
    absent = ids.to_text("msg", ids.at(world.clock.now()))
    stub = staff(service, other_merchant)
    answers = [refused(stub.GetMessage, pb.GetMessageRequest(id=message_id)) for message_id in (theirs, absent)]
    assert answers[0] == answers[1] == (grpc.StatusCode.NOT_FOUND, "MESSAGE_NOT_FOUND", ())
    assert not stub.ListMessages(pb.ListMessagesRequest()).messages


def test_the_platforms_messages_are_nobodys(service: Harness, world: World) -> None:
    code = content_pb2.PhoneVerification(code="571839", valid_for=Duration(seconds=600))
    wanted = pb.SendMessageRequest(dedupe_key=uuid4().hex, phone=new_phone(), phone_verification=code)
    sent = send(service, world, wanted, caller="auth")
    assert "571839" not in str(sent)
    for merchant in (world.tenant, UUID(int=0)):
        stub = staff(service, merchant)
        if merchant == world.tenant:
            assert refused(stub.GetMessage, pb.GetMessageRequest(id=sent.id))[1] == "MESSAGE_NOT_FOUND"
            assert not stub.ListMessages(pb.ListMessagesRequest()).messages
        else:
            # Even the tenant that no token has gets no code to see.
            assert "571839" not in str(stub.GetMessage(pb.GetMessageRequest(id=sent.id)))


def test_who_may_call(service: Harness, world: World) -> None:
    wanted = request(world)
    for channel in (
        service.as_mesh("geo"),
        service.as_mesh("inventory"),
        service.as_merchant(world.tenant, account=uuid4(), scopes=("messages:read", "settings:write")),
        service.anonymous(),
    ):
        assert refused(MessageServiceStub(channel).SendMessage, wanted)[:2] == (
            grpc.StatusCode.PERMISSION_DENIED,
            "CALLER_NOT_ALLOWED",
        )
    listing = pb.ListMessagesRequest()
    person = MessageServiceStub(service.as_person(uuid4(), scopes=("messages:read",)))
    assert refused(MessageServiceStub(service.anonymous()).ListMessages, listing)[1] == "TOKEN_MISSING"
    assert refused(person.ListMessages, listing)[1] == "WRONG_AUDIENCE"
    assert refused(staff(service, world.tenant, "bills:read").ListMessages, listing)[1] == "SCOPE_MISSING"
    assert refused(MessageServiceStub(service.as_mesh("billing")).ListMessages, listing)[1] == "CALLER_NOT_ALLOWED"
    assert world.query("SELECT 1 FROM notification.messages WHERE merchant_id = %s", str(world.tenant)) == []


def test_each_service_sends_its_own_kinds(service: Harness, world: World) -> None:
    code, reason, _ = refused(MessageServiceStub(service.as_mesh("auth")).SendMessage, request(world))
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "CONTENT_NOT_ALLOWED")


def test_bad_fields_are_named_and_nothing_is_written(service: Harness, world: World) -> None:
    stub = MessageServiceStub(service.as_mesh("billing"))
    cases: list[tuple[pb.SendMessageRequest, str]] = []

    def case(field: str, **changes: Any) -> pb.SendMessageRequest:
        made = request(world, **changes)
        cases.append((made, field))
        return made

    case("phone").phone = "0123"
    case("phone").phone = "+9112345678901234567"
    case("phone").phone = "+9112345"
    case("dedupe_key").dedupe_key = "with space"
    case("locale").locale = "EN_us"
    case("subject").subject = "bill_zzz"
    case("").merchant_id = ""
    case("merchant_id").merchant_id = "mer_1"
    case("bill_issued.link").bill_issued.link = "http://edge.test/b"
    case("bill_issued.total").bill_issued.total.units = -1
    case("bill_issued.total").bill_issued.total.currency_code = "inr"
    case("bill_issued.total.currency_code").bill_issued.total.currency_code = "XQQ"
    case("bill_issued.total").bill_issued.total.nanos = 1
    case("bill_issued.due_date").bill_issued.due_date.month = 13
    case("bill_issued.bill_number").bill_issued.bill_number = ""
    case("expire_time").expire_time.seconds = 1
    case("content").ClearField("bill_issued")
    for made, field in cases:
        code, _, fields = refused(stub.SendMessage, made)
        assert code is grpc.StatusCode.INVALID_ARGUMENT, made
        assert field in fields, (field, fields)
    assert world.query("SELECT 1 FROM notification.messages WHERE merchant_id = %s", str(world.tenant)) == []


def test_a_limit_says_when_to_come_back(service: Harness, world: World) -> None:
    phone = new_phone()
    for _ in range(5):
        send(service, world, request(world, phone=phone))
    code, reason, _ = refused(MessageServiceStub(service.as_mesh("billing")).SendMessage, request(world, phone=phone))
    assert (code, reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "PHONE_LIMIT_REACHED")


def test_a_code_is_in_no_answer(service: Harness, world: World) -> None:
    message = world.send(world.order(verification("640218")))
    assert "640218" not in str(world.detail(message))
