"""Valhalla over HTTP: tables of ways, and routes with their lines."""

from __future__ import annotations

import logging
import math
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import httpx

from services.geo.clients import RoadsUnavailable
from services.geo.domain import polyline
from services.geo.domain.roads import SNAP_METRES, Leg, Route, TravelMode, Way
from services.kit import context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from services.kit.place import GeoPoint

_LOG = logging.getLogger(__name__)

_COSTING = {
    TravelMode.DRIVE: "auto",
    TravelMode.TWO_WHEELER: "motor_scooter",
    TravelMode.BICYCLE: "bicycle",
    TravelMode.WALK: "pedestrian",
}
# Decimals of Valhalla's own lines.
_SHAPE_PRECISION = 6
# Valhalla's stock limits, which an operator may raise: cells of a table, points of a route.
_MOST_CELLS = 2500
_MOST_POINTS = 20
# Metres around a point within which all roads count as being there, for points whose nearest one leads nowhere:
# behind a one-way street out of the map, say, or in a courtyard.
_WIDE_METRES = 200
# How many such points are remembered, so that a route begins on the roads that the table began on.
_MOST_WIDE = 10_000
# Valhalla's error codes: no road near a point; points in parts of the map that are not joined; no way found.
_NO_EDGE = 171
_UNCONNECTED = 170
_NO_PATH = 442
# Seconds: for all of one exchange, to connect, and not to ask again after a failure.
_TIMEOUT = 5.0
_CONNECT_TIMEOUT = 0.5
_PAUSE = 5.0
_VERSION_AGE = 60.0
# Seconds of the call's deadline that are kept for what follows.
_MARGIN = 0.5

Table = list[list[Way | None]]


