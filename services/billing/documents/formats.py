"""Amounts, dates, quantities and names as they are printed for a reader."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from services.billing.documents import spelling
from services.billing.documents.wording import in_language
from services.billing.domain.taxes import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from services.billing.domain.bill import LineTerms
    from services.kit.money import Money

# UN/ECE Recommendation 20 to what people write. Pieces need no unit; others are shown by their code.
_UNITS = {
    **dict.fromkeys(("EA", "C62", "H87", "NAR", "PCE"), ""),
    "KGM": "kg",
    "GRM": "g",
    "MGM": "mg",
    "TNE": "t",
    "LTR": "l",
    "MLT": "ml",
    "MTR": "m",
    "CMT": "cm",
    "MTK": "m²",
    "MTQ": "m³",
    "HUR": "h",
    "FOT": "ft",
    "INH": "in",
    "LBR": "lb",
    "ONZ": "oz",
}
_INDIAN = frozenset(("IN", "NP", "BD", "PK"))
# A word may be about so wide, small letters counting two and others three; beyond, there are places to break it.
_LONGEST_WORD = 36
_PIECE = 6
_BREAK = "\u200b"
# Characters that the one after them is bound to: joiners and viramas.
_BINDING = frozenset("\u200c\u200d\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d")


class Formats:
    """How things are written in one locale."""

    def __init__(self, locale: str) -> None:
        """`locale`: BCP 47; one that nobody knows is read as English."""
        self._locale = _parse(locale)
        self.language, self._words = in_language(self._locale.language)

    @property
    def words(self) -> Mapping[str, str]:
        """The fixed words of the language."""
        return self._words

    def money(self, money: Money) -> str:
        """With its currency: "₹1,18,000.00"."""
        text = format_currency(money.amount, money.currency, locale=self._locale)
        # Where a currency has no sign of its own, its code would cling to the digits.
        apart = re.sub(rf"{money.currency}(?=\d)", f"{money.currency}\u00a0", text)
        return _minus(apart)

    def number(self, money: Money) -> str:
        """Without its currency, for columns: "1,18,000.00"."""
        text = format_currency(money.amount, money.currency, format=_bare(self._locale), locale=self._locale)
        return _minus(text.strip())

    def date(self, day: date) -> str:
        """With the month in words, short."""
        return format_date(day, "medium", locale=self._locale)

    def quantity(self, terms: LineTerms) -> str:
        """With its unit: "1.25 kg"."""
        number = format_decimal(terms.quantity, locale=self._locale, decimal_quantization=False)
        unit = _UNITS.get(terms.unit_code, terms.unit_code)
        return f"{number}\u00a0{unit}" if unit else number

    def rate(self, rate: Decimal) -> str:
        """A percentage: "2.5%"."""
        return f"{plain(rate)}%"

    def in_words(self, money: Money) -> str:
        """The amount spelt out; empty if nobody here knows how in this language."""
        indian = self._locale.territory in _INDIAN
        return spelling.spell(money, language=self.language, indian=indian, currency_name=self._currency_name(money))

    def _currency_name(self, money: Money) -> str:
        names: Mapping[str, str] = Locale("en").currencies
        return names.get(money.currency, money.currency)


def breakable(text: str) -> str:
    """The text with places to break inside words that are wider than a column, and without control characters."""
    out: list[str] = []
    width = 0
    for character in text:
        category = unicodedata.category(character)
        if category in {"Cc", "Cs", "Co", "Cn"}:
            out.append(" ")
            width = 0
            continue
        if character.isspace() or character == "-":
            width = 0
        elif width >= _LONGEST_WORD and category[0] != "M" and category != "Cf" and out[-1] not in _BINDING:
            out.append(_BREAK)
            width = _LONGEST_WORD - _PIECE
        width += 2 if category == "Ll" else 3
        out.append(character)
    return "".join(out)


def _minus(text: str) -> str:
    """With the sign that is as wide as a plus, as some locales have it anyway."""
    return text.replace("-", "\u2212")


def _bare(locale: Locale) -> str:
    """The locale's pattern of amounts without the place for the currency."""
    pattern: str = locale.currency_formats["standard"].pattern
    return pattern.replace("\u00a4", "").replace("\u00a0", "").strip()


def _parse(name: str) -> Locale:
    try:
        return Locale.parse(name, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")
