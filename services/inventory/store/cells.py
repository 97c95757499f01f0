"""The grid of the offers index: H3 cells of resolution 6, about 36 square kilometres each."""

from __future__ import annotations

from functools import lru_cache

from h3.api import basic_int as h3

from services.kit.place import GeoPoint

RESOLUTION = 6


def cell_of(point: GeoPoint) -> int:
    """The cell that holds the point, as a signed bigint holds it."""
    return int(h3.latlng_to_cell(point.latitude, point.longitude, RESOLUTION))


def covering(origin: GeoPoint, radius_metres: float) -> list[int]:
    """Cells that together cover the disc, none of it left out; some reach beyond it.

    Goes outwards ring by ring from the origin's cell until a whole ring lies outside.
    """
    start = cell_of(origin)
    found = [start]
    distance = 1
    while True:
        ring = set(h3.grid_disk(start, distance)) - set(h3.grid_disk(start, distance - 1))
        touched = [cell for cell in ring if _reaches(cell, origin, radius_metres)]
        if not touched:
            return sorted(found)
        found += touched
        distance += 1


def _reaches(cell: int, origin: GeoPoint, radius_metres: float) -> bool:
    centre, reach = _extent(cell)
    return origin.distance_metres(centre) <= radius_metres + reach


@lru_cache(maxsize=65_536)
def _extent(cell: int) -> tuple[GeoPoint, float]:
    """The cell's centre, and how far its farthest corner is from it."""
    centre = GeoPoint(*h3.cell_to_latlng(cell))
    corners = [GeoPoint(*corner) for corner in h3.cell_to_boundary(cell)]
    return centre, max(centre.distance_metres(corner) for corner in corners)
