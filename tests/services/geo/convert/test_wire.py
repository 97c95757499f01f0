"""Money and quantities on the wire."""

from __future__ import annotations

import pytest
from google.type import decimal_pb2, money_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.geo.convert import wire
from services.geo.domain.errors import CurrencyMismatch
from services.kit.failure import InvalidRequest
from services.kit.money import Money


@given(st.integers(-(10**12), 10**12), st.sampled_from(("EUR", "JPY", "KWD", "INR")))
def test_amounts_come_back_as_they_went(minor: int, currency: str) -> None:
    message = wire.money_message(Money(minor, currency))

    assert wire.money(message, field="x") == Money(minor, currency)
    assert message.units * message.nanos >= 0


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        (money_pb2.Money(currency_code="EUR", units=1, nanos=-1), InvalidRequest),
        (money_pb2.Money(currency_code="EUR", nanos=10**9), InvalidRequest),
        (money_pb2.Money(currency_code="EUR", units=10**13), InvalidRequest),
        (money_pb2.Money(currency_code="euro", units=1), InvalidRequest),
        (money_pb2.Money(units=1), InvalidRequest),
        (money_pb2.Money(currency_code="JPY", nanos=10**7), CurrencyMismatch),
    ],
)
def test_amounts_that_are_none_are_refused(message: money_pb2.Money, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        wire.money(message, field="x")


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
