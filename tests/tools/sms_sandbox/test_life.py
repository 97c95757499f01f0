"""What happens after a message is taken: steps, signed reports, faults on demand, and a kill that loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from requests.exceptions import ConnectionError as BrokenConnection
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped] # the SDK ships no types
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped] # as above

from tests.fakes.sandbox import ACCOUNT_SID, AUTH_TOKEN, Listener, Running

FROM = "+15005550006"
TO = "+919876543210"


def send(client: Any, listener: Listener | None = None, *, to: str = TO, body: str = "hello") -> Any:
    callback = {"status_callback": f"{listener.url}/status?attempt=1&message=ü"} if listener else {}
    return client.messages.create(to=to, from_=FROM, body=body, **callback)


def test_each_step_is_reported_and_signed(client: Any, sandbox: Running, listener: Listener) -> None:
    sid = send(client, listener).sid
    (delivered,) = listener.wait_for(lambda report: report.form["MessageStatus"] == "delivered")
    (sent,) = listener.wait_for(lambda report: report.form["MessageStatus"] == "sent")
    for report in (sent, delivered):
        assert report.form["MessageSid"] == report.form["SmsSid"] == sid
        assert (report.form["AccountSid"], report.form["To"], report.form["From"]) == (ACCOUNT_SID, TO, FROM)
        validator = RequestValidator(AUTH_TOKEN)
        assert validator.validate(f"{listener.url}/status?attempt=1&message=ü", report.form, report.signature)
        assert not RequestValidator("other").validate(listener.url + report.path, report.form, report.signature)


def test_a_report_that_is_not_taken_is_made_again(client: Any, listener: Listener) -> None:
    listener.answers = [503, 500]
    send(client, listener)
    listener.wait_for(lambda report: report.form["MessageStatus"] in {"sent", "delivered"}, count=4)
    statuses = sorted(report.form["MessageStatus"] for report in listener.reports)
    assert set(statuses) == {"sent", "delivered"}


def test_other_ends(client: Any, sandbox: Running, listener: Listener) -> None:
    sandbox.control(
        outcomes=[
            {"to": "+919800000001", "status": "undelivered"},
            {"to": "+919800000002", "status": "failed", "error_code": 30007},
            {"to": "+919800000003", "status": "sent"},
        ]
    )
    for number in (1, 2, 3):
        send(client, listener, to=f"+91980000000{number}")
    (lost,) = listener.wait_for(lambda report: report.form["MessageStatus"] == "undelivered")
    assert lost.form["ErrorCode"] == "30003"
    failed = sandbox.wait_for("+919800000002", "failed")
    assert failed["error_code"] == 30007
    assert client.messages(failed["sid"]).fetch().error_message == "Message filtered"
    assert sandbox.wait_for("+919800000003", "sent")


@pytest.mark.parametrize(
    ("fault", "status", "code", "taken"),
    [
        ({"kind": "reject_429", "retry_after": 7}, 429, 20429, False),
        ({"kind": "error_500"}, 500, 20500, False),
        ({"kind": "unavailable_503"}, 503, 20503, False),
        ({"kind": "refuse", "code": 21608}, 400, 21608, False),
        ({"kind": "error_500_after_accept"}, 500, 20500, True),
    ],
)
def test_faults(
    client: Any, sandbox: Running, fault: dict[str, object], status: int, code: int, *, taken: bool
) -> None:
    sandbox.control(faults=[fault])
    with pytest.raises(TwilioRestException) as refused:
        send(client)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert len(sandbox.inbox()) == int(taken)
    send(client)
    assert len(sandbox.inbox()) == int(taken) + 1


@pytest.mark.parametrize(("kind", "taken"), [("drop_before_accept", 0), ("drop_after_accept", 1)])
def test_broken_lines(client: Any, sandbox: Running, kind: str, taken: int) -> None:
    sandbox.control(faults=[{"kind": kind, "times": 2, "to": TO}])
    for _ in range(2):
        with pytest.raises(BrokenConnection):
            send(client)
    assert len(sandbox.inbox()) == taken * 2
    send(client)
    send(client, to="+358401234567")
    assert len(sandbox.inbox()) == taken * 2 + 2


def test_a_delay_answers_late(client: Any, sandbox: Running) -> None:
    sandbox.control(faults=[{"kind": "delay", "seconds": 0.2}])
    assert send(client).status == "queued"


def test_holds(client: Any, sandbox: Running, listener: Listener) -> None:
    sandbox.control(hold=True)
    send(client, listener)
    sandbox.control(hold_callbacks=True)
    assert sandbox.inbox()[0]["status"] == "queued"
    sandbox.control(hold=False)
    sandbox.wait_for(TO, "delivered")
    assert listener.reports == []
    sandbox.control(hold_callbacks=False)
    listener.wait_for(lambda report: report.form["MessageStatus"] == "delivered")


def test_reset_forgets(client: Any, sandbox: Running) -> None:
    send(client)
    sandbox.control(reset=True)
    assert sandbox.inbox() == []


class Process:
    """The sandbox as it is started in earnest."""

    def __init__(self, folder: Path, *more: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.sms_sandbox", "--listen", "127.0.0.1:0", "--state", str(folder), *more],
            env={**os.environ, "SMS_SANDBOX_ACCOUNT_SID": ACCOUNT_SID, "SMS_SANDBOX_AUTH_TOKEN": AUTH_TOKEN},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split()[-1].rstrip("/")

    def end(self, signal_number: int) -> int:
        self._process.send_signal(signal_number)
        status = self._process.wait(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status


def test_a_kill_loses_nothing(tmp_path: Path, listener: Listener) -> None:
    first = Process(tmp_path, "--until-sent", "60")
    answer = httpx.post(
        f"{first.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json",
        auth=(ACCOUNT_SID, AUTH_TOKEN),
        data={"To": TO, "From": FROM, "Body": "kept", "StatusCallback": f"{listener.url}/status"},
        trust_env=False,
    )
    assert answer.status_code == 201
    first.end(signal.SIGKILL)
    second = Process(tmp_path)
    try:
        (kept,) = httpx.get(f"{second.url}/inbox.json", trust_env=False).json()["messages"]
        assert (kept["sid"], kept["body"], kept["status"]) == (answer.json()["sid"], "kept", "queued")
    finally:
        assert second.end(signal.SIGTERM) == 0
