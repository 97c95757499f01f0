"""Items, quantities and stock."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inventory.domain import item as items
from services.inventory.domain import quantity
from services.inventory.domain.ids import ItemId
from services.inventory.domain.stock import Adjustment, MovementReason, shortfall, summed


@pytest.mark.parametrize("text", ["0", "1", "1.5", "-1.250", "1000000000", "0.001"])
def test_quantities_of_the_wire(text: str) -> None:
    assert quantity.parse(text) == Decimal(text)


@pytest.mark.parametrize(
    "text", ["", "1.", ".5", "1,5", "1e3", "1.2345", "NaN", "Infinity", "+1", " 1", "1000000001", "٣"]
)
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(quantity.NotAQuantity):
        quantity.parse(text)


@given(st.decimals(-quantity.MAXIMUM, quantity.MAXIMUM, places=3))
def test_a_quantity_reads_back(value: Decimal) -> None:
    text = quantity.to_text(value)
    assert quantity.parse(text) == value
    assert "E" not in text


@pytest.mark.parametrize("barcode", ["4006381333931", "96385074", "036000291452", "10614141000415"])
def test_right_check_digits(barcode: str) -> None:
    assert items.has_check_digit(barcode)
    wrong = barcode[:-1] + str((int(barcode[-1]) + 1) % 10)
    assert not items.has_check_digit(wrong)


def test_lines_of_a_sale_are_summed_in_order_of_item() -> None:
    first, second = ItemId(UUID(int=1)), ItemId(UUID(int=2))
    sums = summed([(second, Decimal(1)), (first, Decimal(2)), (second, Decimal("0.5"))])
    assert list(sums.items()) == [(first, Decimal(2)), (second, Decimal("1.5"))]
    assert shortfall(sums, {first: Decimal(2)}) == {second: Decimal(0)}
    assert shortfall(sums, {first: Decimal(2), second: Decimal(2)}) == {}


def test_a_count_is_a_change_too() -> None:
    counted = Adjustment(None, Decimal(3), MovementReason.COUNTED, "")
    assert counted.change_from(Decimal(5)) == -2
    assert Adjustment(Decimal(4), None, MovementReason.RECEIVED, "").change_from(Decimal(5)) == 4
