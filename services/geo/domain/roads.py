"""Ways between points: how far, how long, along which line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from services.geo.domain import polyline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.kit.place import GeoPoint


# Metres within which a point is put on a road; farther off, no road leads there.
SNAP_METRES = 400


class TravelMode(StrEnum):
    """How the person travels."""

    DRIVE = "DRIVE"
    TWO_WHEELER = "TWO_WHEELER"
    BICYCLE = "BICYCLE"
    WALK = "WALK"


class RoadSource(StrEnum):
    """Where ways come from."""

    VALHALLA = "VALHALLA"
    CROW = "CROW"


@dataclass(frozen=True, slots=True)
class Way:
    """The way between two points, without its line."""

    metres: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Leg:
    """The way between two points with its line, in the standard polyline format."""

    way: Way
    polyline: str


@dataclass(frozen=True, slots=True)
class Ways:
    """Roads of one trip: from the start to each store, between stores, from each store to the end.

    None stands for no road. `between[here][there]`, the diagonal without meaning.
    """

    outward: tuple[Way | None, ...]
    between: tuple[tuple[Way | None, ...], ...]
    # None: the end is open.
    homeward: tuple[Way | None, ...] | None
    # From the start to the end without a stop; None where they are one place, or the end is open.
    direct: Way | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """The legs of a route over given points, one fewer than they are."""

    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class _Estimate:
    # How much longer than the straight line roads usually are, and metres a second on them, in a town.
    detour: float
    speed: float
    # Metres a second that nobody exceeds; for bounds.
    top_speed: float


_ESTIMATES = {
    TravelMode.DRIVE: _Estimate(detour=1.35, speed=24 / 3.6, top_speed=130 / 3.6),
    TravelMode.TWO_WHEELER: _Estimate(detour=1.3, speed=26 / 3.6, top_speed=100 / 3.6),
    TravelMode.BICYCLE: _Estimate(detour=1.25, speed=15 / 3.6, top_speed=40 / 3.6),
    TravelMode.WALK: _Estimate(detour=1.2, speed=4.8 / 3.6, top_speed=8 / 3.6),
}


def estimated_way(here: GeoPoint, there: GeoPoint, mode: TravelMode) -> Way:
    """The straight line times a usual detour, at a usual speed."""
    estimate = _ESTIMATES[mode]
    metres = here.distance_metres(there) * estimate.detour
    return Way(round(metres), round(metres / estimate.speed))


def shortest_way(here: GeoPoint, there: GeoPoint, mode: TravelMode) -> Way:
    """No road is shorter, nor anyone faster on it, even when both ends are put on roads closer to each other."""
    # The sphere is within half a percent of the earth's true shape.
    metres = max(0.0, here.distance_metres(there) * 0.995 - 2 * SNAP_METRES)
    return Way(int(metres), int(metres / _ESTIMATES[mode].top_speed))


def estimated_ways(start: GeoPoint, stores: Sequence[GeoPoint], end: GeoPoint | None, mode: TravelMode) -> Ways:
    """Estimates of every way of a trip."""

    def row(here: GeoPoint) -> tuple[Way, ...]:
        return tuple(estimated_way(here, there, mode) for there in stores)

    return Ways(
        outward=row(start),
        between=tuple(row(here) for here in stores),
        homeward=None if end is None else tuple(estimated_way(here, end, mode) for here in stores),
        direct=None if end is None or end == start else estimated_way(start, end, mode),
    )


def estimated_route(points: Sequence[GeoPoint], mode: TravelMode) -> Route:
    """Straight legs with estimated lengths and times."""
    legs = tuple(
        Leg(estimated_way(here, there, mode), polyline.encode((here, there))) for here, there in pairwise(points)
    )
    return Route(legs)
