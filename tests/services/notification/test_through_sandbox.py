"""The whole way: taken over, sent by the real SDK to the sandbox, reported back by signed callbacks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from billmesh.notification.v1 import callback_service_pb2 as pb
from billmesh.notification.v1.callback_service_pb2_grpc import CallbackServiceStub
from google.api.httpbody_pb2 import HttpBody
from pydantic import SecretStr

from services.notification.clients.twilio import TwilioProvider, TwilioReports
from services.notification.composition import mailer, servicers
from services.notification.config import NotificationSettings
from services.notification.domain.message import AttemptState, DeliveryError, Fault, Message, MessageState
from tests.fakes.sandbox import Listener, Report, Running, running
from tests.harness import Harness
from tests.services.notification.conftest import MAIL_SETTLE, SETTLE, World, email_verification


class Edge(Listener):
    """Stands where the edge stands: hands callbacks to the service as the transcoder does."""

    def connect(self, service: Harness) -> None:
        self._stub = CallbackServiceStub(service.anonymous())

    def _hear(self, report: Report) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(report.path).query).items()}
        request = pb.ReceiveTwilioStatusRequest(
            merchant_id=query.get("merchant_id", ""),
            message_id=query["message_id"],
            attempt=int(query["attempt"]),
            form=HttpBody(data=urlencode(report.form).encode()),
        )
        metadata = (("x-envoy-original-path", report.path), ("x-twilio-signature", report.signature))
        self._stub.ReceiveTwilioStatus(request, metadata=metadata)
        super()._hear(report)


@pytest.fixture
def edge() -> Iterator[Edge]:
    found = Edge()
    yield found
    found.close()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def real(
    world: World,
    settings: NotificationSettings,
    sandbox: Running,
    edge: Edge,
    start_service: Callable[..., Harness],
) -> Iterator[World]:
    """The world with the real provider; its callbacks reach the service."""
    pointed = settings.model_copy(update={"twilio_api_url": sandbox.url, "public_url": edge.url})
    provider = TwilioProvider(pointed)
    world.deps = replace(world.deps, provider=provider, public_url=edge.url)
    services = servicers(world.deps, TwilioReports(pointed))
    edge.connect(start_service("notification", settings, services, world.clock))
    yield world
    provider.close()


def wait_for(world: World, message: Message, state: MessageState) -> None:
    pause = threading.Event()
    for _ in range(500):
        if world.detail(message).message.state is state:
            return
        pause.wait(0.02)
    raise AssertionError(world.detail(message).message)


def test_delivered(real: World, sandbox: Running) -> None:
    order = real.order()
    message = real.send(order)
    real.work()
    wait_for(real, message, MessageState.DELIVERED)
    (received,) = sandbox.inbox(order.phone)
    assert received["body"] == real.detail(message).text
    assert message.size is not None
    assert received["segments"] == message.size.segments


def test_undelivered(real: World, sandbox: Running) -> None:
    order = real.order()
    sandbox.control(outcomes=[{"to": order.phone, "status": "undelivered", "error_code": 30003}])
    message = real.send(order)
    real.work()
    wait_for(real, message, MessageState.UNDELIVERED)


def test_a_line_that_breaks_after_the_message_was_taken(real: World, sandbox: Running) -> None:
    """No report comes either: only the look-up can tell."""
    order = real.order()
    sandbox.control(faults=[{"kind": "drop_after_accept"}], hold_callbacks=True)
    message = real.send(order)
    real.work()
    assert real.detail(message).message.state is MessageState.UNCONFIRMED
    real.work_after(SETTLE)
    assert real.detail(message).message.state.is_with_provider
    assert len(sandbox.inbox(order.phone)) == 1
    sandbox.control(hold_callbacks=False)
    wait_for(real, message, MessageState.DELIVERED)
    assert [attempt.state for attempt in real.attempts(message)] == [AttemptState.ACCEPTED]


def test_a_line_that_breaks_before_the_message_was_taken(real: World, sandbox: Running) -> None:
    order = real.order()
    sandbox.control(faults=[{"kind": "drop_before_accept"}])
    message = real.send(order)
    real.work()
    real.work_after(SETTLE)
    wait_for(real, message, MessageState.DELIVERED)
    assert len(sandbox.inbox(order.phone)) == 1
    assert [attempt.state for attempt in real.attempts(message)] == [AttemptState.ABSENT, AttemptState.ACCEPTED]


def test_a_report_is_enough_when_the_answer_was_lost(real: World, sandbox: Running) -> None:
    order = real.order()
    sandbox.control(faults=[{"kind": "drop_after_accept"}])
    message = real.send(order)
    real.work()
    wait_for(real, message, MessageState.DELIVERED)
    assert len(sandbox.inbox(order.phone)) == 1


@pytest.fixture
def by_mail(real: World, settings: NotificationSettings, sandbox: Running) -> World:
    """The world that also hands its mails to the sandbox, as it does when the stack runs."""
    told = {"smtp_url": SecretStr(f"smtp://127.0.0.1:{sandbox.smtp_port}"), "email_from": "Billmesh <no-reply@bm.test>"}
    real.deps = replace(real.deps, mailer=mailer(settings.model_copy(update=told)))
    return real


def test_a_mail_arrives(by_mail: World, sandbox: Running) -> None:
    order = by_mail.mail(locale="hi-IN")
    message = by_mail.send(order)
    by_mail.work()
    (received,) = sandbox.inbox(order.email)
    detail = by_mail.detail(message)
    assert detail.message.state is MessageState.ACCEPTED
    assert received["subject"] == detail.subject_line == "Mehta Stores का बिल BLR/26-27/000042"
    assert detail.text is not None
    assert str(received["body"]).startswith(detail.text)
    assert "₹1,23,456.50" in detail.text
    assert received["message_id"] == by_mail.attempts(message)[0].provider_id


def test_a_code_arrives_and_is_forgotten(by_mail: World, sandbox: Running) -> None:
    order = by_mail.mail(email_verification("902137"))
    by_mail.send(order)
    by_mail.work()
    (received,) = sandbox.inbox(order.email)
    assert "902137" in str(received["body"])
    assert "902137" not in str(received["subject"])


def test_a_mail_whose_answer_was_lost_comes_twice_under_one_name(by_mail: World, sandbox: Running) -> None:
    order = by_mail.mail()
    sandbox.control(faults=[{"kind": "drop_after_accept", "to": order.email}])
    message = by_mail.send(order)
    by_mail.work()
    assert by_mail.detail(message).message.state is MessageState.UNCONFIRMED
    by_mail.work_after(MAIL_SETTLE)
    first, second = sandbox.inbox(order.email)
    assert first["message_id"] == second["message_id"]
    assert by_mail.detail(message).message.state is MessageState.ACCEPTED


def test_a_code_whose_answer_was_lost_comes_once(by_mail: World, sandbox: Running) -> None:
    order = by_mail.mail(email_verification())
    sandbox.control(faults=[{"kind": "drop_after_accept", "to": order.email}])
    by_mail.send(order)
    by_mail.work()
    by_mail.work_after(MAIL_SETTLE)
    by_mail.work_after(timedelta(minutes=10))
    assert len(sandbox.inbox(order.email)) == 1


def test_refusals_of_a_mail_server(by_mail: World, sandbox: Running) -> None:
    order = by_mail.mail()
    sandbox.control(
        faults=[
            {"kind": "refuse", "to": order.email, "code": 450},
            {"kind": "drop_before_accept", "to": order.email},
            {"kind": "refuse_content", "to": order.email, "code": 554},
        ]
    )
    message = by_mail.send(order)
    by_mail.work()
    assert by_mail.detail(message).message.state is MessageState.QUEUED
    by_mail.work_after(timedelta(seconds=2))
    # The content had been sent: whether it was taken is not for us to say.
    assert by_mail.detail(message).message.state is MessageState.UNCONFIRMED
    by_mail.work_after(MAIL_SETTLE)
    found = by_mail.detail(message)
    assert (found.message.state, found.message.error) == (
        MessageState.FAILED,
        DeliveryError(Fault.FILTERED, 554),
    )
    assert [attempt.state for attempt in found.attempts] == [
        AttemptState.REFUSED,
        AttemptState.UNKNOWN,
        AttemptState.REFUSED,
    ]
    assert sandbox.inbox(order.email) == []
