"""How many of a product a line comes to."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inventory.domain import line as lines
from services.inventory.domain.ids import ProductId
from services.inventory.domain.line import Measure
from services.inventory.domain.product import Product, quantity_of


def make(unit: str = "EA", package: str = "", piece_grams: int | None = None) -> Product:
    amount, _, package_unit = package.partition(" ")
    return Product(
        id=ProductId(UUID(int=1)),
        display_name="Thing",
        category="things",
        unit_code=unit,
        package=Measure(Decimal(amount), package_unit) if package else None,
        tax_class="standard",
        hsn_code="0000",
        weight=3,
        piece_grams=piece_grams,
        other_names=(),
    )


@pytest.mark.parametrize(
    ("product", "written", "quantity"),
    [
        (make(package="1 LTR"), "milk", "1"),
        (make(package="1 LTR"), "2 milk", "2"),
        (make(package="1 LTR"), "2 l milk", "2"),
        (make(package="1 LTR"), "1.5 l milk", "2"),
        (make(package="500 MLT"), "2 l milk", "4"),
        (make(package="1 LTR"), "3 x 2 l milk", "6"),
        (make(package="1 KGM"), "rice 5 kg", "5"),
        (make(package="5 KGM"), "rice 5 kg", "1"),
        (make(package="400 GRM"), "1 kg bread", "3"),
        (make(package="10 C62"), "12 eggs", "2"),
        (make(package="10 C62"), "dozen eggs", "2"),
        (make(package="10 C62"), "2 boxes eggs", "2"),
        (make(package="8 XRO"), "2 toilet paper", "2"),
        (make(package="8 XRO"), "toilet paper 16 rolls", "2"),
        (make(package="1 LTR"), "500 g milk", "1"),
        (make(), "2 umbrellas", "2"),
        (make(), "0.5 umbrella", "1"),
        (make("KGM"), "tomatoes", "1"),
        (make("KGM"), "500g tomatoes", "0.5"),
        (make("KGM"), "2 x 500g tomatoes", "1"),
        (make("KGM"), "2 lb tomatoes", "0.907"),
        (make("KGM", piece_grams=180), "3 apples", "0.54"),
        (make("KGM", piece_grams=180), "3 bags apples", "3"),
        (make("KGM"), "3 herring", "3"),
        (make("KGM"), "2 l herring", "1"),
    ],
)
def test_quantities(product: Product, written: str, quantity: str) -> None:
    assert quantity_of(product, lines.parse(written)) == Decimal(quantity)


@given(st.sampled_from((make(package="1 LTR"), make("KGM", piece_grams=3), make(package="10 C62"), make())), st.text())
def test_a_quantity_can_always_be_kept(product: Product, written: str) -> None:
    quantity = quantity_of(product, lines.parse(written))
    assert 0 < quantity <= 9999
    assert quantity == quantity.quantize(Decimal("0.001"))
    if product.unit_code == "EA":
        assert quantity == int(quantity)
