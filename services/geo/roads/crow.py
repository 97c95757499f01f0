"""Roads by estimate, where no network answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.geo.domain.roads import RoadSource, Route, TravelMode, Ways, estimated_route, estimated_ways

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.kit.place import GeoPoint


class CrowRoads:
    """Implements services.geo.clients.Roads; never fails."""

    source = RoadSource.CROW
    # Nothing of the estimate is anyone's data.
    attribution = ""

    def ways(self, start: GeoPoint, stores: Sequence[GeoPoint], end: GeoPoint | None, mode: TravelMode) -> Ways:
        """Straight lines, longer and slower than they are by what is usual."""
        return estimated_ways(start, stores, end, mode)

    def route(self, points: Sequence[GeoPoint], mode: TravelMode) -> Route:
        """Straight lines."""
        return estimated_route(points, mode)

    def close(self) -> None:
        """Has none."""
