"""What Twilio takes and what it refuses: its error codes, its magic numbers, its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import phonenumbers

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BODY = 1_600

# Code → HTTP status and message. https://www.twilio.com/docs/api/errors
_ERRORS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource {detail} was not found"),
    20429: (429, "Too many requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' Phone Number: {detail}"),
    21212: (400, "Invalid From Number: {detail}"),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {detail}",
    ),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number provided ({detail}) is not a valid message-capable Twilio phone number."),
    21608: (400, "The number {detail} is unverified. Trial accounts cannot send messages to unverified numbers."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "Message cannot be sent with the current combination of 'To' ({detail}) and 'From' parameters"),
    21614: (400, "'To' number: {detail}, is not a mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}

# The numbers that Twilio's test credentials react to, and what they provoke.
_MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
_MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
GOOD_MAGIC = "+15005550006"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Twilio's answer to a request that it does not take."""

    code: int
    detail: str = ""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return _ERRORS.get(self.code, (400, ""))[0]

    @property
    def body(self) -> dict[str, object]:
        """The JSON that goes with it."""
        _, message = _ERRORS.get(self.code, (400, "Refused"))
        return {
            "code": self.code,
            "message": message.format(detail=self.detail),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def check(form: Mapping[str, str]) -> Refusal | None:
    """Why the message in `form` is refused; None if it is taken."""
    to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    if not to:
        return Refusal(21604)
    if not sender and not form.get("MessagingServiceSid"):
        return Refusal(21603)
    if not body:
        return Refusal(21602)
    if len(body) > MAX_BODY:
        return Refusal(21617)
    code = _MAGIC_FROM.get(sender)
    if code:
        return Refusal(code, sender)
    code = _MAGIC_TO.get(to) or (None if to == GOOD_MAGIC or _is_possible(to) else 21211)
    return Refusal(code, to) if code else None


def _is_possible(number: str) -> bool:
    try:
        return number.startswith("+") and phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
