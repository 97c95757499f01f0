"""Merchants' owners are told, by what they have verified, by whoever need not know them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from billmesh.notification.v1 import message_content_pb2 as content_pb2
from billmesh.notification.v1 import message_pb2
from billmesh.notification.v1 import message_service_pb2 as pb
from billmesh.notification.v1.message_service_pb2_grpc import MessageServiceStub
from google.type.money_pb2 import Money

from services.kit import ids
from services.notification.domain.contact import Contact
from tests.harness import Harness, refusal
from tests.services.notification.conftest import World, new_email, new_phone

LINK = "https://edge.test/payments/pending"


def contact(**changes: Any) -> Contact:
    return Contact(
        **({"account_id": ids.to_text("acc", uuid4()), "phone": "", "email": "", "locale": "en-IN"} | changes)
    )


def request(world: World, **changes: Any) -> pb.NotifyMerchantRequest:
    claimed = content_pb2.PaymentClaimed(
        customer_name="Asha Rao", bill_number="BLR/42", amount=Money(currency_code="INR", units=118), link=LINK
    )
    given: dict[str, Any] = {
        "merchant_id": ids.to_text("mer", world.tenant),
        "dedupe_key": "claims/" + uuid4().hex,
        "payment_claimed": claimed,
    }
    return pb.NotifyMerchantRequest(**(given | changes))


def notify(service: Harness, world: World, wanted: pb.NotifyMerchantRequest) -> list[message_pb2.Message]:
    told = list(MessageServiceStub(service.as_mesh("billing")).NotifyMerchant(wanted).messages)
    world.sent += [ids.from_text("msg", message.id) for message in told]  # type: ignore[misc] # a NewType over UUID
    world.work()
    return told


def refused(call: object, wanted: object) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as error:
        call(wanted)  # type: ignore[operator] # a stub's method
    found = refusal(error.value)
    return found.code, found.reason


def test_by_mail_or_else_by_sms_each_in_their_language(service: Harness, world: World) -> None:
    mailed = contact(phone=new_phone(), email=new_email())
    texted = contact(phone=new_phone(), locale="hi-IN")
    world.tenants.owners[world.tenant] = [mailed, texted]
    wanted = request(world)
    told = notify(service, world, wanted)
    assert [message.channel for message in told] == [
        message_pb2.MESSAGE_CHANNEL_EMAIL,
        message_pb2.MESSAGE_CHANNEL_SMS,
    ]
    (mail,), (sms,) = world.mailer.taken, world.provider.taken
    assert (mail.recipient, mail.subject_line) == (mailed.email, "A payment to verify: bill BLR/42")
    assert mail.text == f"Asha Rao says they paid ₹118.00 for bill BLR/42. Check and verify: {LINK}"
    assert sms.text == f"Asha Rao ने बिल BLR/42 के ₹118.00 चुकाने की सूचना दी है। जाँचें: {LINK}"
    assert [message.id for message in notify(service, world, wanted)] == [message.id for message in told]
    assert (len(world.mailer.taken), len(world.provider.taken)) == (1, 1)


def test_many(service: Harness, world: World) -> None:
    world.tenants.owners[world.tenant] = [contact(phone=new_phone())]
    claims = content_pb2.PaymentsClaimed(count=12, link=LINK)
    notify(service, world, request(world, payment_claimed=None, payments_claimed=claims))
    assert world.provider.taken[0].text == f"Customers say they made 12 payments. Check and verify: {LINK}"


def test_nobody_is_no_error_and_a_wrong_number_stops_nobody(service: Harness, world: World) -> None:
    assert notify(service, world, request(world)) == []
    world.tenants.owners[world.tenant] = [contact(phone="+9112345"), contact(phone=new_phone())]
    assert len(notify(service, world, request(world))) == 1


def test_a_limit_is_told_after_the_others_were(service: Harness, world: World) -> None:
    first, second = contact(phone=new_phone()), contact(phone=new_phone())
    world.tenants.owners[world.tenant] = [first]
    for _ in range(5):
        notify(service, world, request(world))
    world.tenants.owners[world.tenant] = [first, second]
    wanted = request(world)
    call = MessageServiceStub(service.as_mesh("billing")).NotifyMerchant
    assert refused(call, wanted) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "PHONE_LIMIT_REACHED")
    rows = world.query("SELECT count(*) FROM notification.messages WHERE merchant_id = %s", str(world.tenant))
    assert rows == [(6,)]
    world.clock.advance(timedelta(hours=1))
    assert len(notify(service, world, wanted)) == 2


def test_a_test_merchants_are_written_down_alone(service: Harness, world: World) -> None:
    world.tenants.test.add(world.tenant)
    world.tenants.owners[world.tenant] = [contact(phone=new_phone())]
    (told,) = notify(service, world, request(world))
    assert told.state == message_pb2.MESSAGE_STATE_RECORDED
    assert world.provider.taken == []


def test_who_may_not(service: Harness, world: World) -> None:
    for caller in ("auth", "geo"):
        call = MessageServiceStub(service.as_mesh(caller)).NotifyMerchant
        assert refused(call, request(world)) == (grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED")
    call = MessageServiceStub(service.as_mesh("billing")).NotifyMerchant
    one = content_pb2.PaymentsClaimed(count=1, link=LINK)
    for wrong in (request(world, payment_claimed=None), request(world, payment_claimed=None, payments_claimed=one)):
        assert refused(call, wrong)[0] is grpc.StatusCode.INVALID_ARGUMENT
    world.tenants.is_away = True
    assert refused(call, request(world))[0] is grpc.StatusCode.UNAVAILABLE
