"""Amounts in words."""

from __future__ import annotations

import pytest

from services.billing.documents.spelling import spell
from services.kit.money import Money


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (0, "Rupees Zero Only"),
        (100, "Rupees One Only"),
        (1950, "Rupees Nineteen and Paise Fifty Only"),
        (11_800_000, "Rupees One Lakh Eighteen Thousand Only"),
        (10_000_000_00, "Rupees One Crore Only"),
        (
            12_34_56_789_01,
            "Rupees Twelve Crore Thirty-Four Lakh Fifty-Six Thousand Seven Hundred Eighty-Nine and Paise One Only",
        ),
        (1_00_000_00_00_000_00, "Rupees One Lakh Crore Only"),
    ],
)
def test_rupees_in_lakh_and_crore(minor: int, words: str) -> None:
    assert spell(Money(minor, "INR"), language="en", indian=True, currency_name="Indian Rupee") == words


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (100, "एक रुपये मात्र"),
        (11_800_050, "एक लाख अठारह हज़ार रुपये पचास पैसे मात्र"),
        (99_99_999_99, "निन्यानवे लाख निन्यानवे हज़ार नौ सौ निन्यानवे रुपये निन्यानवे पैसे मात्र"),
    ],
)
def test_rupees_in_hindi(minor: int, words: str) -> None:
    assert spell(Money(minor, "INR"), language="hi", indian=True, currency_name="Indian Rupee") == words


def test_other_currencies_have_their_own_parts() -> None:
    euros = spell(Money(1_234_567_89, "EUR"), language="en", indian=False, currency_name="Euro")
    assert euros == ("Euro: One Million Two Hundred Thirty-Four Thousand Five Hundred Sixty-Seven and 89/100 Only")
    dinars = spell(Money(1_005, "KWD"), language="en", indian=False, currency_name="Kuwaiti Dinar")
    assert dinars == "Kuwaiti Dinar: One and 5/1000 Only"
    assert spell(Money(12, "JPY"), language="en", indian=False, currency_name="Yen") == "Yen: Twelve Only"


def test_what_nobody_can_spell_is_left_out() -> None:
    assert spell(Money(100, "EUR"), language="fi", indian=False, currency_name="Euro") == ""
    assert spell(Money(100, "INR"), language="ta", indian=True, currency_name="Indian Rupee") == "Rupees One Only"
