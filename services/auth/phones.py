"""Telephone numbers: text to `Phone`."""

from __future__ import annotations

import phonenumbers

from services.auth.domain.errors.people import PhoneInvalid
from services.auth.domain.names import Phone


def parse(text: str, *, field: str) -> Phone:
    """The number in `text`, which is E.164. Raises PhoneInvalid, naming `field`, if it cannot exist."""
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid(field) from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneInvalid(field)
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
