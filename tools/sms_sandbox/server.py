"""The sandbox's HTTP: Twilio's paths, those of payment gateways, the inbox, and the control that tests use."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
import secrets
import socket
import sys
import time
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import ValidationError

from services.notification.domain.text import size
from tools.sms_sandbox import control, gateways, rules, wire
from tools.sms_sandbox.rules import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.sms_sandbox.carrier import Carrier
    from tools.sms_sandbox.store import Fault, Store, Stored

_FOLDER = Path(__file__).parent
_FILES = {
    "/": ("inbox.html", "text/html; charset=utf-8"),
    "/inbox.css": ("inbox.css", "text/css; charset=utf-8"),
    "/inbox.js": ("inbox.js", "text/javascript; charset=utf-8"),
}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
_MAX_REQUEST = 64 * 1024
_MESSAGES = re.compile(rf"/{wire.API_VERSION}/Accounts/([^/]+)/Messages(?:/([^/]+))?\.json\Z")
_RAW_MAIL = re.compile(r"/mails/(EM[0-9a-f]{32})\.eml\Z")
_LARGEST_PAGE = 1_000
_INBOX_SIZE = 200
_NOT_TAKEN = {"reject_429": 20429, "error_500": 20500, "unavailable_503": 20503}


class Sandbox(ThreadingHTTPServer):
    """Serves until `shutdown`."""

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], *, store: Store, carrier: Carrier, account_sid: str, auth_token: str
    ) -> None:
        self.store = store
        self.carrier = carrier
        self.account_sid = account_sid
        self.credentials = f"{account_sid}:{auth_token}".encode()
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that went away before its answer is no error here: tests kill callers."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # passed on as it came


class _Handler(BaseHTTPRequestHandler):
    server: Sandbox
    protocol_version = "HTTP/1.1"
    server_version = "sms-sandbox"
    # Seconds that an idle connection is kept.
    timeout = 30

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        if address.path in _FILES:
            name, content_type = _FILES[address.path]
            self._send(HTTPStatus.OK, (_FOLDER / name).read_bytes(), content_type)
        elif address.path == "/inbox.json":
            self._json(HTTPStatus.OK, self._inbox(query.get("to", "")))
        elif found := _RAW_MAIL.match(address.path):
            raw = self._store.raw_mail(found[1])
            if raw is None:
                self._refuse(Refusal(20404, address.path))
            else:
                self._send(HTTPStatus.OK, raw, "text/plain; charset=utf-8")
        elif address.path == "/_control":
            self._json(HTTPStatus.OK, control.state(self._store))
        elif page := gateways.answer(self.path, b"", self.headers.get("Authorization", "")):
            self._json(*page)
        elif found := _MESSAGES.match(address.path):
            if self._may(found[1]):
                self._show(found[2]) if found[2] else self._list(query)
        else:
            self._refuse(Refusal(20404, address.path))

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        path = urlsplit(self.path).path
        if path == "/_control":
            self._control(body)
        elif page := gateways.answer(self.path, body, self.headers.get("Authorization", "")):
            self._json(*page)
        elif (found := _MESSAGES.match(path)) and not found[2]:
            if self._may(found[1]):
                self._create(dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))
        else:
            self._refuse(Refusal(20404, path))

    @property
    def _store(self) -> Store:
        return self.server.store

    def _inbox(self, to: str) -> dict[str, object]:
        """What `to` received by SMS or by e-mail; "": everybody. A "+" that was not escaped arrives as a space."""
        if "@" in to:
            return wire.inbox((), self._store.mails(recipient=to.strip().replace(" ", "+").lower(), limit=_INBOX_SIZE))
        if phone := to.strip().removeprefix("+"):
            return wire.inbox(self._store.list(recipient=f"+{phone}", limit=_INBOX_SIZE), ())
        return wire.inbox(self._store.list(limit=_INBOX_SIZE), self._store.mails(limit=_INBOX_SIZE))

    def _create(self, form: Mapping[str, str]) -> None:
        fault = self._store.take_fault(form.get("To", ""), anyone=True)
        if fault is not None and self._fails_before(fault):
            return
        refusal = rules.check(form)
        if refusal is not None:
            self._refuse(refusal)
            return
        stored = self._take(form)
        if fault is not None and fault.kind == "drop_after_accept":
            self._drop()
        elif fault is not None and fault.kind == "error_500_after_accept":
            self._refuse(Refusal(20500))
        else:
            self._json(HTTPStatus.CREATED, wire.message(stored, account_sid=self.server.account_sid))

    def _fails_before(self, fault: Fault) -> bool:
        """Plays a fault that comes before the message is taken; whether that was the answer."""
        if fault.kind == "delay":
            time.sleep(fault.options.get("seconds", 1.0))
        elif fault.kind == "drop_before_accept":
            self._drop()
            return True
        elif fault.kind == "refuse":
            self._refuse(Refusal(int(fault.options.get("code", 21610))))
            return True
        elif code := _NOT_TAKEN.get(fault.kind):
            retry_after = fault.options.get("retry_after")
            self._refuse(Refusal(code), {} if retry_after is None else {"Retry-After": f"{retry_after:.0f}"})
            return True
        return False

    def _take(self, form: Mapping[str, str]) -> Stored:
        now = time.time()
        return self._store.add(
            {
                "sid": f"SM{secrets.token_hex(16)}",
                "recipient": form["To"],
                "sender": form.get("From") or rules.GOOD_MAGIC,
                "service_sid": form.get("MessagingServiceSid"),
                "body": form["Body"],
                "segments": size(form["Body"]).segments,
                "status": "queued",
                "callback_url": form.get("StatusCallback") or None,
                "created": now,
                "updated": now,
                "due": self.server.carrier.first_due(now),
            }
        )

    def _show(self, sid: str) -> None:
        stored = self._store.find(sid)
        if stored is None:
            self._refuse(Refusal(20404, urlsplit(self.path).path))
        else:
            self._json(HTTPStatus.OK, wire.message(stored, account_sid=self.server.account_sid))

    def _list(self, query: Mapping[str, str]) -> None:
        limit = min(max(_number(query.get("PageSize"), 50), 1), _LARGEST_PAGE)
        sent_from, sent_before = _sent_between(query)
        found = self._store.list(
            recipient=query.get("To") or None,
            sender=query.get("From") or None,
            sent_from=sent_from,
            sent_before=sent_before,
            before=_number(query.get("PageToken", "").removeprefix("PA"), 0) or None,
            limit=limit + 1,
        )
        shown, number = found[:limit], _number(query.get("Page"), 0)
        next_uri = None
        if len(found) > limit:
            more = dict(query) | {
                "PageSize": str(limit),
                "Page": str(number + 1),
                "PageToken": f"PA{shown[-1].position}",
            }
            next_uri = f"{urlsplit(self.path).path}?{urlencode(more)}"
        account_sid = self.server.account_sid
        self._json(
            HTTPStatus.OK,
            wire.page(shown, account_sid=account_sid, number=number, size=limit, uri=self.path, next_uri=next_uri),
        )

    def _control(self, body: bytes) -> None:
        # A page in a browser cannot send this type to another origin without asking, and nobody answers that.
        if self.headers.get_content_type() != "application/json":
            self._json(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, {"message": "send application/json"})
            return
        try:
            control.obey(self._store, control.Order.model_validate_json(body))
        except ValidationError as error:
            self._json(HTTPStatus.BAD_REQUEST, {"message": str(error)})
            return
        self._json(HTTPStatus.OK, control.state(self._store))

    def _may(self, account_sid: str) -> bool:
        scheme, _, encoded = self.headers.get("Authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            given = b""
        known = scheme.lower() == "basic" and hmac.compare_digest(given, self.server.credentials)
        if not known or account_sid != self.server.account_sid:
            self._refuse(Refusal(20003), {"WWW-Authenticate": 'Basic realm="Twilio API"'})
            return False
        return True

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and int(length) <= _MAX_REQUEST):
            self.close_connection = True
            self._json(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"message": f"at most {_MAX_REQUEST} bytes, with their length"}
            )
            return None
        return self.rfile.read(int(length))

    def _refuse(self, refusal: Refusal, headers: Mapping[str, str] | None = None) -> None:
        self._json(refusal.status, refusal.body, headers)

    def _json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, json.dumps(value, ensure_ascii=False).encode(), "application/json; charset=utf-8", headers)

    def _send(self, status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        fixed = {
            "Content-Type": content_type,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
        }
        for name, value in (fixed | dict(headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drop(self) -> None:
        """Ends the connection as a broken line does."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing of each request: the inbox shows what came."""


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default


def _sent_between(query: Mapping[str, str]) -> tuple[float | None, float | None]:
    """The moments between which Twilio's DateSent filters want messages sent; whole days in GMT."""
    day = _day(query.get("DateSent"))
    if day is not None:
        return day, day + timedelta(days=1).total_seconds()
    last = _day(query.get("DateSent<"))
    return _day(query.get("DateSent>")), None if last is None else last + timedelta(days=1).total_seconds()


def _day(text: str | None) -> float | None:
    try:
        day = date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
