"""Twilio's JSON shapes."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.sms_sandbox.store import Mail, Stored

API_VERSION = "2010-04-01"
_ERROR_MESSAGES = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
}


def message(stored: Stored, *, account_sid: str) -> dict[str, object]:
    """A Message resource."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{stored.sid}"
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "body": stored.body,
        "date_created": _rfc2822(stored.created),
        "date_sent": _rfc2822(stored.sent),
        "date_updated": _rfc2822(stored.updated),
        "direction": "outbound-api",
        "error_code": stored.error_code,
        "error_message": _ERROR_MESSAGES.get(stored.error_code) if stored.error_code else None,
        "from": stored.sender,
        "messaging_service_sid": stored.service_sid,
        "num_media": "0",
        "num_segments": str(stored.segments),
        "price": None,
        "price_unit": "USD",
        "sid": stored.sid,
        "status": stored.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": stored.recipient,
        "uri": f"{uri}.json",
    }


def page(
    shown: Sequence[Stored], *, account_sid: str, number: int, size: int, uri: str, next_uri: str | None
) -> dict[str, object]:
    """One page of a list of messages. `number` counts from 0."""
    start = number * size
    return {
        "messages": [message(stored, account_sid=account_sid) for stored in shown],
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(len(shown) - 1, 0),
        "uri": uri,
        "first_page_uri": f"/{API_VERSION}/Accounts/{account_sid}/Messages.json?PageSize={size}&Page=0",
        "next_page_uri": next_uri,
        "previous_page_uri": None,
    }


def report(stored: Stored, status: str, error_code: int | None, *, account_sid: str, now: float) -> dict[str, str]:
    """The form of a status callback."""
    form = {
        "AccountSid": account_sid,
        "ApiVersion": API_VERSION,
        "From": stored.sender,
        "MessageSid": stored.sid,
        "MessageStatus": status,
        "SmsSid": stored.sid,
        "SmsStatus": status,
        "To": stored.recipient,
    }
    if stored.service_sid:
        form["MessagingServiceSid"] = stored.service_sid
    if error_code:
        form["ErrorCode"] = str(error_code)
    if status == "delivered":
        form["RawDlrDoneDate"] = datetime.fromtimestamp(now, UTC).strftime("%y%m%d%H%M")
    return form


def inbox(texts: Sequence[Stored], mails: Sequence[Mail]) -> dict[str, object]:
    """What the inbox page shows, newest first; times are ISO 8601."""
    dated = [(stored.created, _text(stored)) for stored in texts] + [(mail.created, _mail(mail)) for mail in mails]
    return {"messages": [shown for _, shown in sorted(dated, key=lambda entry: entry[0], reverse=True)]}


def _text(stored: Stored) -> dict[str, object]:
    return {
        "sid": stored.sid,
        "channel": "sms",
        "to": stored.recipient,
        "from": stored.sender,
        "subject": "",
        "body": stored.body,
        "status": stored.status,
        "error_code": stored.error_code,
        "segments": stored.segments,
        "time": _iso8601(stored.created),
    }


def _mail(mail: Mail) -> dict[str, object]:
    return {
        "sid": mail.sid,
        "channel": "email",
        "to": mail.recipient,
        "from": mail.sender,
        "subject": mail.subject,
        "body": mail.body,
        "message_id": mail.message_id,
        "status": "delivered",
        "error_code": None,
        "segments": 0,
        "time": _iso8601(mail.created),
    }


def _iso8601(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _rfc2822(seconds: float | None) -> str | None:
    return None if seconds is None else format_datetime(datetime.fromtimestamp(seconds, UTC))
