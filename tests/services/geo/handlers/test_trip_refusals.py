"""What TripService refuses, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
import pytest
from billmesh.geo.v1 import trip_pb2
from billmesh.geo.v1 import trip_service_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from google.type import latlng_pb2, money_pb2

from services.geo.convert import wire
from services.geo.domain.identity import ShoppingListId
from services.geo.domain.shopping import ItemOffer, StoreOffers
from services.kit.errors import PeerUnavailable
from services.kit.failure import Failure, Kind
from services.kit.money import Money
from tests.services.geo.conftest import new_product, plan_request, refused, wanted

if TYPE_CHECKING:
    from tests.services.geo.conftest import World


class _NoSuchList(Failure):
    kind = Kind.NOT_FOUND
    reason = "SHOPPING_LIST_NOT_FOUND"


def test_inventorys_absence_is_told(world: World) -> None:
    world.inventory.refusal = PeerUnavailable("inventory")

    refusal = refused(lambda: world.trips().PlanTrip(plan_request(world, new_product())))

    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"wanted": [trip_pb2.WantedLine(product_id="prd_x")]}, "wanted[0].product_id"),
        ({"start": latlng_pb2.LatLng(latitude=95)}, "start"),
        ({"start": latlng_pb2.LatLng(latitude=float("nan"))}, "start"),
        ({"radius_metres": -1}, "radius_metres"),
        ({"radius_metres": 50_001}, "radius_metres"),
        ({"max_stops": -1}, "max_stops"),
        ({"max_stops": 21}, "max_stops"),
        ({"travel_mode": 9}, "travel_mode"),
        ({"currency_code": "eur"}, "currency_code"),
        ({"currency_code": "XXX"}, "currency_code"),
        ({"stop_duration": Duration(seconds=-1)}, "stop_duration"),
        ({"stop_duration": Duration(seconds=7201)}, "stop_duration"),
        (
            {"travel_cost": trip_pb2.TravelCost(per_minute=money_pb2.Money(currency_code="EUR", units=-1))},
            "travel_cost.per_minute",
        ),
        (
            {"travel_cost": trip_pb2.TravelCost(per_minute=money_pb2.Money(currency_code="EUR", nanos=1))},
            "travel_cost.per_minute",
        ),
        (
            {"travel_cost": trip_pb2.TravelCost(per_minute=money_pb2.Money(currency_code="?"))},
            "travel_cost.per_minute.currency_code",
        ),
    ],
)
def test_a_broken_request_is_refused_with_the_field_named(world: World, change: dict[str, Any], field: str) -> None:
    milk = new_product()
    world.stock(world.open_store("Open", location=world.at(north=500)), {milk: "1.00"})
    broken = {"start": wire.point_message(world.centre), "wanted": wanted(milk), **change}

    refusal = refused(lambda: world.trips().PlanTrip(pb.PlanTripRequest(**broken)))

    assert refusal.code == grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.fields == (field,)


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0001", "100001", "NaN", "Infinity", "1e-9", "two"])
def test_a_quantity_that_is_none_is_refused(world: World, quantity: str) -> None:
    lines = wanted(new_product(), quantity=quantity)

    assert refused(lambda: world.trips().PlanTrip(plan_request(world, wanted=lines))).fields == (
        "wanted[0].quantity.value",
    )


def test_a_list_or_lines_but_not_both_and_not_neither(world: World) -> None:
    point = wire.point_message(world.centre)
    lines = wanted(new_product())
    stub = world.trips()

    assert refused(lambda: stub.PlanTrip(pb.PlanTripRequest(start=point))).reason == "INVALID_REQUEST"
    both = pb.PlanTripRequest(start=point, wanted=lines, shopping_list_id=wire.list_text(ShoppingListId(uuid4())))
    assert refused(lambda: stub.PlanTrip(both)).reason == "INVALID_REQUEST"
    twice = pb.PlanTripRequest(start=point, wanted=[*lines, *lines])
    assert refused(lambda: stub.PlanTrip(twice)).fields == ("wanted",)
    ends = pb.PlanTripRequest(start=point, wanted=lines, end=point, open_end=True)
    assert refused(lambda: stub.PlanTrip(ends)).reason == "INVALID_REQUEST"


def test_travel_costs_must_be_in_the_plans_currency_or_known(world: World) -> None:
    milk = new_product()
    store = world.open_store("Open", location=world.at(north=500))
    world.stock(store, {milk: "1.00"})
    rupees = trip_pb2.TravelCost(per_minute=money_pb2.Money(currency_code="INR", units=2))
    stub = world.trips()

    mixed = plan_request(world, milk, currency_code="EUR", travel_cost=rupees)
    assert refused(lambda: stub.PlanTrip(mixed)).reason == "CURRENCY_MISMATCH"
    world.inventory.stores[0] = StoreOffers(
        wire.store_id(store.id),
        wire.merchant_id(store.merchant_id),
        wire.point(store.location),
        (ItemOffer(milk, wire.item_id("item_" + "0" * 26), "Milk", Money(100, "ISK"), 9000),),
    )
    refusal = refused(lambda: stub.PlanTrip(plan_request(world, milk)))
    assert (refusal.reason, refusal.metadata["currency_code"]) == ("TRAVEL_COST_UNKNOWN", "ISK")


def test_only_a_person_with_the_scope_may_plan(world: World) -> None:
    ask = plan_request(world, new_product())

    assert refused(lambda: world.trips(scopes="profile").PlanTrip(ask)).reason == "SCOPE_MISSING"
    staff = type(world.trips())(world.harness.as_merchant(uuid4(), scopes=["shopping"]))
    assert refused(lambda: staff.PlanTrip(ask)).reason == "WRONG_AUDIENCE"
    nobody = type(world.trips())(world.harness.anonymous())
    assert refused(lambda: nobody.PlanTrip(ask)).reason == "TOKEN_MISSING"


def test_another_persons_list_is_refused_as_inventory_refuses_it(world: World) -> None:
    world.inventory.refusal = _NoSuchList("There is no such list.")
    ask = pb.PlanTripRequest(
        shopping_list_id=wire.list_text(ShoppingListId(uuid4())), start=wire.point_message(world.centre)
    )

    assert refused(lambda: world.trips().PlanTrip(ask)).reason == "SHOPPING_LIST_NOT_FOUND"
