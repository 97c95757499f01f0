"""What travel costs."""

from __future__ import annotations

import pytest

from services.geo.domain.errors import CurrencyMismatch, TravelCostUnknown
from services.geo.domain.roads import TravelMode, Way
from services.geo.domain.travel_cost import TravelCost, travel_cost
from services.kit.failure import InvalidRequest
from services.kit.money import Money


def test_the_way_and_the_time_in_the_shop_are_rounded_once() -> None:
    cost = TravelCost(Money(1200, "INR"), Money(200, "INR"))

    assert cost.of(Way(1500, 90)) == 1800 + 300
    assert cost.of(Way(1500, 90), stop_seconds=30) == 1800 + 400
    # 0.6 + 0.0333 of a paisa on one way, and half of one: up.
    assert cost.of(Way(1, 0)) == 1
    assert TravelCost(Money(500, "EUR"), Money(0, "EUR")).of(Way(1, 0)) == 1


def test_bounds_are_rounded_down() -> None:
    cost = TravelCost(Money(500, "EUR"), Money(0, "EUR"))

    assert cost.at_least(Way(1, 0)) == 0
    assert cost.at_least(Way(2000, 0)) == 1000


@pytest.mark.parametrize(
    ("currency", "mode", "expected"),
    [
        ("INR", TravelMode.DRIVE, (1200, 200)),
        ("INR", TravelMode.TWO_WHEELER, (420, 200)),
        ("EUR", TravelMode.DRIVE, (25, 20)),
        ("EUR", TravelMode.WALK, (0, 20)),
        ("JPY", TravelMode.DRIVE, (25, 25)),
    ],
)
def test_what_is_usual(currency: str, mode: TravelMode, expected: tuple[int, int]) -> None:
    cost = travel_cost(currency, mode)

    assert (cost.per_kilometre.minor, cost.per_minute.minor) == expected


def test_what_is_given_counts() -> None:
    cost = travel_cost("ISK", TravelMode.DRIVE, per_kilometre=Money(50, "ISK"), per_minute=Money(0, "ISK"))

    assert (cost.per_kilometre.minor, cost.per_minute.minor) == (50, 0)


def test_refusals() -> None:
    with pytest.raises(TravelCostUnknown):
        travel_cost("ISK", TravelMode.DRIVE, per_minute=Money(1, "ISK"))
    with pytest.raises(CurrencyMismatch):
        travel_cost("EUR", TravelMode.DRIVE, per_minute=Money(1, "INR"))
    for minor in (-1, 10**9):
        with pytest.raises(InvalidRequest):
            travel_cost("EUR", TravelMode.DRIVE, per_kilometre=Money(minor, "EUR"))
