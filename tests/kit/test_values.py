"""Ids, money and places."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit import ids, money
from services.kit.money import Money
from services.kit.place import GeoPoint


@given(st.uuids())
def test_an_id_survives_its_text(value: UUID) -> None:
    assert ids.from_text("bill", ids.to_text("bill", value)) == value


@given(st.uuids(), st.uuids())
def test_texts_sort_as_ids_do(one: UUID, other: UUID) -> None:
    assert (ids.to_text("x", one) < ids.to_text("x", other)) == (one < other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bill_",
        "cus_00000000000000000000000000",
        "bill_0000000000000000000000000",
        "bill_0000000000000000000000000U",
        "bill_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "bill_0000000000000000000000000i",
        "BILL_00000000000000000000000000",
    ],
)
def test_what_is_no_bill_id_is_refused(text: str) -> None:
    with pytest.raises(ids.InvalidId):
        ids.from_text("bill", text)


def test_ids_are_version_7_and_sort_by_time() -> None:
    early = ids.at(datetime(2026, 1, 1, tzinfo=UTC))
    late = ids.at(datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert early.version == 7
    assert early.variant == "specified in RFC 4122"
    assert early < late
    assert len({ids.at(datetime(2026, 1, 1, tzinfo=UTC)) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("0.005", "INR", 1),
        ("-0.005", "INR", -1),
        ("0.0049", "INR", 0),
        ("1.5", "JPY", 2),
        ("1.0005", "KWD", 1001),
        ("118.5", "EUR", 11850),
    ],
)
def test_amounts_round_half_away_from_zero_at_the_minor_unit(amount: str, currency: str, minor: int) -> None:
    assert Money.of(Decimal(amount), currency).minor == minor


@given(st.integers(-(10**15), 10**15), st.sampled_from(["INR", "JPY", "KWD", "CLF"]))
def test_minor_units_survive_major_ones(minor: int, currency: str) -> None:
    assert Money.of(Money(minor, currency).amount, currency) == Money(minor, currency)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(money.CurrencyMismatch):
        Money(1, "INR") + Money(1, "EUR")
    with pytest.raises(money.UnknownCurrency):
        money.exponent("XXX")


def test_distance_of_a_degree_of_latitude() -> None:
    metres = GeoPoint(60.0, 24.9).distance_metres(GeoPoint(61.0, 24.9))
    assert metres == pytest.approx(111_195, abs=1)
    assert GeoPoint(60.0, 24.9).wkt == "POINT(24.9000000 60.0000000)"


@pytest.mark.parametrize("point", [(91.0, 0.0), (0.0, 181.0), (float("nan"), 0.0)])
def test_a_point_is_on_the_globe(point: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not on the globe"):
        GeoPoint(*point)
