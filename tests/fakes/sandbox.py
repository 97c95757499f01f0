"""The SMS sandbox in the test's own process, with someone who listens for its callbacks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import httpx

from tools.sms_sandbox.carrier import Carrier, Pace
from tools.sms_sandbox.mail import MailServer
from tools.sms_sandbox.server import Sandbox
from tools.sms_sandbox.store import Store

ACCOUNT_SID = "AC00000000000000000000000000000000"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of a provider that does not exist
_PATIENCE = 10.0


@dataclass(frozen=True)
class Report:
    """A callback as it came."""

    path: str
    form: dict[str, str]
    signature: str


class Listener:
    """Hears callbacks; answers what a test wants, 204 unless told otherwise."""

    def __init__(self) -> None:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(data, keep_blank_values=True))
                listener._hear(Report(self.path, form, self.headers["X-Twilio-Signature"]))
                self.send_response(listener.answers.pop(0) if listener.answers else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        self.answers: list[int] = []
        self.reports: list[Report] = []
        self._heard = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def _hear(self, report: Report) -> None:
        with self._heard:
            self.reports.append(report)
            self._heard.notify_all()

    def wait_for(self, wanted: Callable[[Report], bool], count: int = 1) -> list[Report]:
        """The reports that are wanted, once there are `count` of them."""

        def found() -> list[Report]:
            return [report for report in self.reports if wanted(report)]

        with self._heard:
            assert self._heard.wait_for(lambda: len(found()) >= count, _PATIENCE), self.reports
            return found()

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Running:
    """A sandbox that serves."""

    url: str
    smtp_port: int
    store: Store

    def control(self, **order: object) -> None:
        """Asks for faults, outcomes and holds."""
        answer = httpx.post(f"{self.url}/_control", json=order, trust_env=False)
        assert answer.status_code == httpx.codes.OK, answer.text

    def inbox(self, to: str = "") -> list[dict[str, object]]:
        """What a phone, an address, or everybody received, newest first."""
        answer = httpx.get(f"{self.url}/inbox.json", params={"to": to} if to else {}, trust_env=False)
        messages: list[dict[str, object]] = answer.json()["messages"]
        return messages

    def wait_for(self, phone: str, status: str) -> dict[str, object]:
        """The one message of `phone` once it has this status."""
        pause = threading.Event()
        for _ in range(int(_PATIENCE / 0.02)):
            for message in self.inbox(phone):
                if message["status"] == status:
                    return message
            pause.wait(0.02)
        raise AssertionError(self.inbox(phone))


@contextmanager
def running(folder: Path, *, pace: Pace | None = None) -> Iterator[Running]:
    """A sandbox over `folder`, for the block."""
    store = Store(folder)
    carrier = Carrier(
        store, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, ca_file=None, pace=pace or Pace(0.02, 0.02)
    )
    sandbox = Sandbox(("127.0.0.1", 0), store=store, carrier=carrier, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)
    serving = threading.Thread(target=sandbox.serve_forever, kwargs={"poll_interval": 0.02})
    mail = MailServer(("127.0.0.1", 0), store=store)
    carrier.start()
    serving.start()
    try:
        yield Running(f"http://127.0.0.1:{sandbox.server_port}", mail.port, store)
    finally:
        mail.close()
        sandbox.shutdown()
        serving.join()
        sandbox.server_close()
        carrier.stop()
        store.close()
