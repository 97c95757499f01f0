"""Twilio: its SDK over a transport of ours that tells apart what the SDK does not: whether a failed call had left."""

from __future__ import annotations

import logging
import ssl
import unicodedata
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from twilio.base.exceptions import (  # type: ignore[import-untyped] # the SDK ships no types
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.response import Response  # type: ignore[import-untyped] # as above
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped] # as above
from twilio.rest import Client  # type: ignore[import-untyped] # as above

from services.notification.clients.provider import ProviderAway
from services.notification.domain.delivery import Accepted, Busy, NoAnswer, NotReached, Outcome, Refused
from services.notification.domain.errors import CallbackSignatureInvalid
from services.notification.domain.message import DeliveryError, Fault, MessageState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.notification.config import NotificationSettings

_LOG = logging.getLogger(__name__)

# Seconds; together well below the least settling time, so that no call is under way when its fate is looked up.
_TIMEOUT = httpx.Timeout(connect=3.0, write=3.0, read=8.0, pool=2.0)
# How far Twilio's clock may be behind ours.
_SKEW = timedelta(minutes=2)
# More messages than any phone gets within the time that is looked at.
_LOOK_UP_LIMIT = 200

_STATES = {
    "accepted": MessageState.ACCEPTED,
    "scheduled": MessageState.ACCEPTED,
    "queued": MessageState.ACCEPTED,
    "sending": MessageState.ACCEPTED,
    "sent": MessageState.SENT,
    "partially_delivered": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}

# https://www.twilio.com/docs/api/errors
_FAULTS = {
    21211: Fault.NUMBER_INVALID,
    21212: Fault.SENDER,
    21265: Fault.NUMBER_INVALID,
    21408: Fault.DESTINATION_NOT_ALLOWED,
    21603: Fault.SENDER,
    21606: Fault.SENDER,
    21608: Fault.DESTINATION_NOT_ALLOWED,
    21610: Fault.OPTED_OUT,
    21611: Fault.PROVIDER_BUSY,
    21612: Fault.DESTINATION_NOT_ALLOWED,
    21614: Fault.NOT_MOBILE,
    30001: Fault.PROVIDER_BUSY,
    30002: Fault.SENDER,
    30003: Fault.UNREACHABLE,
    30004: Fault.OPTED_OUT,
    30005: Fault.NUMBER_INVALID,
    30006: Fault.NOT_MOBILE,
    30007: Fault.FILTERED,
    30008: Fault.UNREACHABLE,
    30034: Fault.FILTERED,
}


class _NeverLeft(Exception):
    """No connection: Twilio has seen nothing."""


class _Later(Exception):
    """Twilio answered that it did not take the request, for a reason that may pass."""

    def __init__(self, error: DeliveryError, retry_after: timedelta | None) -> None:
        super().__init__(error)
        self.error = error
        self.retry_after = retry_after


