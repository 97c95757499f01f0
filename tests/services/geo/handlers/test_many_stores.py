"""More stores than one plan chooses among."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from billmesh.geo.v1 import trip_pb2
from billmesh.geo.v1 import trip_service_pb2 as pb

from services.geo.config import GeoSettings
from services.geo.convert import wire
from tests import harness
from tests.services.geo.conftest import new_product

if TYPE_CHECKING:
    from tests.harness import Authority, Postgres
    from tests.services.geo.conftest import World


@pytest.fixture
def settings(postgres: Postgres, authority: Authority) -> GeoSettings:
    return harness.settings(GeoSettings, service="geo", postgres=postgres, authority=authority, trip_stores=3)


def plan(world: World, *products: object) -> trip_pb2.RoutePlan:
    lines = [trip_pb2.WantedLine(product_id=wire.product_text(product)) for product in products]  # type: ignore[arg-type] # made by new_product
    return world.trips().PlanTrip(pb.PlanTripRequest(wanted=lines, start=wire.point_message(world.centre)))


def test_those_that_cannot_be_on_a_best_trip_are_left_out_with_proof(world: World) -> None:
    milk, bread = new_product(), new_product()
    world.stock(world.open_store("Near", location=world.at(north=300)), {milk: "1.00", bread: "2.00"})
    for metres in (6000, 7000, 8000, 9000, 9500):
        world.stock(world.open_store(f"At {metres}", location=world.at(east=metres)), {milk: "0.90", bread: "1.90"})

    answer = plan(world, milk, bread)

    assert [stop.display_name for stop in answer.trip.stops] == ["Near"]
    optimality = answer.optimality
    assert optimality.status == trip_pb2.PLAN_STATUS_OPTIMAL
    assert optimality.stores_in_reach == 6
    assert optimality.stores_considered + optimality.stores_excluded == 6
    assert optimality.stores_excluded > 0
    assert optimality.stores_left_out == 0


def test_those_that_could_be_are_counted_and_spoil_the_proof(world: World) -> None:
    milk = new_product()
    for index in range(6):
        world.stock(world.open_store(f"Shop {index}", location=world.at(east=600 + 10 * index)), {milk: "1.00"})

    optimality = plan(world, milk).optimality

    assert optimality.status == trip_pb2.PLAN_STATUS_FEASIBLE
    assert optimality.stores_considered == 3
    assert optimality.stores_left_out + optimality.stores_excluded == 3
    assert any("more stores" in note for note in optimality.notes)
