"""Estimates of ways, and bounds on them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.geo.domain.roads import TravelMode, estimated_route, estimated_way, estimated_ways, shortest_way
from services.kit.place import GeoPoint

HERE, THERE = GeoPoint(60.17, 24.94), GeoPoint(60.18, 24.95)
MODES = st.sampled_from(TravelMode)
POINTS = st.builds(GeoPoint, st.floats(60, 60.5), st.floats(24, 25))


@given(POINTS, POINTS, MODES)
def test_no_estimate_undercuts_the_bound(here: GeoPoint, there: GeoPoint, mode: TravelMode) -> None:
    bound, estimate = shortest_way(here, there, mode), estimated_way(here, there, mode)

    assert bound.metres <= estimate.metres
    assert bound.seconds <= estimate.seconds


def test_a_trip_of_estimates() -> None:
    ways = estimated_ways(HERE, [THERE, HERE], None, TravelMode.WALK)
    assert ways.homeward is None
    assert ways.outward[0] is not None
    assert ways.outward[0].seconds == pytest.approx(ways.outward[0].metres * 3.6 / 4.8, abs=1)
    closed = estimated_ways(HERE, [THERE], THERE, TravelMode.DRIVE)
    assert closed.direct == closed.outward[0]
    assert estimated_ways(HERE, [THERE], HERE, TravelMode.DRIVE).direct is None


def test_legs_of_estimates() -> None:
    route = estimated_route([HERE, THERE, HERE], TravelMode.BICYCLE)

    assert [leg.way for leg in route.legs] == [
        estimated_way(HERE, THERE, TravelMode.BICYCLE),
        estimated_way(THERE, HERE, TravelMode.BICYCLE),
    ]
