"""The real SDK over our transport, against the sandbox: every class of failure is told apart."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pytest

from services.notification.clients.provider import ProviderAway
from services.notification.clients.twilio import TwilioProvider
from services.notification.config import NotificationSettings
from services.notification.domain.delivery import Accepted, Busy, NoAnswer, NotReached, Outcome, Refused
from services.notification.domain.message import DeliveryError, Fault, MessageState
from tests.fakes.clock import FixedClock
from tests.fakes.sandbox import Running, running
from tools.ports import free_port

PHONE = "+919876543210"
TEXT = "Mehta Stores: bill “42”, €1. https://edge.test/b/x"
CALLBACK = "https://edge.test/v1/callbacks/twilio/status?attempt=1"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        found.control(hold_callbacks=True)
        yield found


class At(Protocol):
    def __call__(self, url: str, **changes: str) -> TwilioProvider: ...


@pytest.fixture
def provider_at(settings: NotificationSettings) -> Iterator[At]:
    made = []

    def at(url: str, **changes: str) -> TwilioProvider:
        made.append(TwilioProvider(settings.model_copy(update={"twilio_api_url": url, **changes})))
        return made[-1]

    yield at
    for provider in made:
        provider.close()


@pytest.fixture
def provider(provider_at: At, sandbox: Running) -> TwilioProvider:
    return provider_at(sandbox.url)


def send(provider: TwilioProvider, phone: str = PHONE, text: str = TEXT) -> Outcome:
    return provider.send(phone=phone, text=text, callback_url=CALLBACK)


def test_taken(provider: TwilioProvider, sandbox: Running) -> None:
    outcome = send(provider)
    (message,) = sandbox.inbox(PHONE)
    assert outcome == Accepted(str(message["sid"]), MessageState.ACCEPTED)
    assert (message["body"], message["from"]) == (TEXT, "+15005550006")
    stored = sandbox.store.find(str(message["sid"]))
    assert stored is not None
    assert stored.callback_url == CALLBACK


def test_a_messaging_service_is_a_sender_too(provider_at: At, sandbox: Running) -> None:
    service = "MG" + "a" * 32
    assert isinstance(send(provider_at(sandbox.url, sms_from=service)), Accepted)
    stored = sandbox.store.list(recipient=PHONE, limit=1)[0]
    assert stored.service_sid == service


@pytest.mark.parametrize(
    ("phone", "fault", "code"),
    [
        ("+15005550001", Fault.NUMBER_INVALID, 21211),
        ("+15005550002", Fault.DESTINATION_NOT_ALLOWED, 21612),
        ("+15005550003", Fault.DESTINATION_NOT_ALLOWED, 21408),
        ("+15005550004", Fault.OPTED_OUT, 21610),
        ("+15005550009", Fault.NOT_MOBILE, 21614),
    ],
)
def test_refused_for_good(provider: TwilioProvider, phone: str, fault: Fault, code: int) -> None:
    assert send(provider, phone) == Refused(DeliveryError(fault, code))


@pytest.mark.parametrize(
    ("fault", "expected", "taken"),
    [
        (
            {"kind": "reject_429", "retry_after": 7},
            Busy(DeliveryError(Fault.PROVIDER_BUSY, 20429), timedelta(seconds=7)),
            0,
        ),
        ({"kind": "reject_429"}, Busy(DeliveryError(Fault.PROVIDER_BUSY, 20429)), 0),
        ({"kind": "unavailable_503"}, Busy(DeliveryError(Fault.PROVIDER_BUSY, 20503)), 0),
        # From outside these two look the same, so neither is sent again before it was looked up.
        ({"kind": "error_500"}, NoAnswer(DeliveryError(Fault.NO_ANSWER, 20500)), 0),
        ({"kind": "error_500_after_accept"}, NoAnswer(DeliveryError(Fault.NO_ANSWER, 20500)), 1),
        ({"kind": "drop_before_accept"}, NoAnswer(DeliveryError(Fault.NO_ANSWER)), 0),
        ({"kind": "drop_after_accept"}, NoAnswer(DeliveryError(Fault.NO_ANSWER)), 1),
        ({"kind": "refuse", "code": 21999}, Refused(DeliveryError(Fault.OTHER, 21999)), 0),
    ],
)
def test_faults(
    provider: TwilioProvider, sandbox: Running, fault: dict[str, object], expected: Outcome, taken: int
) -> None:
    sandbox.control(faults=[fault])
    assert send(provider) == expected
    assert len(sandbox.inbox()) == taken
    assert isinstance(send(provider), Accepted)


def test_an_account_at_fault_is_not_the_messages_fault(provider_at: At, sandbox: Running) -> None:
    wrong = provider_at(sandbox.url, twilio_account_sid="AC" + "9" * 32)
    assert send(wrong) == Busy(DeliveryError(Fault.SENDER, 20003), timedelta(minutes=1))


def test_nobody_there(provider_at: At) -> None:
    away = provider_at(f"http://127.0.0.1:{free_port()}")
    assert send(away) == NotReached()
    with pytest.raises(ProviderAway):
        away.find(phone=PHONE, text=TEXT, since=FixedClock().now())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{]",
        b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 4\r\n\r\noops",
    ],
)
def test_answers_that_say_nothing(provider_at: At, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def respond() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=respond)
        thread.start()
        outcome = send(provider_at(f"http://127.0.0.1:{listener.getsockname()[1]}"))
        thread.join()
    assert isinstance(outcome, NoAnswer)


def test_what_it_has_is_found_by_phone_text_and_time(provider: TwilioProvider, sandbox: Running) -> None:
    now = FixedClock().now()
    sent = [send(provider) for _ in range(2)]
    send(provider, text="another text 42")
    send(provider, "+358401234567")
    found = provider.find(phone=PHONE, text=TEXT, since=now)
    assert {report.provider_id for report in found} == {o.provider_id for o in sent if isinstance(o, Accepted)}
    # What was there long before the call is not what the call made.
    assert provider.find(phone=PHONE, text=TEXT, since=now + timedelta(minutes=10)) == []


def test_what_it_has_is_found_although_it_changed_the_look_of_the_text(
    provider: TwilioProvider, sandbox: Running
) -> None:
    now = FixedClock().now()
    send(provider, text="Sent from your Twilio trial account - " + TEXT.replace("“", '"').replace("”", '"'))
    assert len(provider.find(phone=PHONE, text=TEXT, since=now)) == 1
    assert provider.find(phone=PHONE, text=TEXT.replace("42", "43"), since=now) == []


def test_what_it_has_comes_with_its_fate(provider: TwilioProvider, sandbox: Running) -> None:
    sandbox.control(outcomes=[{"to": PHONE, "status": "undelivered", "error_code": 30006}])
    send(provider)
    sandbox.wait_for(PHONE, "undelivered")
    (found,) = provider.find(phone=PHONE, text=TEXT, since=FixedClock().now())
    assert (found.state, found.error) == (MessageState.UNDELIVERED, DeliveryError(Fault.NOT_MOBILE, 30006))


def test_the_phone_is_in_no_log(provider: TwilioProvider, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="services")
    caplog.set_level("INFO", logger="twilio")
    send(provider)
    provider.find(phone=PHONE, text=TEXT, since=FixedClock().now())
    assert PHONE[1:] not in caplog.text