class _Refused(Exception):
    """Valhalla's own error."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Valhalla answers with error {code}")
        self.code = code


class Valhalla:
    """One Valhalla service. Safe to share between threads."""

    def __init__(
        self, url: str, *, monotonic: Callable[[], float], transport: httpx.BaseTransport | None = None
    ) -> None:
        self._http = httpx.Client(
            base_url=url.rstrip("/"), timeout=httpx.Timeout(_TIMEOUT, connect=_CONNECT_TIMEOUT), transport=transport
        )
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._away_until = 0.0
        # Points that need the wider circle, the oldest first.
        self._wide: OrderedDict[tuple[TravelMode, GeoPoint], None] = OrderedDict()
        self._version = ""
        self._version_until = 0.0

    def version(self) -> str:
        """Which tiles it has; changes when the map does. Raises RoadsUnavailable."""
        now = self._monotonic()
        with self._lock:
            if now < self._version_until:
                return self._version
        status = self._ask("status", {})
        version = f"{status.get('version', '')}-{status.get('tileset_last_modified', '')}"
        with self._lock:
            self._version, self._version_until = version, now + _VERSION_AGE
        return version

    def table(self, sources: Sequence[GeoPoint], targets: Sequence[GeoPoint], mode: TravelMode) -> Table:
        """Ways from every source to every target; None where no road leads. Raises RoadsUnavailable."""
        try:
            found = self._table(sources, targets, mode)
        except _Refused as refused:
            if refused.code not in {_NO_EDGE, _UNCONNECTED}:
                raise RoadsUnavailable(str(refused)) from refused
            found = self._table_of_the_reachable(sources, targets, mode)
        if all(all(row) for row in found):
            return found
        return self._with_wider_ends(found, sources, targets, mode)

    def route(self, points: Sequence[GeoPoint], mode: TravelMode) -> Route:
        """The way over `points`, in their order. Raises RoadsUnavailable, also where there is none."""
        legs: list[Leg] = []
        # Consecutive parts share a point.
        for first in range(0, len(points) - 1, _MOST_POINTS - 1):
            legs += self._legs(points[first : first + _MOST_POINTS], mode)
        return Route(tuple(legs))

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def _legs(self, points: Sequence[GeoPoint], mode: TravelMode) -> list[Leg]:
        for radius in (0, _WIDE_METRES):
            body = {
                "locations": [self._location(point, mode, radius) for point in points],
                "costing": _COSTING[mode],
                "directions_type": "none",
                "units": "kilometers",
            }
            try:
                answer = self._ask("route", body)
            except _Refused as refused:
                if refused.code not in {_NO_EDGE, _UNCONNECTED, _NO_PATH}:
                    raise RoadsUnavailable(str(refused)) from refused
            else:
                return [_leg(leg) for leg in answer["trip"]["legs"]]
        raise RoadsUnavailable("no way over these points")

    def _table(
        self,
        sources: Sequence[GeoPoint],
        targets: Sequence[GeoPoint],
        mode: TravelMode,
        *,
        radii: tuple[int, int] = (0, 0),
    ) -> Table:
        """Asks in blocks within the limit. `radii`: of the sources and of the targets."""
        side = math.isqrt(_MOST_CELLS)
        wide = max(side, _MOST_CELLS // max(len(sources), 1)) if len(sources) < side else side
        tall = max(side, _MOST_CELLS // max(len(targets), 1)) if len(targets) < side else side
        table: Table = []
        for top in range(0, len(sources), tall):
            block_sources = sources[top : top + tall]
            rows: Table = [[] for _ in block_sources]
            for left in range(0, len(targets), wide):
                block = self._block(block_sources, targets[left : left + wide], mode, radii)
                for row, part in zip(rows, block, strict=True):
                    row.extend(part)
            table += rows
        return table

    def _block(
        self, sources: Sequence[GeoPoint], targets: Sequence[GeoPoint], mode: TravelMode, radii: tuple[int, int]
    ) -> Table:
        answer = self._ask(
            "sources_to_targets",
            {
                "sources": [self._location(point, mode, radii[0]) for point in sources],
                "targets": [self._location(point, mode, radii[1]) for point in targets],
                "costing": _COSTING[mode],
                "units": "kilometers",
                "verbose": False,
            },
        )["sources_to_targets"]
        return [
            [_way(kilometres, seconds) for kilometres, seconds in zip(distances, durations, strict=True)]
            for distances, durations in zip(answer["distances"], answer["durations"], strict=True)
        ]

    def _table_of_the_reachable(
        self, sources: Sequence[GeoPoint], targets: Sequence[GeoPoint], mode: TravelMode
    ) -> Table:
        """One point without a road spoils a whole table, so those are looked for and left out."""
        everywhere = list(dict.fromkeys((*sources, *targets)))
        on_road = dict(zip(everywhere, self._on_road(everywhere, mode), strict=True))
        rows = [index for index, point in enumerate(sources) if on_road[point]]
        columns = [index for index, point in enumerate(targets) if on_road[point]]
        table: Table = [[None] * len(targets) for _ in sources]
        if rows and columns:
            try:
                found = self._table([sources[row] for row in rows], [targets[column] for column in columns], mode)
            except _Refused as refused:
                raise RoadsUnavailable(str(refused)) from refused
            for row, ways in zip(rows, found, strict=True):
                for column, way in zip(columns, ways, strict=True):
                    table[row][column] = way
        return table

    def _on_road(self, points: Sequence[GeoPoint], mode: TravelMode) -> list[bool]:
        body = {
            "locations": [self._location(point, mode, 0) for point in points],
            "costing": _COSTING[mode],
            "verbose": False,
        }
        try:
            answer: Any = self._ask("locate", body)
        except _Refused as refused:
            raise RoadsUnavailable(str(refused)) from refused
        return [bool(place.get("edges") or place.get("nodes")) for place in answer]

    def _with_wider_ends(
        self, table: Table, sources: Sequence[GeoPoint], targets: Sequence[GeoPoint], mode: TravelMode
    ) -> Table:
        """Asks once more, from a wider circle, for points that most others cannot be reached from, or to."""
        rows = [index for index, row in enumerate(table) if _mostly_none(row)]
        columns = [index for index in range(len(targets)) if _mostly_none([row[index] for row in table])]
        if len(rows) == len(sources) or len(columns) == len(targets):
            rows, columns = list(range(len(sources))), []
            radii = (_WIDE_METRES, _WIDE_METRES)
        else:
            radii = (_WIDE_METRES, 0)
        self._widen(mode, [sources[row] for row in rows] + [targets[column] for column in columns])
        try:
            if rows:
                wider = self._table([sources[row] for row in rows], targets, mode, radii=radii)
                for index, ways in zip(rows, wider, strict=True):
                    table[index] = [old or new for old, new in zip(table[index], ways, strict=True)]
            if columns:
                wider = self._table(sources, [targets[column] for column in columns], mode, radii=(0, _WIDE_METRES))
                for line, ways in zip(table, wider, strict=True):
                    for column, way in zip(columns, ways, strict=True):
                        line[column] = line[column] or way
        except _Refused:
            # The first answer stands.
            _LOG.info("no wider table")
        return table

    def _widen(self, mode: TravelMode, points: Sequence[GeoPoint]) -> None:
        with self._lock:
            self._wide.update(dict.fromkeys((mode, point) for point in points))
            while len(self._wide) > _MOST_WIDE:
                self._wide.popitem(last=False)

    def _location(self, point: GeoPoint, mode: TravelMode, radius: int) -> dict[str, float]:
        place: dict[str, float] = {"lat": point.latitude, "lon": point.longitude, "search_cutoff": SNAP_METRES}
        if radius or (mode, point) in self._wide:
            place["radius"] = _WIDE_METRES
        return place

    def _ask(self, action: str, body: dict[str, Any]) -> Any:
        """The JSON answer. Raises _Refused with Valhalla's own error, RoadsUnavailable when there is no answer."""
        if self._monotonic() < self._away_until:
            raise RoadsUnavailable("Valhalla did not answer a moment ago")
        left = context.remaining()
        seconds = _TIMEOUT if left is None else max(0.1, min(_TIMEOUT, left - _MARGIN))
        try:
            response = self._http.post(
                f"/{action}", json=body, timeout=httpx.Timeout(seconds, connect=min(seconds, _CONNECT_TIMEOUT))
            )
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            with self._lock:
                self._away_until = self._monotonic() + _PAUSE
            _LOG.warning("valhalla away", extra={"action": action, "why": type(error).__name__})
            raise RoadsUnavailable("Valhalla did not answer") from error
        if response.is_success:
            return answer
        raise _Refused(int(answer.get("error_code", response.status_code)) if isinstance(answer, dict) else 0)


def _way(kilometres: float | None, seconds: float | None) -> Way | None:
    if kilometres is None or seconds is None:
        return None
    return Way(round(kilometres * 1000), round(seconds))


def _leg(leg: dict[str, Any]) -> Leg:
    way = Way(round(leg["summary"]["length"] * 1000), round(leg["summary"]["time"]))
    return Leg(way, polyline.encode(polyline.decode(leg["shape"], precision=_SHAPE_PRECISION)))


def _mostly_none(ways: Iterable[Way | None]) -> bool:
    listed = list(ways)
    # A point's way to itself is always there.
    return sum(way is None for way in listed) * 2 > len(listed) or listed == [None]
