"""Products of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from services.inventory.domain import quantity
from services.inventory.domain.line import Line, Measure

if TYPE_CHECKING:
    from services.inventory.domain.ids import ProductId

# The unit of what is weighed at the till.
WEIGHED: Final = "KGM"
_GRAMS: Final = Decimal(1000)
_ONE: Final = Decimal(1)
_MOST: Final = Decimal(9999)


@dataclass(frozen=True, slots=True)
class ProductName:
    """A name that people use, and its BCP 47 tag."""

    name: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that shops everywhere sell."""

    id: ProductId
    display_name: str
    category: str
    unit_code: str
    # What one package holds; None for things sold loose or one by one.
    package: Measure | None
    tax_class: str
    hsn_code: str
    # 1 rarely bought … 5 in every basket.
    weight: int
    # What one piece of a weighed product weighs, if that is known.
    piece_grams: int | None
    other_names: tuple[ProductName, ...]


def quantity_of(product: Product, line: Line) -> Decimal:
    """How many of `product`, in its unit, `line` asks for: whole packages, or kilograms to the gram.

    "500 g tomatoes" is 0.5 where tomatoes are weighed; "rice 5 kg" is 5 of the one-kilogram package; "12 eggs" is 2
    packages of ten; "3 apples" is what three apples weigh. What does not convert is counted: "2 milk" is 2.
    """
    wanted = _weighed(product, line) if product.unit_code == WEIGHED else _packages(product, line)
    return min(wanted, _MOST)


def holds_exactly(product: Product, measure: Measure) -> bool:
    """Whether one package is just what was asked for."""
    return product.package is not None and _times(measure, product.package) == _ONE


def converts(product: Product, measure: Measure) -> bool:
    """Whether `measure` can be bought as this product at all."""
    held = Measure(_ONE, WEIGHED) if product.unit_code == WEIGHED else product.package
    return held is not None and _times(measure, held) is not None


def _weighed(product: Product, line: Line) -> Decimal:
    count = line.count or _ONE
    if line.measure is not None:
        kilograms = _times(line.measure, Measure(_ONE, WEIGHED))
        return quantity.round_weight(count * kilograms) if kilograms is not None else count
    if line.count is not None and product.piece_grams is not None and not line.packages:
        return quantity.round_weight(line.count * product.piece_grams / _GRAMS)
    return quantity.round_weight(count)


def _packages(product: Product, line: Line) -> Decimal:
    count = line.count or _ONE
    if product.package is not None:
        if line.measure is not None:
            packages = _times(line.measure, product.package)
            return quantity.round_up(count) * quantity.round_up(packages if packages is not None else _ONE)
        if line.count is not None and not line.packages:
            # A bare number counts pieces where a package is made of pieces, and packages elsewhere.
            packages = _times(Measure(line.count, "C62"), product.package)
            if packages is not None:
                return quantity.round_up(packages)
    return quantity.round_up(count)


def _times(wanted: Measure, held: Measure) -> Decimal | None:
    left = quantity.base_amount(wanted.amount, wanted.unit_code)
    right = quantity.base_amount(held.amount, held.unit_code)
    if left is None or right is None or left[0] != right[0]:
        return None
    return left[1] / right[1]
