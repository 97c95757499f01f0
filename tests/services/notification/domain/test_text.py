"""Segments by the standard's own limits."""

from __future__ import annotations

import pytest

from services.notification.domain.text import Encoding, Size, is_gsm7, one_line, size


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("", Encoding.GSM7, 1),
        ("a" * 160, Encoding.GSM7, 1),
        ("a" * 161, Encoding.GSM7, 2),
        ("a" * 306, Encoding.GSM7, 2),
        ("a" * 307, Encoding.GSM7, 3),
        # The euro sign is two septets.
        ("€" * 80, Encoding.GSM7, 1),
        ("€" * 81, Encoding.GSM7, 2),
        # 153 is odd: a euro sign is not split over two segments.
        ("a" * 152 + "€" + "a" * 100, Encoding.GSM7, 2),
        ("€" * 153, Encoding.GSM7, 3),
        ("Äö å ñ @", Encoding.GSM7, 1),
        ("₹", Encoding.UCS2, 1),
        ("न" * 70, Encoding.UCS2, 1),
        ("न" * 71, Encoding.UCS2, 2),
        ("न" * 134, Encoding.UCS2, 2),
        ("न" * 135, Encoding.UCS2, 3),
        # An emoji is two code units and is not split either.
        ("😀" * 35, Encoding.UCS2, 1),
        ("😀" * 36, Encoding.UCS2, 2),
        ("😀" * 67, Encoding.UCS2, 3),
        # One character outside GSM-7 takes the whole text along.
        ("a" * 71 + "ç", Encoding.UCS2, 2),
    ],
)
def test_size(text: str, encoding: Encoding, segments: int) -> None:
    assert size(text) == Size(encoding, segments)


def test_the_capital_cedilla_is_in_gsm7_and_the_small_one_is_not() -> None:
    assert is_gsm7("Ç")
    assert not is_gsm7("ç")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Mehta \t Stores ", "Mehta Stores"),
        ("Mehta\r\nStores", "Mehta Stores"),
        ("Mehta\u2028Stores\u00a0Ltd", "Mehta Stores Ltd"),
        # Direction override, zero width space and escape are gone; the joiner that spells a word stays.
        ("abc\u202egnp\u200b\x1b[31m", "abcgnp [31m"),
        ("क्\u200dष", "क्\u200dष"),
        ("x" * 41, "x" * 37 + "..."),
        ("x" * 40, "x" * 40),
    ],
)
def test_one_line(value: str, expected: str) -> None:
    assert one_line(value, longest=40) == expected
