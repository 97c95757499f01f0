"""What a password must be."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from services.auth.domain.errors.people import PasswordTooWeak

if TYPE_CHECKING:
    from services.auth.domain.names import Phone

MIN_CHARACTERS = 8
MAX_BYTES = 1024
# Digits of the phone number that must not be most of the password.
_PHONE_TAIL = 7
_MIN_DIFFERENT = 4


def prepare(password: str) -> str:
    """The form that is hashed: the same keys give the same password on every keyboard (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", password)


def check(password: str, *, field: str) -> None:
    """Raises PasswordTooWeak, naming `field`, for what is too short, too long or too easy to guess of anyone."""
    prepared = prepare(password)
    folded = prepared.casefold()
    if len(prepared) < MIN_CHARACTERS:
        raise PasswordTooWeak(field, f"must have at least {MIN_CHARACTERS} characters")
    if len(prepared.encode()) > MAX_BYTES:
        raise PasswordTooWeak(field, f"must have at most {MAX_BYTES} bytes of UTF-8")
    if len(set(folded)) < _MIN_DIFFERENT:
        raise PasswordTooWeak(field, f"must have at least {_MIN_DIFFERENT} different characters")
    if any(folded in run for run in _RUNS):
        raise PasswordTooWeak(field, "must not be a run along the keyboard or the alphabet")


def check_of(password: str, *, phone: Phone, display_name: str, email: str, field: str) -> None:
    """Raises PasswordTooWeak, naming `field`, for what is too easy to guess of this person."""
    folded = prepare(password).casefold()
    if folded.isdigit() and phone.e164[-_PHONE_TAIL:] in folded:
        raise PasswordTooWeak(field, "must not be the phone number")
    if folded == prepare(display_name).casefold():
        raise PasswordTooWeak(field, "must not be the name")
    if folded == prepare(email).casefold():
        raise PasswordTooWeak(field, "must not be the e-mail address")


_ROWS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
_RUNS = tuple(run for row in _ROWS for run in (row, row[::-1]))
