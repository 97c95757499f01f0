"""Payment gateways that do what Razorpay and Stripe do: pages, refusals, signed events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

RAZORPAY_KEYS = ("rzp_live_Abc123", "razorpay-secret")
STRIPE_KEY = "sk_live_Abc123"
WEBHOOK_SECRET = "whsec_of_a_test"  # noqa: S105 - a test's


@dataclass(frozen=True)
class Asked:
    """A call that came."""

    verb: str
    path: str
    user: str
    password: str
    body: dict[str, Any]
    headers: dict[str, str] = field(repr=False)


class FakeGateways:
    """Both, on one port."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        # What is answered instead, once: a status, and a body or a redirect.
        self.instead: tuple[int, str] | None = None
        # Pages by reference.
        self.pages: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, asked: Asked) -> tuple[int, dict[str, Any]]:  # noqa: PLR0911 - one a case
        """As the real ones answer."""
        self.asked.append(asked)
        path = urlsplit(asked.path)
        if path.path == "/v1/payment_links" and (asked.user, asked.password) != RAZORPAY_KEYS:
            return 401, {"error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}}
        if path.path == "/v1/checkout/sessions" and asked.user != STRIPE_KEY:
            return 401, {"error": {"type": "invalid_request_error"}}
        if path.path == "/v1/payment_links" and asked.verb == "GET":
            (reference,) = parse_qs(path.query)["reference_id"]
            links = [self._link(reference)] if reference in self.pages else []
            return 200, {"payment_links": links}
        if path.path == "/v1/payment_links":
            reference = asked.body["reference_id"]
            if reference in self.pages:
                return 400, {"error": {"code": "BAD_REQUEST_ERROR", "description": "reference_id already exists"}}
            return 200, self._link(reference)
        if path.path == "/v1/checkout/sessions":
            return 200, {"id": "cs_1", "url": self._page(asked.headers["idempotency-key"])}
        return 404, {}

    def _link(self, reference: str) -> dict[str, Any]:
        return {"id": "plink_1", "reference_id": reference, "short_url": self._page(reference)}

    def _page(self, reference: str) -> str:
        return self.pages.setdefault(reference, f"https://pay.test/{len(self.pages) + 1}")


def razorpay_paid(reference: str, minor: int, *, payment: str = "pay_1", currency: str = "INR") -> bytes:
    """The event of a link that was paid."""
    entity = {"id": payment, "amount": minor, "currency": currency, "status": "captured", "method": "upi"}
    link = {"id": "plink_1", "reference_id": reference, "status": "paid", "amount_paid": minor}
    payload = {"payment_link": {"entity": link}, "payment": {"entity": entity}}
    return json.dumps({"entity": "event", "event": "payment_link.paid", "payload": payload}).encode()


def razorpay_refunded(minor: int, *, payment: str = "pay_1", refund: str = "rfnd_1") -> bytes:
    """The event of a refund."""
    entity = {"id": refund, "payment_id": payment, "amount": minor, "currency": "INR", "status": "processed"}
    return json.dumps({"event": "refund.processed", "payload": {"refund": {"entity": entity}}}).encode()


def stripe_event(kind: str, **found: Any) -> bytes:
    """An event about an object."""
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": found}}).encode()


def razorpay_signature(body: bytes, secret: str = WEBHOOK_SECRET) -> tuple[tuple[str, str], ...]:
    """The header beside an event."""
    return (("x-razorpay-signature", _hmac(secret, body)),)


def stripe_signature(body: bytes, at: int, secret: str = WEBHOOK_SECRET) -> tuple[tuple[str, str], ...]:
    """The header beside an event, of a moment in seconds; an older scheme and another secret's signature go along."""
    signed = f"{at}.".encode() + body
    return (("stripe-signature", f"t={at},v1={'0' * 64},v1={_hmac(secret, signed)},v0=old"),)


def _hmac(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _handler(server: FakeGateways) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            is_json = self.headers.get("content-type") == "application/json"
            body = json.loads(raw) if is_json else dict(parse_qsl(raw))
            login = base64.b64decode(self.headers.get("authorization", "").removeprefix("Basic ")).decode()
            user, _, password = login.partition(":")
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, user, password, body, headers)
            instead, server.instead = server.instead, None
            status, answer = server.answer(asked)
            text = json.dumps(answer)
            if instead is not None:
                status, text = instead
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", text)
            content = text.encode()
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler
