"""The provider's reports: believed only with its signature, harmless when repeated or late."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import grpc
import pytest
from billmesh.notification.v1 import callback_service_pb2 as pb
from billmesh.notification.v1.callback_service_pb2_grpc import CallbackServiceStub
from google.api.httpbody_pb2 import HttpBody

from services.kit import ids
from services.notification.domain.message import Fault, Message, MessageState
from tests.harness import ISSUER, Harness, refusal
from tests.services.notification.conftest import ACCOUNT_SID, AUTH_TOKEN, World, verification
from tools.sms_sandbox.carrier import signature


class Caller:
    """Calls as the provider does, through the edge."""

    def __init__(self, service: Harness, world: World, message: Message) -> None:
        self.stub = CallbackServiceStub(service.anonymous())
        self.url = world.provider.taken[-1].callback_url
        self.sid = world.provider.taken[-1].provider_id
        self.message = message

    def form(self, status: str, **more: str) -> dict[str, str]:
        return {"AccountSid": ACCOUNT_SID, "MessageSid": self.sid, "MessageStatus": status, **more}

    def call(
        self, form: dict[str, str], *, signed: str | None = None, path: str | None = None
    ) -> list[tuple[str, str | bytes]]:
        """The initial metadata of the answer."""
        address = urlsplit(self.url)
        query = dict(pair.split("=") for pair in address.query.split("&"))
        request = pb.ReceiveTwilioStatusRequest(
            merchant_id=query.get("merchant_id", ""),
            message_id=query["message_id"],
            attempt=int(query["attempt"]),
            form=HttpBody(content_type="application/x-www-form-urlencoded", data=urlencode(form).encode()),
        )
        metadata = (
            ("x-envoy-original-path", f"{address.path}?{address.query}" if path is None else path),
            ("x-twilio-signature", signature(AUTH_TOKEN, self.url, form) if signed is None else signed),
        )
        _, call = self.stub.ReceiveTwilioStatus.with_call(request, metadata=metadata)
        return list(call.initial_metadata())


@pytest.fixture
def message(world: World) -> Message:
    sent = world.send()
    world.work()
    return sent


@pytest.fixture
def caller(service: Harness, world: World, message: Message) -> Caller:
    return Caller(service, world, message)


def state(world: World, message: Message) -> MessageState:
    return world.detail(message).message.state


def test_a_report_is_taken_in(caller: Caller, world: World, message: Message) -> None:
    assert ("x-http-status", "204") in caller.call(caller.form("sent", RawDlrDoneDate="2611221200", Extra="ü & =?"))
    assert state(world, message) is MessageState.SENT
    caller.call(caller.form("undelivered", ErrorCode="30003"))
    error = world.detail(message).message.error
    assert error is not None
    assert (error.fault, error.provider_code) == (Fault.UNREACHABLE, 30003)


def test_repeated_and_out_of_order(caller: Caller, world: World, message: Message) -> None:
    for status in ("delivered", "sent", "queued", "delivered", "failed", "undelivered"):
        assert ("x-http-status", "204") in caller.call(caller.form(status))
        assert state(world, message) is MessageState.DELIVERED


@pytest.mark.parametrize("status", ["", "receiving", "new-status"])
def test_statuses_that_are_not_followed_are_taken_all_the_same(
    caller: Caller, world: World, message: Message, status: str
) -> None:
    assert ("x-http-status", "204") in caller.call(caller.form(status))
    assert state(world, message) is MessageState.ACCEPTED


def forged(caller: Caller, form: dict[str, str], **more: str) -> str:
    with pytest.raises(grpc.RpcError) as error:
        caller.call(form, **more)
    found = refusal(error.value)
    assert found.code is grpc.StatusCode.PERMISSION_DENIED
    return found.reason


def test_without_the_signature_nothing_is_believed(caller: Caller, world: World, message: Message) -> None:
    form = caller.form("failed")
    right = signature(AUTH_TOKEN, caller.url, form)
    elsewhere = caller.url.replace("attempt=1", "attempt=2").removeprefix(ISSUER)
    for more in (
        {"signed": ""},
        {"signed": "AAAA"},
        {"signed": signature("another-token", caller.url, form)},
        {"signed": signature(AUTH_TOKEN, caller.url, caller.form("delivered"))},
        {"signed": right[:-1]},
        {"path": ""},
        {"path": elsewhere},
        {"path": "//evil.example" + urlsplit(caller.url).path},
    ):
        assert forged(caller, form, **more) == "CALLBACK_SIGNATURE_INVALID"
    assert forged(caller, form | {"AccountSid": "AC11111111111111111111111111111111"}) == "CALLBACK_SIGNATURE_INVALID"
    assert forged(caller, form | {"MessageSid": ""}) == "CALLBACK_SIGNATURE_INVALID"
    assert state(world, message) is MessageState.ACCEPTED


def test_a_report_of_a_message_that_is_not_ours_is_taken_and_ignored(caller: Caller, world: World) -> None:
    known = ids.to_text("msg", caller.message.id)
    caller.url = caller.url.replace(known, ids.to_text("msg", ids.at(world.clock.now())))
    assert ("x-http-status", "204") in caller.call(caller.form("failed"))
    assert state(world, caller.message) is MessageState.ACCEPTED


def test_too_large_a_form(caller: Caller) -> None:
    with pytest.raises(grpc.RpcError) as error:
        caller.call(caller.form("sent", Padding="x" * 20_000))
    assert refusal(error.value).fields == ("form",)


def test_the_platforms_own_messages_are_reported_too(service: Harness, world: World) -> None:
    code = world.send(world.order(verification()))
    world.work()
    caller = Caller(service, world, code)
    assert "merchant_id" not in caller.url
    caller.call(caller.form("delivered"))
    assert state(world, code) is MessageState.DELIVERED
