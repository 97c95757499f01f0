"""Which product a line means."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inventory.domain import line as lines
from services.inventory.domain.ids import ProductId
from services.inventory.domain.line import Measure
from services.inventory.domain.matching import Hit, edits, rank, resolve
from services.inventory.domain.product import Product


def make(number: int, name: str, *, package: str = "", weight: int = 3, unit: str = "EA") -> Product:
    amount, _, package_unit = package.partition(" ")
    return Product(
        id=ProductId(UUID(int=number)),
        display_name=name,
        category="things",
        unit_code=unit,
        package=Measure(Decimal(amount), package_unit) if package else None,
        tax_class="food",
        hsn_code="0000",
        weight=weight,
        piece_grams=None,
        other_names=(),
    )


SMALL = make(1, "Rice 1 kg", package="1 KGM", weight=5)
LARGE = make(2, "Rice 5 kg", package="5 KGM", weight=4)
PUDDING = make(3, "Rice pudding 5 kg", package="5 KGM")
LOOSE = make(4, "Tomatoes", unit="KGM")
SIEVED = make(5, "Sieved tomatoes 500 g", package="500 GRM", weight=5)


def first(written: str, *hits: Hit) -> str:
    return rank(lines.parse(written), hits)[0].product.display_name


def spelt(product: Product, name: str) -> Hit:
    return Hit(product, name, spelt=True)


def test_the_package_that_was_asked_for_wins() -> None:
    hits = (spelt(SMALL, "rice"), spelt(LARGE, "rice"), spelt(PUDDING, "rice pudding"))
    assert first("rice", *hits) == "Rice 1 kg"
    assert first("rice 5 kg", *hits) == "Rice 5 kg"
    assert first("rice 2 kg", *hits) == "Rice 1 kg"


def test_the_words_count_for_more_than_the_package() -> None:
    hits = (spelt(SIEVED, "sieved tomato"), spelt(LOOSE, "tomato"))
    assert first("500 g tomatoes", *hits) == "Tomatoes"
    assert first("sieved tomatoes 500 g", *hits) == "Sieved tomatoes 500 g"


def test_a_begun_word_comes_after_a_whole_one() -> None:
    assert first("ric", spelt(SMALL, "ricotta"), spelt(PUDDING, "ric")) == "Rice pudding 5 kg"


def test_a_product_counts_once_by_its_best_name() -> None:
    ranked = rank(lines.parse("rice"), (spelt(SMALL, "white rice"), spelt(SMALL, "rice")))
    assert [(candidate.product, candidate.likeness) for candidate in ranked] == [(SMALL, 1.0)]


def test_what_is_not_near_is_not_chosen_but_offered() -> None:
    resolution = resolve(lines.parse("3 ryce krispies"), (Hit(SMALL, "rice", spelt=False),))
    assert resolution.chosen is None
    assert resolution.plain_quantity == 3
    near = resolve(lines.parse("3 ryce"), (Hit(SMALL, "rice", spelt=False), Hit(LOOSE, "tomato", spelt=False)))
    assert near.chosen is not None
    assert (near.chosen.product, near.chosen.quantity) == (SMALL, Decimal(3))
    assert not near.runners_up


def test_a_missing_blank_is_forgiven() -> None:
    resolution = resolve(lines.parse("ricepuding"), (Hit(PUDDING, "rice pudding", spelt=False),))
    assert resolution.chosen is not None


def test_ties_are_settled_the_same_way_in_any_order() -> None:
    twins = [make(number, "Same", weight=3) for number in range(20, 26)]
    hits = [spelt(twin, "same") for twin in twins]
    assert rank(lines.parse("same"), hits) == rank(lines.parse("same"), reversed(hits))


@pytest.mark.parametrize(
    ("left", "right", "number"),
    [
        ("milk", "milk", 0),
        ("mlik", "milk", 1),
        ("mil", "milk", 1),
        ("", "milk", 4),
        ("silk", "milk", 1),
        ("abcd", "badc", 2),
    ],
)
def test_edits(left: str, right: str, number: int) -> None:
    assert edits(left, right) == edits(right, left) == number


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_edits_are_a_distance(left: str, right: str) -> None:
    number = edits(left, right)
    assert abs(len(left) - len(right)) <= number <= max(len(left), len(right))
    assert (number == 0) is (left == right)
    assert number == edits(right, left)
