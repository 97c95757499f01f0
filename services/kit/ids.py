"""Identifiers: UUIDv7 inside, `prefix_` and 26 characters of base32 outside.

UUIDv7 (RFC 9562) sorts by time, which keeps B-trees dense. The text is Crockford's base32 in lower case, most
significant character first, so texts sort as the ids do.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from datetime import datetime

    from services.kit.clock import Clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_LENGTH = 26
_UUID_BITS = 128


class InvalidId(ValueError):
    """The text is no identifier of this kind."""


class Ids(Protocol):
    """Makes identifiers."""

    def new(self) -> UUID:
        """A UUIDv7 never made before."""
        ...


class TimeOrderedIds:
    """UUIDv7 from a clock: 48 bits of milliseconds, 74 random bits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def new(self) -> UUID:
        """A UUIDv7 of the present moment."""
        return at(self._clock.now())


def at(moment: datetime) -> UUID:
    """A UUIDv7 of `moment`."""
    milliseconds = int(moment.timestamp() * 1000)
    random = secrets.randbits(74)
    return UUID(
        int=(milliseconds << 80) | (0x7 << 76) | ((random >> 62) << 64) | (0b10 << 62) | (random & (1 << 62) - 1)
    )


def to_text(prefix: str, value: UUID) -> str:
    """`prefix`, an underscore and 26 characters."""
    number = value.int
    characters = [_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(characters)}"


def from_text(prefix: str, text: str) -> UUID:
    """The id in `text`; raises InvalidId unless it is exactly what `to_text` makes with this prefix."""
    head, separator, tail = text.partition("_")
    if head != prefix or not separator or len(tail) != _LENGTH:
        raise InvalidId(text)
    number = 0
    for character in tail:
        value = _VALUES.get(character)
        if value is None:
            raise InvalidId(text)
        number = number << 5 | value
    if number >> _UUID_BITS:
        raise InvalidId(text)
    return UUID(int=number)