class _Unclear(Exception):
    """The request left, and no answer says what became of it."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(code)
        self.error = DeliveryError(Fault.NO_ANSWER, code)


class _Transport:
    """What the SDK calls in place of its own HTTP client, which would also write phone numbers to the log."""

    is_async = False

    def __init__(self, *, api_url: str, ca_file: str) -> None:
        self._origin = httpx.URL(api_url) if api_url else None
        # A stand-in is next door: a proxy of the environment is for Twilio itself.
        verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._http = httpx.Client(timeout=_TIMEOUT, verify=verify, trust_env=not api_url)

    def request(  # noqa: PLR0917 - the SDK's signature
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 - one set of timeouts for all
        allow_redirects: bool = False,  # noqa: ARG002, FBT002 - the SDK's signature; it never follows any
    ) -> Any:
        url = httpx.URL(uri)
        if self._origin is not None:
            url = url.copy_with(scheme=self._origin.scheme, host=self._origin.host, port=self._origin.port)
        try:
            answer = self._http.request(method, url, params=params, data=data, headers=headers, auth=auth)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise _NeverLeft from error
        except httpx.HTTPError as error:
            raise _Unclear from error
        _raise_for(answer)
        return Response(answer.status_code, answer.text, answer.headers)

    def close(self) -> None:
        self._http.close()


def _raise_for(answer: httpx.Response) -> None:
    """Sorts the answers that are neither success nor a refusal for good."""
    status = answer.status_code
    if status in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
        raise _Later(DeliveryError(Fault.PROVIDER_BUSY, _code(answer)), _retry_after(answer))
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        # Our account is at fault, not the message: it goes out once an operator has put that right.
        raise _Later(DeliveryError(Fault.SENDER, _code(answer)), timedelta(minutes=1))
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        # An error inside Twilio, or of a proxy before it, does not say whether the message was taken.
        raise _Unclear(_code(answer))


def _code(answer: httpx.Response) -> int:
    try:
        code = answer.json()["code"]
    except (ValueError, KeyError, TypeError):
        return 0
    return code if isinstance(code, int) else 0


def _retry_after(answer: httpx.Response) -> timedelta | None:
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value), 86_400))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(moment.astimezone(UTC) - datetime.now(UTC), timedelta(0))


class TwilioProvider:
    """Sends through Twilio's Programmable Messaging. Safe to share between threads."""

    def __init__(self, settings: NotificationSettings) -> None:
        self._transport = _Transport(api_url=settings.twilio_api_url, ca_file=settings.twilio_ca_file)
        self._client = Client(
            settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value(), http_client=self._transport
        )
        is_service = settings.sms_from.startswith("MG")
        self._sender = {"messaging_service_sid" if is_service else "from_": settings.sms_from}

    def send(self, *, phone: str, text: str, callback_url: str) -> Outcome:
        """Hands one message over."""
        try:
            created = self._client.messages.create(to=phone, body=text, status_callback=callback_url, **self._sender)
            return _accepted(created.sid, created.status, created.error_code)
        except _NeverLeft:
            return NotReached()
        except _Later as later:
            return Busy(later.error, later.retry_after)
        except _Unclear as unclear:
            return NoAnswer(unclear.error)
        except (TwilioRestException, TwilioServiceException) as refusal:
            return Refused(_error(refusal.code))
        except Exception as error:  # noqa: BLE001 - an answer that cannot be read: the message may be on its way
            _LOG.exception("answer not understood", extra={"why": type(error).__name__})
            return NoAnswer(DeliveryError(Fault.NO_ANSWER))

    def find(self, *, phone: str, text: str, since: datetime) -> Sequence[Accepted]:
        """All messages with this text that Twilio was handed for this phone since then."""
        wanted = _comparable(text)
        try:
            # Not filtered by date: that filter goes by the date of sending, which a message still queued does not have.
            return [
                _accepted(found.sid, found.status, found.error_code)
                for found in self._client.messages.stream(to=phone, limit=_LOOK_UP_LIMIT, page_size=_LOOK_UP_LIMIT)
                if str(found.direction).startswith("outbound")
                and (found.date_created is None or found.date_created >= since - _SKEW)
                and _comparable(found.body or "").endswith(wanted)
            ]
        except (_NeverLeft, _Later, _Unclear, TwilioException, ValueError) as error:
            raise ProviderAway(type(error).__name__) from error

    def close(self) -> None:
        """Ends the connections to Twilio."""
        self._transport.close()


class TwilioReports:
    """Reads status callbacks."""

    def __init__(self, settings: NotificationSettings) -> None:
        self._validator = RequestValidator(settings.twilio_auth_token.get_secret_value())
        self._account_sid = settings.twilio_account_sid
        self._origin = settings.public_url

    def read(self, *, path: str, signature: str, form: bytes) -> Accepted | None:
        """What the report says, once its signature has been checked over the address that Twilio called."""
        if not path.startswith("/") or urlsplit(path).netloc:
            raise CallbackSignatureInvalid
        try:
            fields = dict(parse_qsl(form.decode("utf-8"), keep_blank_values=True, max_num_fields=100))
        except ValueError as error:
            raise CallbackSignatureInvalid from error
        if not self._validator.validate(self._origin + path, fields, signature):
            raise CallbackSignatureInvalid
        sid = fields.get("MessageSid", "")
        if fields.get("AccountSid") != self._account_sid or not sid:
            raise CallbackSignatureInvalid
        status = fields.get("MessageStatus", "")
        if status not in _STATES:
            return None
        code = fields.get("ErrorCode", "")
        return _accepted(sid, status, int(code) if code.isascii() and code.isdigit() else None)


def _accepted(sid: str, status: str, code: int | None) -> Accepted:
    state = _STATES.get(status, MessageState.ACCEPTED)
    failed = state in {MessageState.UNDELIVERED, MessageState.FAILED}
    return Accepted(sid, state, _error(code) if failed else None)


def _error(code: int | None) -> DeliveryError:
    return DeliveryError(_FAULTS.get(code or 0, Fault.OTHER), code or 0)


def _comparable(text: str) -> str:
    """Letters, digits and marks alone: Twilio may put other quotes and spaces into a text, or words before it."""
    folded = unicodedata.normalize("NFKD", text)
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LNM")
