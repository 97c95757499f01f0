"""Amounts, dates and names as they are printed."""

from __future__ import annotations

from datetime import date

import pytest

from services.billing.documents.formats import Formats, breakable
from services.kit.money import Money
from tests.services.billing.documents import samples


@pytest.mark.parametrize(
    ("locale", "money", "with_currency", "alone"),
    [
        ("en-IN", Money(11_800_000, "INR"), "₹1,18,000.00", "1,18,000.00"),
        ("hi-IN", Money(11_800_000, "INR"), "₹1,18,000.00", "1,18,000.00"),
        ("en-IN", Money(-100, "INR"), "−₹1.00", "−1.00"),
        ("fi-FI", Money(125_550, "EUR"), "1\u00a0255,50\u00a0€", "1\u00a0255,50"),
        ("en-US", Money(1_234, "JPY"), "¥1,234", "1,234"),
        ("en-US", Money(1_234_567, "KWD"), "KWD\u00a01,234.567", "1,234.567"),
        ("xx-YY", Money(100, "INR"), "₹1.00", "1.00"),
    ],
)
def test_amounts(locale: str, money: Money, with_currency: str, alone: str) -> None:
    formats = Formats(locale)
    assert (formats.money(money), formats.number(money)) == (with_currency, alone)


def test_digits_are_those_of_the_numbers_on_the_bill() -> None:
    # Marathi and Bengali have digits of their own; amounts and bank apps show Latin ones.
    for locale in ("mr-IN", "bn-IN", "ta-IN"):
        assert Formats(locale).number(Money(123_456, "INR")) == "1,234.56"


def test_dates_and_quantities() -> None:
    assert Formats("hi-IN").date(date(2026, 6, 1)) == "1 जून 2026"
    formats = Formats("fi-FI")
    assert formats.quantity(samples.line(quantity="1.250", unit="KGM")) == "1,25\u00a0kg"
    assert formats.quantity(samples.line(quantity="3", unit="EA")) == "3"
    assert formats.quantity(samples.line(quantity="3", unit="BX")) == "3\u00a0BX"


def test_long_words_can_be_broken_and_others_are_left_alone() -> None:
    assert breakable("Basmati rice, 5 kg") == "Basmati rice, 5 kg"
    long = breakable("a" * 40)
    assert long.replace("\u200b", "") == "a" * 40
    assert max(map(len, long.split("\u200b"))) <= 18


def test_no_place_to_break_inside_a_syllable() -> None:
    pieces = breakable("क्षत्रिय" * 10).split("\u200b")
    assert "".join(pieces) == "क्षत्रिय" * 10
    for piece in pieces[1:]:
        assert piece[0] not in "्िीुूेैोौंा"
    assert not any(piece.endswith("्") for piece in pieces[:-1])


def test_control_characters_are_spaces() -> None:
    assert breakable("a\x00b\x1bc\ud800") == "a b c "
