"""Quantities: decimals with up to three places, and the units that convert into each other."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Final

# Above anything that a shop counts, and within numeric(14, 3).
MAXIMUM: Final = Decimal(1_000_000_000)
_FORM = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,3})?")
_PLACES = Decimal("0.001")

# UN/ECE code → what is measured, and how many of the dimension's base (gram, millilitre, metre, piece) it is.
_UNITS: Final[dict[str, tuple[str, Decimal]]] = {
    "KGM": ("mass", Decimal(1000)),
    "GRM": ("mass", Decimal(1)),
    "LTR": ("volume", Decimal(1000)),
    "MLT": ("volume", Decimal(1)),
    "MTR": ("length", Decimal(1)),
    "C62": ("pieces", Decimal(1)),
    "U2": ("pieces", Decimal(1)),
    "EA": ("pieces", Decimal(1)),
    "PR": ("pairs", Decimal(1)),
    "XRO": ("rolls", Decimal(1)),
    "XST": ("sheets", Decimal(1)),
    "XBG": ("bags", Decimal(1)),
}


class NotAQuantity(ValueError):
    """The text is no decimal number with at most three places; the message says what is."""


def parse(text: str) -> Decimal:
    """A quantity as the wire writes it: "1", "0.5", "-1.250". Raises NotAQuantity."""
    if not _FORM.fullmatch(text):
        raise NotAQuantity("must be a decimal number with at most 3 decimals, for example 1.250")
    value = Decimal(text)
    if abs(value) > MAXIMUM:
        raise NotAQuantity(f"must be between -{MAXIMUM} and {MAXIMUM}")
    return value


def to_text(value: Decimal) -> str:
    """The shortest form: "1", "0.5"; never an exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def base_amount(amount: Decimal, unit_code: str) -> tuple[str, Decimal] | None:
    """What is measured and how much of its base it is; None for a unit that converts into nothing."""
    known = _UNITS.get(unit_code)
    return None if known is None else (known[0], amount * known[1])


def round_up(value: Decimal) -> Decimal:
    """To whole packages: part of one is bought as one."""
    return value.to_integral_value(rounding=ROUND_CEILING)


def round_weight(value: Decimal) -> Decimal:
    """To what the wire can say, three places, and never to nothing."""
    return max(value.quantize(_PLACES, rounding=ROUND_HALF_UP), _PLACES).normalize() + 0
