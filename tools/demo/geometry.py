"""Reading the lines of a plan."""

from __future__ import annotations

from itertools import pairwise

from services.kit.place import GeoPoint

_CONTINUES = 0x20
_SCALE = 1e-5


def decode_polyline(text: str) -> list[GeoPoint]:
    """The points of a line in Google's encoded polyline algorithm format, five decimals."""
    points, position, latitude, longitude = [], 0, 0, 0
    while position < len(text):
        step_latitude, position = _decode_number(text, position)
        step_longitude, position = _decode_number(text, position)
        latitude += step_latitude
        longitude += step_longitude
        points.append(GeoPoint(latitude * _SCALE, longitude * _SCALE))
    return points


def length_metres(points: list[GeoPoint]) -> float:
    """Sum of the great-circle distances from point to point."""
    return sum(one.distance_metres(other) for one, other in pairwise(points))


def _decode_number(text: str, position: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        chunk = ord(text[position]) - 63
        position += 1
        value |= (chunk & 0x1F) << shift
        shift += 5
        if chunk < _CONTINUES:
            return (~(value >> 1) if value & 1 else value >> 1), position
