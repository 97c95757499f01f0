"""Amounts spelt out, as they stand on Indian bills: in lakh and crore, and in Hindi too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit.money import exponent

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.kit.money import Money

_ONES = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
]
_TENS = ["_", "_", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"]
_HINDI = [
    "शून्य",
    "एक",
    "दो",
    "तीन",
    "चार",
    "पाँच",
    "छह",
    "सात",
    "आठ",
    "नौ",
    "दस",
    "ग्यारह",
    "बारह",
    "तेरह",
    "चौदह",
    "पंद्रह",
    "सोलह",
    "सत्रह",
    "अठारह",
    "उन्नीस",
    "बीस",
    "इक्कीस",
    "बाईस",
    "तेईस",
    "चौबीस",
    "पच्चीस",
    "छब्बीस",
    "सत्ताईस",
    "अट्ठाईस",
    "उनतीस",
    "तीस",
    "इकतीस",
    "बत्तीस",
    "तैंतीस",
    "चौंतीस",
    "पैंतीस",
    "छत्तीस",
    "सैंतीस",
    "अड़तीस",
    "उनतालीस",
    "चालीस",
    "इकतालीस",
    "बयालीस",
    "तैंतालीस",
    "चौवालीस",
    "पैंतालीस",
    "छियालीस",
    "सैंतालीस",
    "अड़तालीस",
    "उनचास",
    "पचास",
    "इक्यावन",
    "बावन",
    "तिरपन",
    "चौवन",
    "पचपन",
    "छप्पन",
    "सत्तावन",
    "अट्ठावन",
    "उनसठ",
    "साठ",
    "इकसठ",
    "बासठ",
    "तिरसठ",
    "चौंसठ",
    "पैंसठ",
    "छियासठ",
    "सड़सठ",
    "अड़सठ",
    "उनहत्तर",
    "सत्तर",
    "इकहत्तर",
    "बहत्तर",
    "तिहत्तर",
    "चौहत्तर",
    "पचहत्तर",
    "छिहत्तर",
    "सतहत्तर",
    "अठहत्तर",
    "उनासी",
    "अस्सी",
    "इक्यासी",
    "बयासी",
    "तिरासी",
    "चौरासी",
    "पचासी",
    "छियासी",
    "सत्तासी",
    "अट्ठासी",
    "नवासी",
    "नब्बे",
    "इक्यानवे",
    "बानवे",
    "तिरानवे",
    "चौरानवे",
    "पचानवे",
    "छियानवे",
    "सत्तानवे",
    "अट्ठानवे",
    "निन्यानवे",
]
_HUNDRED = 100
_INDIAN_SCALES = ((10_000_000, "Crore"), (100_000, "Lakh"), (1000, "Thousand"), (100, "Hundred"))
_WESTERN_SCALES = ((10**12, "Trillion"), (10**9, "Billion"), (10**6, "Million"), (1000, "Thousand"), (100, "Hundred"))
_HINDI_SCALES = ((10_000_000, "करोड़"), (100_000, "लाख"), (1000, "हज़ार"), (100, "सौ"))
# Languages of India that nothing here spells: English is what the law's forms use.
_ENGLISH_TOO = frozenset(("en", "ta", "te", "kn", "ml", "bn", "mr", "gu", "pa", "or"))


def spell(money: Money, *, language: str, indian: bool, currency_name: str) -> str:
    """An amount that is not negative, in words; empty in a language that nothing here spells.

    `indian`: in lakh and crore rather than in millions. `currency_name` in English, singular or plural as Babel has it.
    """
    unit = 10 ** exponent(money.currency)
    whole, part = divmod(money.minor, unit)
    if language == "hi" and money.currency == "INR":
        paise = f" {_hindi(part)} पैसे" if part else ""
        return f"{_hindi(whole)} रुपये{paise} मात्र"
    if language not in {*_ENGLISH_TOO, "hi"}:
        return ""
    words = _english(whole, _INDIAN_SCALES if indian else _WESTERN_SCALES)
    if money.currency == "INR":
        paise = f" and Paise {_english(part, _INDIAN_SCALES)}" if part else ""
        return f"Rupees {words}{paise} Only"
    return f"{currency_name}: {words}{f' and {part}/{unit}' if part else ''} Only"


def _english(number: int, scales: tuple[tuple[int, str], ...]) -> str:
    def below_hundred(rest: int) -> str:
        if rest < len(_ONES):
            return _ONES[rest]
        tens, ones = divmod(rest, 10)
        return f"{_TENS[tens]}-{_ONES[ones]}" if ones else _TENS[tens]

    return _scaled(number, scales, below_hundred)


def _hindi(number: int) -> str:
    return _scaled(number, _HINDI_SCALES, _HINDI.__getitem__)


def _scaled(number: int, scales: tuple[tuple[int, str], ...], below_hundred: Callable[[int], str]) -> str:
    """Counts in the scales, the greatest first; a count above a hundred is itself counted in them."""
    if number < _HUNDRED:
        return below_hundred(number)
    for size, name in scales:
        if number >= size:
            count, rest = divmod(number, size)
            said = f"{_scaled(count, scales, below_hundred)} {name}"
            return f"{said} {_scaled(rest, scales, below_hundred)}" if rest else said
    raise LookupError("the scales end at a hundred")
