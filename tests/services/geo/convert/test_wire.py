"""Money and quantities on the wire."""

from __future__ import annotations

import pytest
from google.type import decimal_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.geo.convert import wire


@given(st.integers(1, 100_000_000))
def test_quantities_come_back_as_they_went(milli: int) -> None:
    message = wire.quantity_message(milli)

    assert wire.quantity(message, field="x") == milli
    assert "E" not in message.value


@pytest.mark.parametrize(("milli", "text"), [(1000, "1"), (20_000, "20"), (750, "0.75"), (1, "0.001"), (1250, "1.25")])
def test_quantities_have_no_idle_zeros(milli: int, text: str) -> None:
    assert wire.quantity_message(milli).value == text


def test_left_out_is_one_and_stock_is_cut_to_thousandths() -> None:
    assert wire.quantity(decimal_pb2.Decimal(), field="x") == 1000
    assert wire.stock(decimal_pb2.Decimal(value="1.23456")) == 1234
    assert wire.stock(decimal_pb2.Decimal()) == 0
