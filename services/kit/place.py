"""Points on the earth. Pure. The order of the axes is swapped in exactly one function, `GeoPoint.wkt`."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Mean radius of the earth (IUGG R1), metres.
_EARTH_RADIUS_METRES = 6_371_008.8
_MAX_LATITUDE = 90
_MAX_LONGITUDE = 180


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """WGS 84, degrees."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        """Refuses what is not on the globe."""
        if not (abs(self.latitude) <= _MAX_LATITUDE and abs(self.longitude) <= _MAX_LONGITUDE):  # NaN is not, either
            raise ValueError(f"not on the globe: {self.latitude}, {self.longitude}")

    @property
    def wkt(self) -> str:
        """Well-known text, longitude first, for PostGIS."""
        return f"POINT({self.longitude:.7f} {self.latitude:.7f})"

    def distance_metres(self, other: GeoPoint) -> float:
        """Great-circle distance by the haversine formula; within 0.5 % of the ellipsoid's."""
        lat_1, lat_2 = math.radians(self.latitude), math.radians(other.latitude)
        half_lat = (lat_2 - lat_1) / 2
        half_lon = math.radians(other.longitude - self.longitude) / 2
        a = math.sin(half_lat) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin(half_lon) ** 2
        return 2 * _EARTH_RADIUS_METRES * math.asin(math.sqrt(a))
