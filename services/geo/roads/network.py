"""A trip's roads out of Valhalla and the memory of ways between stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.geo.clients import RoadsUnavailable
from services.geo.domain.roads import RoadSource, Route, Way, Ways
from services.geo.roads.cells import Cells, Network, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.geo.domain.roads import TravelMode
    from services.geo.roads.valhalla import Valhalla
    from services.kit.place import GeoPoint

_PLACE_FACTOR = 100_000


class NetworkRoads:
    """Implements services.geo.clients.Roads over a road network."""

    source = RoadSource.VALHALLA
    attribution = "© OpenStreetMap contributors"

    def __init__(self, valhalla: Valhalla, cells: Cells) -> None:
        self._valhalla = valhalla
        self._cells = cells

    def ways(self, start: GeoPoint, stores: Sequence[GeoPoint], end: GeoPoint | None, mode: TravelMode) -> Ways:
        """Every way of a trip. Raises RoadsUnavailable, also when no road leads from the start or to the end."""
        between = self._between(stores, mode)
        there_and = [*stores, end] if end and end != start else list(stores)
        outward = self._valhalla.table([start], there_and, mode)[0]
        direct = outward.pop() if len(there_and) > len(stores) else None
        homeward = [row[0] for row in self._valhalla.table(stores, [end], mode)] if end else None
        if not any(outward) or (homeward is not None and not any(homeward)):
            raise RoadsUnavailable("no road leads from the start to a store and on to the end")
        return Ways(tuple(outward), between, None if homeward is None else tuple(homeward), direct)

    def route(self, points: Sequence[GeoPoint], mode: TravelMode) -> Route:
        """The way over `points`. Raises RoadsUnavailable."""
        return self._valhalla.route(points, mode)

    def close(self) -> None:
        """Ends the connections to Valhalla."""
        self._valhalla.close()

    def _between(self, stores: Sequence[GeoPoint], mode: TravelMode) -> tuple[tuple[Way | None, ...], ...]:
        network = Network(self._valhalla.version(), mode)
        places = [_place(store) for store in stores]
        at = dict(zip(places, stores, strict=True))
        wanted = [(here, there) for here in at for there in at if here != there]
        known = self._cells.get(network, wanted)
        unknown = [ends for ends in wanted if ends not in known]
        if unknown:
            fresh = self._measured(unknown, at, mode)
            self._cells.put(network, fresh)
            known |= fresh
        same = Way(0, 0)
        return tuple(tuple(known.get((here, there), same) for there in places) for here in places)

    def _measured(
        self, unknown: Sequence[tuple[Place, Place]], at: dict[Place, GeoPoint], mode: TravelMode
    ) -> dict[tuple[Place, Place], Way | None]:
        """Measures whole rows and columns of the places that lack most, so that one new store costs two lines."""
        new = _cover(unknown)
        old = [place for place in at if place not in new]
        found: dict[tuple[Place, Place], Way | None] = {}
        for sources, targets in ((list(new), list(at)), (old, list(new))):
            if sources and targets:
                table = self._valhalla.table([at[here] for here in sources], [at[there] for there in targets], mode)
                for here, row in zip(sources, table, strict=True):
                    found |= {(here, there): way for there, way in zip(targets, row, strict=True) if here != there}
        return found


def _cover(pairs: Sequence[tuple[Place, Place]]) -> dict[Place, None]:
    """Few places such that each pair has one of them, greedily."""
    left = set(pairs)
    cover: dict[Place, None] = {}
    while left:
        counts: dict[Place, int] = {}
        for here, there in left:
            counts[here] = counts.get(here, 0) + 1
            counts[there] = counts.get(there, 0) + 1
        place = min(counts, key=lambda place: (-counts[place], place))
        cover[place] = None
        left = {pair for pair in left if place not in pair}
    return cover


def _place(point: GeoPoint) -> Place:
    return round(point.latitude * _PLACE_FACTOR), round(point.longitude * _PLACE_FACTOR)
