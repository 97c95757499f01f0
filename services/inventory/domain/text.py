"""One spelling for what people write: case, accents, plurals, "5 Kg" and "0.5 kg" do not matter afterwards.

The catalogue's names and what is looked for go through the same function, so the two always meet.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Final

from services.inventory.domain import words

# Letters that carry their mark inside and do not decompose.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ł": "l", "þ": "th", "ð": "d", "\u0131": "i"})
_APOSTROPHES = re.compile("['`\u2019\u00b4\u02bc]")
_FRACTION_SLASH = "\u2044"
_THOUSANDTHS = re.compile(r"(?<=\d),(?=\d{1,3}(?!\d))")
_NUMBER_AND_UNIT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) ?([^\W\d_][\w\u0900-\u097f]*)")
_FRACTION_SIGNS: Final = {"½": " 1/2", "¼": " 1/4", "¾": " 3/4"}
_FRACTION = re.compile(r"(?<![\d./])(?:(\d+) )?(\d)/([248])(?![\d./])")

# The unit in which a measure is spelt, by UN/ECE code, and the larger one that takes over.
_SPELT: Final = {"GRM": ("g", 1), "KGM": ("g", 1000), "MLT": ("ml", 1), "LTR": ("ml", 1000), "MTR": ("m", 1)}
_LARGER: Final = {"g": ("kg", Decimal(1000)), "ml": ("l", Decimal(1000))}
# Endings in which a final s is no plural.
_NO_PLURAL: Final = ("ss", "us", "is")
_SHORTEST_PLURAL = 4


def normalise(text: str) -> str:
    """Words of `text` in their one spelling, separated by single blanks; may be empty.

    "Basmati Rice, 5 Kg" → "basmati rice 5kg"; "Crème" → "creme"; "Tomatoes" → "tomato"; "½ l" → "500ml".
    """
    return " ".join(_singular(word) for word in _glue_units(plain(text)).split())


def plain(text: str) -> str:
    """Lower case without accents and punctuation; numbers keep their decimal point; "1 1/2" becomes "1.5"."""
    for sign, written in _FRACTION_SIGNS.items():
        text = text.replace(sign, written)
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    folded = _THOUSANDTHS.sub(".", _APOSTROPHES.sub("", folded))
    characters = [_kept(folded, index) for index in range(len(folded))]
    return _FRACTION.sub(_decimal, " ".join("".join(characters).split()))


def spell_measure(amount: Decimal, unit: str) -> str | None:
    """An amount in its one spelling: 1.5 and "litre" → "1.5l", 0.5 and "kg" → "500g"; None if that is no unit."""
    if unit in words.STRENGTHS:
        return _number(amount) + unit
    factor, code = words.MEASURES.get(unit, (Decimal(0), ""))
    if code not in _SPELT or factor % 1:
        return None
    spelt, times = _SPELT[code]
    value = amount * factor * times
    if spelt in _LARGER and value >= _LARGER[spelt][1]:
        spelt, value = _LARGER[spelt][0], value / _LARGER[spelt][1]
    return _number(value) + spelt


def _number(value: Decimal) -> str:
    digits = f"{value:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _kept(text: str, index: int) -> str:
    character = text[index]
    category = unicodedata.category(character)
    if category[0] == "L":
        return character
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category[0] == "M":
        # Accents of Latin letters go; vowel signs of other scripts are the word itself.
        return "" if "\u0300" <= character <= "\u036f" else character
    if (
        character in (".", "/", _FRACTION_SLASH)
        and 0 < index < len(text) - 1
        and text[index - 1].isdigit()
        and text[index + 1].isdigit()
    ):
        return "." if character == "." else "/"
    if character == "-" and 0 < index < len(text) - 1 and text[index - 1].isalpha() and text[index + 1].isdigit():
        # "omega-3", "wd-40": one word.
        return ""
    return " "


def _decimal(match: re.Match[str]) -> str:
    value = Decimal(match[1] or 0) + Decimal(match[2]) / Decimal(match[3])
    return f"{value.normalize():f}"


def _glue_units(text: str) -> str:
    def glued(match: re.Match[str]) -> str:
        return spell_measure(Decimal(match[1]), match[2]) or match[0]

    return _NUMBER_AND_UNIT.sub(glued, text)


def _singular(word: str) -> str:
    if len(word) < _SHORTEST_PLURAL or not word.isascii() or not word.isalpha() or word.endswith(_NO_PLURAL):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("oes", "shes", "ches", "xes", "sses")):
        return word[:-2]
    return word.removesuffix("s")
