"""Lines on a map as text: Google's encoded polyline format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit.place import GeoPoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Five bits a character, the sixth says that more follow, and 63 makes it printable.
_CHUNK_BITS = 5
_CHUNK_MASK = 0x1F
_MORE = 0x20
_OFFSET = 63

# Decimals of the format that maps read; Valhalla writes six.
STANDARD_PRECISION = 5


def encode(points: Iterable[GeoPoint], *, precision: int = STANDARD_PRECISION) -> str:
    """The line through `points`, each coordinate rounded to `precision` decimals."""
    factor = 10**precision
    text: list[str] = []
    latitude = longitude = 0
    for point in points:
        next_latitude, next_longitude = round(point.latitude * factor), round(point.longitude * factor)
        text.append(_encoded(next_latitude - latitude))
        text.append(_encoded(next_longitude - longitude))
        latitude, longitude = next_latitude, next_longitude
    return "".join(text)


def decode(text: str, *, precision: int = STANDARD_PRECISION) -> list[GeoPoint]:
    """The points of a line. Raises ValueError if the text is cut short or no polyline."""
    factor = 10**precision
    numbers = list(_decoded(text))
    if len(numbers) % 2:
        raise ValueError("a polyline has as many latitudes as longitudes")
    points: list[GeoPoint] = []
    latitude = longitude = 0
    for north, east in zip(numbers[::2], numbers[1::2], strict=True):
        latitude += north
        longitude += east
        points.append(GeoPoint(latitude / factor, longitude / factor))
    return points


def _encoded(number: int) -> str:
    # The sign goes to the lowest bit, so that small numbers stay short either way.
    rest = ~(number << 1) if number < 0 else number << 1
    text = []
    while rest >= _MORE:
        text.append(chr((_MORE | rest & _CHUNK_MASK) + _OFFSET))
        rest >>= _CHUNK_BITS
    text.append(chr(rest + _OFFSET))
    return "".join(text)


def _decoded(text: str) -> Iterator[int]:
    number = shift = 0
    for character in text:
        chunk = ord(character) - _OFFSET
        if not 0 <= chunk < 2 * _MORE:
            raise ValueError(f"not a polyline character: {character!r}")
        number |= (chunk & _CHUNK_MASK) << shift
        if chunk & _MORE:
            shift += _CHUNK_BITS
            continue
        yield ~(number >> 1) if number & 1 else number >> 1
        number = shift = 0
    if shift:
        raise ValueError("the polyline is cut short")
