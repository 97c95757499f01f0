"""Money between the wire and the domain."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from google.type.money_pb2 import Money as Wire
from hypothesis import given
from hypothesis import strategies as st

from services.kit import wire
from services.kit.failure import InvalidRequest
from services.kit.money import Money


@given(st.integers(-(10**12), 10**12), st.sampled_from(["INR", "JPY", "KWD", "CLF"]))
def test_an_amount_survives_the_wire(minor: int, currency: str) -> None:
    message = wire.money_to_proto(Money(minor, currency))
    assert message.units * message.nanos >= 0
    assert wire.money_from_proto(message, "x") == Money(minor, currency)


def test_signs_are_on_both_parts() -> None:
    assert wire.money_to_proto(Money(-150, "EUR")) == Wire(currency_code="EUR", units=-1, nanos=-500_000_000)
    assert wire.money_to_proto(Money(-50, "EUR")) == Wire(currency_code="EUR", nanos=-500_000_000)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (Wire(units=1), "price.currency_code"),
        (Wire(currency_code="QQQ", units=1), "price.currency_code"),
        (Wire(currency_code="EUR", units=10**12 + 1), "price"),
        (Wire(currency_code="EUR", nanos=10**9), "price"),
        (Wire(currency_code="EUR", units=1, nanos=-1), "price"),
        (Wire(currency_code="EUR", nanos=1_000_000), "price"),
        (Wire(currency_code="JPY", nanos=500_000_000), "price"),
    ],
)
def test_what_is_no_amount_is_refused_by_name(message: Wire, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        wire.money_from_proto(message, "price")
    assert [violation.field for violation in caught.value.fields] == [field]


def test_a_moment_is_written_to_the_microsecond() -> None:
    moment = datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)
    assert wire.timestamp_to_proto(moment).ToDatetime(tzinfo=UTC) == moment
