"""The whole way: taken over, sent by the real SDK to the sandbox, reported back by signed callbacks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from billmesh.notification.v1 import callback_service_pb2 as pb
from billmesh.notification.v1.callback_service_pb2_grpc import CallbackServiceStub
from google.api.httpbody_pb2 import HttpBody

from services.notification.clients.twilio import TwilioProvider, TwilioReports
from services.notification.composition import servicers
from services.notification.config import NotificationSettings
from services.notification.domain.message import AttemptState, Message, MessageState
from tests.fakes.sandbox import Listener, Report, Running, running
from tests.harness import Harness
from tests.services.notification.conftest import SETTLE, World


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
