"""What a text costs: the alphabet it needs and the segments it takes, by 3GPP TS 23.038 and TS 23.040."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

# The GSM 7-bit default alphabet. Code point 0x1B is the escape to the extension.
_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Its extension: an escape and a character, so two septets.
_GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")
# A text of several segments gives 6 octets of each to a header that joins them again.
_SEPTETS_ALONE, _SEPTETS_JOINED = 160, 153
_UNITS_ALONE, _UNITS_JOINED = 70, 67
_ELLIPSIS = "..."


class Encoding(StrEnum):
    """The alphabets of SMS."""

    GSM7 = "GSM7"
    UCS2 = "UCS2"


@dataclass(frozen=True, slots=True)
class Size:
    """How a text travels."""

    encoding: Encoding
    segments: int


def is_gsm7(text: str) -> bool:
    """Whether every character is in the GSM 7-bit alphabet or its extension."""
    return all(character in _GSM7 or character in _GSM7_EXTENSION for character in text)


def size(text: str) -> Size:
    """Alphabet and number of segments of `text`; an empty one takes one."""
    if is_gsm7(text):
        widths = [2 if character in _GSM7_EXTENSION else 1 for character in text]
        return Size(Encoding.GSM7, _segments(widths, alone=_SEPTETS_ALONE, joined=_SEPTETS_JOINED))
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]  # noqa: PLR2004 - past the basic plane
    return Size(Encoding.UCS2, _segments(widths, alone=_UNITS_ALONE, joined=_UNITS_JOINED))


def _segments(widths: list[int], *, alone: int, joined: int) -> int:
    """Fills segments in order; a character of two units is never split over two of them."""
    if sum(widths) <= alone:
        return 1
    count, used = 1, 0
    for width in widths:
        if used + width > joined:
            count, used = count + 1, 0
        used += width
    return count


def one_line(value: str, *, longest: int) -> str:
    """`value` fit to stand inside a text: no control or direction characters, single spaces, at most `longest` long."""
    visible = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Zs"} else c for c in value)
    # Format characters may turn the reading order or hide; the two joiners spell words in Indian scripts.
    plain = "".join(c for c in visible if unicodedata.category(c) not in {"Cf", "Co", "Cs"} or c in "\u200c\u200d")
    words = " ".join(plain.split())
    return words if len(words) <= longest else words[: longest - len(_ELLIPSIS)].rstrip() + _ELLIPSIS
