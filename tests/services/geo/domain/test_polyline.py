"""Lines as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.geo.domain import polyline
from services.kit.place import GeoPoint

POINTS = st.builds(GeoPoint, st.floats(-90, 90), st.floats(-180, 180))


def test_writes_the_formats_published_example() -> None:
    line = [GeoPoint(38.5, -120.2), GeoPoint(40.7, -120.95), GeoPoint(43.252, -126.453)]

    assert polyline.encode(line) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"
    assert polyline.decode("_p~iF~ps|U_ulLnnqC_mqNvxq`@") == line


@given(st.lists(POINTS, max_size=20), st.sampled_from((5, 6)))
def test_reads_what_it_writes(line: list[GeoPoint], precision: int) -> None:
    read = polyline.decode(polyline.encode(line, precision=precision), precision=precision)

    assert len(read) == len(line)
    for point, original in zip(read, line, strict=True):
        assert point.latitude == pytest.approx(original.latitude, abs=0.51 * 10**-precision)
        assert point.longitude == pytest.approx(original.longitude, abs=0.51 * 10**-precision)


@pytest.mark.parametrize("text", ["_", "_p~iF", "_p~iF~ps|U_", "_p iF~ps|U", "é"])
def test_refuses_what_is_no_line(text: str) -> None:
    with pytest.raises(ValueError, match="polyline"):
        polyline.decode(text)
