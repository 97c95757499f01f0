"""The cells cover the disc: a store inside is never missed."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from services.inventory.store import cells
from services.kit.place import GeoPoint


@settings(max_examples=150, deadline=None)
@given(
    latitude=st.floats(-75, 75),
    longitude=st.floats(-180, 180),
    radius=st.sampled_from((1, 500, 3_000, 10_000, 30_000)),
    part=st.floats(0, 1),
    bearing=st.floats(0, 2 * math.pi),
)
def test_every_point_of_the_disc_is_in_a_cell(
    latitude: float, longitude: float, radius: int, part: float, bearing: float
) -> None:
    origin = GeoPoint(latitude, longitude)
    angle = radius * part * 0.999 / 6_371_008.8
    lat = math.asin(
        math.sin(math.radians(latitude)) * math.cos(angle)
        + math.cos(math.radians(latitude)) * math.sin(angle) * math.cos(bearing)
    )
    lon = math.radians(longitude) + math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(math.radians(latitude)),
        math.cos(angle) - math.sin(math.radians(latitude)) * math.sin(lat),
    )
    point = GeoPoint(math.degrees(lat), (math.degrees(lon) + 540) % 360 - 180)
    assert cells.cell_of(point) in cells.covering(origin, radius)


def test_ten_kilometres_are_few_cells() -> None:
    covering = cells.covering(GeoPoint(60.17, 24.94), 10_060)
    assert len(covering) == len(set(covering))
    assert 12 <= len(covering) <= 40
