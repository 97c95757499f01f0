"""Valhalla's adapter against answers of the recorded shape, and against the real one where there is one."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx
import pytest

from services.geo.clients import RoadsUnavailable
from services.geo.domain import polyline
from services.geo.domain.roads import RoadSource, TravelMode, Way
from services.geo.roads.cells import MemoryCells
from services.geo.roads.network import NetworkRoads
from services.geo.roads.valhalla import Valhalla
from services.kit.place import GeoPoint
from tests.fakes.clock import FixedClock

REAL = os.environ.get("BILLMESH_VALHALLA_URL")
DRIVE = TravelMode.DRIVE
# Latitudes by which the fake knows points: on no road at all; with a road only in a wide circle.
NOWHERE, COURTYARD = 70.0, 65.0


@dataclass
class FakeValhalla:
    """Answers as Valhalla 3.9 does: the way between two points is 100 km a degree, at 60 km/h."""

    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    version: int = 1_700_000_000
    broken: bool = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        action, body = request.url.path.strip("/"), json.loads(request.content or b"{}")
        self.requests.append((action, body))
        if self.broken:
            return httpx.Response(502, text="<html>bad gateway</html>")
        return getattr(self, action)(body)  # type: ignore[no-any-return] # each action below answers a Response

    def status(self, _: dict[str, Any]) -> httpx.Response:
        return httpx.Response(200, json={"version": "3.9.1", "tileset_last_modified": self.version})

    def locate(self, body: dict[str, Any]) -> httpx.Response:
        places = [
            {"input_lat": place["lat"], "edges": None if place["lat"] == NOWHERE else [{"way_id": 1}], "nodes": None}
            for place in body["locations"]
        ]
        return httpx.Response(200, json=places)

    def sources_to_targets(self, body: dict[str, Any]) -> httpx.Response:
        sources, targets = body["sources"], body["targets"]
        assert len(sources) * len(targets) <= 2500
        if any(place["lat"] == NOWHERE for place in (*sources, *targets)):
            return _error(171)
        cells = [[_cell(here, there) for there in targets] for here in sources]
        table = {
            "distances": [[cell and cell[0] for cell in row] for row in cells],
            "durations": [[cell and cell[1] for cell in row] for row in cells],
        }
        return httpx.Response(200, json={"sources_to_targets": table, "units": "kilometers"})

    def route(self, body: dict[str, Any]) -> httpx.Response:
        places = body["locations"]
        assert len(places) <= 20
        legs = []
        for here, there in pairwise(places):
            cell = _cell(here, there)
            if cell is None:
                return _error(442)
            line = polyline.encode([_point(here), _point(there)], precision=6)
            legs.append({"summary": {"length": cell[0], "time": cell[1] + 0.4}, "shape": line})
        return httpx.Response(200, json={"trip": {"legs": legs, "status": 0}})

    def count(self, action: str) -> int:
        return sum(asked == action for asked, _ in self.requests)


def _cell(here: dict[str, float], there: dict[str, float]) -> tuple[float, int] | None:
    if here == there:
        return 0.0, 0
    if any(place["lat"] == COURTYARD and "radius" not in place for place in (here, there)):
        return None
    kilometres = round((abs(here["lat"] - there["lat"]) + abs(here["lon"] - there["lon"])) * 100, 3)
    return kilometres, round(kilometres * 60)


def _point(place: dict[str, float]) -> GeoPoint:
    return GeoPoint(place["lat"], place["lon"])


def _error(code: int) -> httpx.Response:
    return httpx.Response(400, json={"error_code": code, "error": "as it is", "status_code": 400})


@pytest.fixture
def fake() -> FakeValhalla:
    return FakeValhalla()


@pytest.fixture
def valhalla(fake: FakeValhalla) -> Valhalla:
    return Valhalla("http://valhalla.test/", monotonic=time.monotonic, transport=httpx.MockTransport(fake))


@pytest.fixture
def real() -> Iterator[NetworkRoads]:
    if REAL is None:
        pytest.skip("BILLMESH_VALHALLA_URL names no running Valhalla")
    roads = NetworkRoads(Valhalla(REAL, monotonic=time.monotonic), MemoryCells())
    yield roads
    roads.close()


def points(count: int) -> list[GeoPoint]:
    return [GeoPoint(60 + index / 1000, 24) for index in range(count)]


def test_reads_a_table(valhalla: Valhalla, fake: FakeValhalla) -> None:
    table = valhalla.table(points(2), points(3), TravelMode.TWO_WHEELER)

    assert table == [[Way(0, 0), Way(100, 6), Way(200, 12)], [Way(100, 6), Way(0, 0), Way(100, 6)]]
    assert fake.requests[0][1]["costing"] == "motor_scooter"


@pytest.mark.parametrize(("sources", "targets"), [(60, 60), (1, 3000), (3000, 1), (51, 50)])
def test_large_tables_are_asked_for_in_blocks(valhalla: Valhalla, sources: int, targets: int) -> None:
    table = valhalla.table(points(sources), points(targets), DRIVE)

    assert len(table) == sources
    assert {len(row) for row in table} == {targets}
    assert table[sources - 1][targets - 1] == Way(abs(sources - targets) * 100, abs(sources - targets) * 6)


def test_a_point_on_no_road_spoils_only_its_own_cells(valhalla: Valhalla) -> None:
    nowhere = GeoPoint(NOWHERE, 24)

    table = valhalla.table([*points(2), nowhere], [nowhere, *points(2)], DRIVE)

    assert table == [[None, Way(0, 0), Way(100, 6)], [None, Way(100, 6), Way(0, 0)], [None, None, None]]


def test_a_point_whose_road_leads_nowhere_is_looked_for_in_a_wider_circle(
    valhalla: Valhalla, fake: FakeValhalla
) -> None:
    courtyard = GeoPoint(COURTYARD, 24)

    table = valhalla.table([courtyard, *points(3)], points(3), DRIVE)

    assert table[0][0] == Way(500_000, 30_000)
    # And the route begins where the table did, without failing first.
    route = valhalla.route([courtyard, *points(2)], DRIVE)
    assert len(route.legs) == 2
    assert fake.count("route") == 1


def test_reads_legs_and_rewrites_their_lines(valhalla: Valhalla) -> None:
    route = valhalla.route(points(3), DRIVE)

    assert [leg.way for leg in route.legs] == [Way(100, 6), Way(100, 6)]
    assert polyline.decode(route.legs[0].polyline) == points(2)


def test_long_routes_are_asked_for_in_parts(valhalla: Valhalla, fake: FakeValhalla) -> None:
    route = valhalla.route(points(45), DRIVE)

    assert [leg.way for leg in route.legs] == [Way(100, 6)] * 44
    assert fake.count("route") == 3


def test_a_route_that_needs_a_wider_circle_gets_it(valhalla: Valhalla, fake: FakeValhalla) -> None:
    assert len(valhalla.route([GeoPoint(COURTYARD, 24), *points(1)], DRIVE).legs) == 1
    assert fake.count("route") == 2


def test_no_way_at_all_is_told(valhalla: Valhalla, fake: FakeValhalla) -> None:
    fake.broken = False
    with pytest.raises(RoadsUnavailable):
        NetworkRoads(valhalla, MemoryCells()).ways(GeoPoint(NOWHERE, 24), points(2), None, DRIVE)


def test_after_a_failure_it_is_left_alone_for_a_while(fake: FakeValhalla) -> None:
    clock = FixedClock()
    began = clock.moment.timestamp()
    valhalla = Valhalla(
        "http://valhalla.test",
        monotonic=lambda: clock.moment.timestamp() - began,
        transport=httpx.MockTransport(fake),
    )
    fake.broken = True
    for _ in range(5):
        with pytest.raises(RoadsUnavailable):
            valhalla.table(points(1), points(1), DRIVE)
    assert len(fake.requests) == 1
    fake.broken = False
    began -= 6
    assert valhalla.table(points(1), points(1), DRIVE) == [[Way(0, 0)]]


def test_only_what_is_not_known_is_measured(valhalla: Valhalla, fake: FakeValhalla) -> None:
    roads = NetworkRoads(valhalla, MemoryCells())
    start = GeoPoint(60.5, 24)
    roads.ways(start, points(10), start, DRIVE)
    fake.requests.clear()

    ways = roads.ways(start, points(10), start, DRIVE)
    assert [body for action, body in fake.requests if action == "sources_to_targets" and len(body["sources"]) > 1] == [
        fake.requests[-1][1]
    ]
    assert ways.between[0][9] == Way(900, 54)

    fake.requests.clear()
    ways = roads.ways(start, points(11), start, DRIVE)
    sizes = sorted((len(body["sources"]), len(body["targets"])) for _, body in fake.requests)
    # One line and one column for the new store; the start to all, all to the end.
    assert sizes == [(1, 11), (1, 11), (10, 1), (11, 1)]
    assert ways.between[10][0] == Way(1000, 60)


def test_new_tiles_are_measured_anew(fake: FakeValhalla) -> None:
    now = [0.0]
    valhalla = Valhalla("http://valhalla.test", monotonic=lambda: now[0], transport=httpx.MockTransport(fake))
    roads = NetworkRoads(valhalla, MemoryCells())
    roads.ways(points(1)[0], points(5), None, DRIVE)
    before = fake.count("sources_to_targets")
    now[0] += 61
    fake.version += 1
    roads.ways(points(1)[0], points(5), None, DRIVE)

    assert fake.count("sources_to_targets") == 2 * before


def test_ends_of_every_kind(valhalla: Valhalla) -> None:
    roads = NetworkRoads(valhalla, MemoryCells())
    start, end = GeoPoint(60.5, 24), GeoPoint(60.6, 24)

    assert roads.ways(start, points(2), None, DRIVE).homeward is None
    assert roads.ways(start, points(2), start, DRIVE).direct is None
    elsewhere = roads.ways(start, points(2), end, DRIVE)
    assert elsewhere.direct == Way(10_000, 600)
    assert elsewhere.homeward == (Way(60_000, 3600), Way(59_900, 3594))
    assert len(elsewhere.outward) == 2


@pytest.mark.parametrize("mode", TravelMode)
def test_the_real_one_agrees_with_itself(real: NetworkRoads, mode: TravelMode) -> None:
    """On the demo's map: the centre of Helsinki."""
    start = GeoPoint(60.1712, 24.9414)
    stores = [GeoPoint(60.1699, 24.9384), GeoPoint(60.1670, 24.9430), GeoPoint(60.1755, 24.9410)]

    ways = real.ways(start, stores, start, mode)
    route = real.route([start, *stores, start], mode)

    assert real.source is RoadSource.VALHALLA
    assert ways.homeward is not None
    expected = [ways.outward[0], ways.between[0][1], ways.between[1][2], ways.homeward[2]]
    for leg, way in zip(route.legs, expected, strict=True):
        assert way is not None
        # The table and the route measure the same road, give or take a turn.
        assert leg.way.metres == pytest.approx(way.metres, rel=0.35, abs=150)
        line = polyline.decode(leg.polyline)
        length = sum(here.distance_metres(there) for here, there in pairwise(line))
        assert length == pytest.approx(leg.way.metres, rel=0.05, abs=30)
    ends = polyline.decode(route.legs[0].polyline)
    assert ends[0].distance_metres(start) < 200
    assert ends[-1].distance_metres(stores[0]) < 200


def test_the_real_one_knows_no_road_off_its_map(real: NetworkRoads) -> None:
    off = GeoPoint(61.0, 26.0)
    on = GeoPoint(60.1699, 24.9384)

    ways = real.ways(GeoPoint(60.1712, 24.9414), [on, off], None, DRIVE)
    assert ways.outward[0] is not None
    assert ways.outward[1] is None
    with pytest.raises(RoadsUnavailable):
        real.ways(off, [on], None, DRIVE)
