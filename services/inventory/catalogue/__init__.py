"""The catalogue as data: one CSV file a shelf, reviewed like code.

A row is a product. Empty `tax_class` and `shops` are the shelf's (`shelves.csv`). `synonyms` are separated by "|";
"fi:" and "hi:" name the language, without a prefix it is English; Hindi may be in Devanagari or in Latin letters.
`eur` and `inr` are usual shelf prices, tax included, in minor units, for one `unit`: "99-149".

`code` names the product for ever: its identifier is made of it. A row may be reworded; a row that is taken out
leaves the search and keeps its identifier; a code is never given to something else.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from services.kit import ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Never changes: every product's identifier hangs on it.
_NAMESPACE = UUID("3e7dc2b1-3d05-4f0a-8c46-0b5f1f6b8a51")
_FOLDER = Path(__file__).parent
_SHELVES = "shelves.csv"
_LANGUAGE = re.compile(r"^(fi|hi):(.+)$")
_DEVANAGARI = re.compile(r"[\u0900-\u097f]")
# What people read for a package's unit; counts stand after a comma-less name as "10 pcs".
_UNIT_WORDS = {
    "KGM": "kg",
    "GRM": "g",
    "LTR": "l",
    "MLT": "ml",
    "MTR": "m",
    "C62": "pcs",
    "U2": "pcs",
    "PR": "pairs",
    "XRO": "rolls",
    "XST": "sheets",
    "XBG": "bags",
}


@dataclass(frozen=True, slots=True)
class Synonym:
    """A name that people use, and its BCP 47 tag: en, fi, hi or hi-Latn."""

    name: str
    language: str


@dataclass(frozen=True, slots=True)
class PriceBand:
    """The usual shelf price of one unit, tax included, in minor units of `currency`."""

    currency: str
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueProduct:
    """One row. `shops` are values of OpenStreetMap's `shop` and `amenity` that usually have it."""

    code: str
    name: str
    shelf: str
    synonyms: tuple[Synonym, ...]
    # UN/ECE Recommendation 20: EA for packages and pieces, KGM for what is weighed.
    unit_code: str
    package_amount: Decimal | None
    package_unit: str | None
    prices: tuple[PriceBand, ...]
    tax_class: str
    hsn_code: str
    # 1 rarely bought … 5 in every basket.
    weight: int
    # What one piece of a weighed product weighs.
    piece_grams: int | None
    shops: frozenset[str]

    @property
    def id(self) -> UUID:
        """The product's identifier, the same everywhere."""
        return uuid5(_NAMESPACE, self.code)

    @property
    def text_id(self) -> str:
        """The identifier as the API writes it: "prd_…"."""
        return ids.to_text("prd", self.id)

    @property
    def display_name(self) -> str:
        """The name with the package: "Basmati rice 5 kg"."""
        if self.package_amount is None or self.package_unit is None:
            return self.name
        if self.package_unit == "PR" and self.package_amount == 1:
            return self.name
        return f"{self.name} {self.package_amount:f} {_UNIT_WORDS[self.package_unit]}"

    def price_in(self, currency: str) -> PriceBand | None:
        """The band in `currency`, None where nobody wrote one."""
        return next((band for band in self.prices if band.currency == currency), None)


@cache
def load() -> tuple[CatalogueProduct, ...]:
    """The whole catalogue, by shelf and row. Raises ValueError for a row that is no product."""
    with (_FOLDER / _SHELVES).open(encoding="utf-8", newline="") as file:
        shelves = {row["shelf"]: row for row in csv.DictReader(file)}
    found: dict[str, CatalogueProduct] = {}
    for name, shelf in shelves.items():
        with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                product = _product(row, shelf)
                if product.code in found:
                    raise ValueError(f"{product.code} is in the catalogue twice")
                found[product.code] = product
    return tuple(found.values())


def _product(row: Mapping[str, str], shelf: Mapping[str, str]) -> CatalogueProduct:
    try:
        return CatalogueProduct(
            code=row["code"],
            name=row["name"],
            shelf=shelf["shelf"],
            synonyms=tuple(_synonyms(row["synonyms"])),
            unit_code=row["unit"],
            package_amount=Decimal(row["amount"]) if row["amount"] else None,
            package_unit=row["package_unit"] or None,
            prices=tuple(
                _band(currency, row[currency.lower()]) for currency in ("EUR", "INR") if row[currency.lower()]
            ),
            tax_class=row["tax_class"] or shelf["tax_class"],
            hsn_code=row["hsn"],
            weight=int(row["weight"]),
            piece_grams=int(row["piece_grams"]) if row.get("piece_grams") else None,
            shops=frozenset((row["shops"] or shelf["shops"]).split()),
        )
    except (KeyError, ValueError, ArithmeticError) as error:
        raise ValueError(f"catalogue row {row.get('code')!r}: {error}") from error


def _synonyms(text: str) -> Iterator[Synonym]:
    for entry in filter(None, text.split("|")):
        prefixed = _LANGUAGE.match(entry)
        language, name = prefixed.groups() if prefixed else ("en", entry)
        if language == "hi" and not _DEVANAGARI.search(name):
            language = "hi-Latn"
        yield Synonym(name, language)


def _band(currency: str, text: str) -> PriceBand:
    low, high = (int(part) for part in text.split("-"))
    if not 0 < low <= high:
        raise ValueError(f"no price band: {text}")
    return PriceBand(currency, low, high)
