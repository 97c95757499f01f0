"""TripService, through real interceptors, a real database and the real planner."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import uuid4

import grpc
import pytest
from billmesh.geo.v1 import store_pb2, trip_pb2
from billmesh.geo.v1 import trip_service_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from google.type import money_pb2

from services.geo.convert import wire
from services.geo.domain import polyline
from services.geo.domain.identity import ShoppingListId
from services.geo.domain.roads import Way
from services.geo.domain.shopping import ItemOffer, ShoppingList, StoreOffers, Wanted
from services.kit.money import Money
from tests.services.geo.conftest import new_product, plan_request, refused, wanted

if TYPE_CHECKING:
    from tests.services.geo.conftest import World


def cents(amount: money_pb2.Money) -> int:
    return int(amount.units) * 100 + amount.nanos // 10**7


def names(trip: trip_pb2.Trip) -> list[str]:
    return [stop.display_name for stop in trip.stops]


def test_a_plan_adds_up_and_is_proven(world: World) -> None:
    milk, bread, saffron = new_product(), new_product(), new_product()
    near, far = (
        world.open_store("Near", location=world.at(north=400)),
        world.open_store("Far", location=world.at(north=900)),
    )
    world.stock(near, {milk: "1.20", bread: "2.50"})
    world.stock(far, {bread: "2.40", saffron: "9.90"})

    plan = world.trips().PlanTrip(plan_request(world, milk, bread, saffron))

    assert plan.optimality.status == trip_pb2.PLAN_STATUS_OPTIMAL
    assert plan.optimality.gap == 0
    assert plan.optimality.lower_bound == plan.optimality.chosen_total
    assert (plan.optimality.stores_in_reach, plan.optimality.stores_considered) == (2, 2)
    assert names(plan.trip) == ["Near", "Far"] or names(plan.trip) == ["Far", "Near"]
    assert cents(plan.trip.goods_total) == 120 + 240 + 990
    assert cents(plan.trip.total) == cents(plan.trip.goods_total) + cents(plan.trip.travel_total)
    assert cents(plan.trip.total) == cents(plan.optimality.chosen_total)
    assert sum(cents(leg.cost) for leg in plan.trip.legs) == cents(plan.trip.travel_total)
    assert sum(leg.distance_metres for leg in plan.trip.legs) == plan.trip.distance_metres
    assert plan.trip.duration.seconds == sum(leg.duration.seconds for leg in plan.trip.legs) + 2 * 300
    assert (plan.currency_code, plan.road_source) == ("EUR", trip_pb2.ROAD_SOURCE_VALHALLA)
    assert plan.attribution == "© OpenStreetMap contributors"
    assert (cents(plan.travel_cost.per_kilometre), cents(plan.travel_cost.per_minute)) == (25, 20)
    assert not plan.unfilled
    # The line goes from the start over the stops and back.
    first = polyline.decode(plan.trip.legs[0].polyline)
    assert first[0].distance_metres(world.centre) < 2
    assert polyline.decode(plan.trip.legs[-1].polyline)[-1].distance_metres(world.centre) < 2
    purchase = plan.trip.stops[0].purchases[0]
    assert purchase.item_id.startswith("item_")
    assert purchase.quantity.value == "1"


def test_what_is_spared_on_the_goods_is_weighed_against_the_way(world: World) -> None:
    milk = new_product()
    world.stock(world.open_store("Dear, near", location=world.at(north=200)), {milk: "1.50"})
    world.stock(world.open_store("Cheap, far", location=world.at(north=5000)), {milk: "1.00"})
    stub = world.trips()

    assert names(stub.PlanTrip(plan_request(world, milk)).trip) == ["Dear, near"]
    many = plan_request(world, wanted=wanted(milk, quantity="20"))
    assert names(stub.PlanTrip(many).trip) == ["Cheap, far"]


def test_a_store_with_too_little_is_filled_up_from_another(world: World) -> None:
    rice = new_product()
    world.stock(world.open_store("Little", location=world.at(north=300)), {rice: "1.00"}, has="1.25")
    world.stock(world.open_store("Plenty", location=world.at(north=310)), {rice: "8.00"}, has="9")

    plan = world.trips().PlanTrip(plan_request(world, wanted=wanted(rice, quantity="2")))

    bought = {stop.display_name: stop.purchases[0] for stop in plan.trip.stops}
    assert {name: purchase.quantity.value for name, purchase in bought.items()} == {"Little": "1.25", "Plenty": "0.75"}
    assert {name: cents(purchase.cost) for name, purchase in bought.items()} == {"Little": 125, "Plenty": 600}
    assert plan.optimality.status == trip_pb2.PLAN_STATUS_OPTIMAL


def test_a_list_that_cannot_be_filled_is_filled_as_far_as_it_can_be(world: World) -> None:
    milk, gold, bread = new_product(), new_product(), new_product()
    store = world.open_store("Only", location=world.at(north=300))
    world.stock(store, {milk: "1.00"}, has="2")

    plan = world.trips().PlanTrip(
        plan_request(world, wanted=[*wanted(gold), *wanted(milk, quantity="3"), *wanted(bread)])
    )

    assert plan.optimality.status == trip_pb2.PLAN_STATUS_OPTIMAL
    assert [(entry.product_id, entry.missing.value, entry.reason) for entry in plan.unfilled] == [
        (wire.product_text(gold), "1", trip_pb2.UNFILLED_REASON_NOT_SOLD_NEARBY),
        (wire.product_text(milk), "1", trip_pb2.UNFILLED_REASON_NOT_ENOUGH_STOCK),
        (wire.product_text(bread), "1", trip_pb2.UNFILLED_REASON_NOT_SOLD_NEARBY),
    ]
    assert plan.trip.stops[0].purchases[0].quantity.value == "2"

    whole = world.trips().PlanTrip(plan_request(world, milk, gold, whole_list_only=True))
    assert whole.optimality.status == trip_pb2.PLAN_STATUS_INFEASIBLE
    assert not whole.trip.stops
    assert [entry.product_id for entry in whole.unfilled] == [wire.product_text(gold)]


def test_few_stops_leave_things_unbought_and_say_so(world: World) -> None:
    milk, bread, eggs = new_product(), new_product(), new_product()
    world.stock(world.open_store("One", location=world.at(north=300)), {milk: "1.00", bread: "1.00"})
    world.stock(world.open_store("Two", location=world.at(north=-300)), {eggs: "1.00"})

    plan = world.trips().PlanTrip(plan_request(world, milk, bread, eggs, max_stops=1))

    assert names(plan.trip) == ["One"]
    assert plan.optimality.status == trip_pb2.PLAN_STATUS_OPTIMAL
    assert [entry.reason for entry in plan.unfilled] == [trip_pb2.UNFILLED_REASON_TOO_MANY_STOPS]


def test_the_end_may_be_elsewhere_or_anywhere(world: World) -> None:
    milk = new_product()
    world.stock(world.open_store("North", location=world.at(north=1000)), {milk: "1.00"})
    world.stock(world.open_store("South", location=world.at(north=-1200)), {milk: "1.00"})
    stub = world.trips()

    assert names(stub.PlanTrip(plan_request(world, milk)).trip) == ["North"]
    homewards = stub.PlanTrip(plan_request(world, milk, end=wire.point_message(world.at(north=-3000))))
    assert names(homewards.trip) == ["South"]
    assert len(homewards.trip.legs) == 2
    anywhere = stub.PlanTrip(plan_request(world, milk, open_end=True))
    assert names(anywhere.trip) == ["North"]
    assert len(anywhere.trip.legs) == 1


def test_costs_of_travel_can_be_ones_own(world: World) -> None:
    milk = new_product()
    world.stock(world.open_store("Dear, near", location=world.at(north=200)), {milk: "1.50"})
    world.stock(world.open_store("Cheap, far", location=world.at(north=5000)), {milk: "1.00"})
    nothing = money_pb2.Money(currency_code="EUR")

    plan = world.trips().PlanTrip(
        plan_request(
            world,
            milk,
            travel_cost=trip_pb2.TravelCost(per_kilometre=nothing, per_minute=nothing),
            stop_duration=Duration(seconds=0),
        )
    )

    assert names(plan.trip) == ["Cheap, far"]
    assert cents(plan.trip.travel_total) == 0


def test_a_shopping_list_is_planned_for_and_its_unknown_words_told(world: World) -> None:
    milk = new_product()
    list_id = ShoppingListId(uuid4())
    world.stock(world.open_store("Shop", location=world.at(north=200)), {milk: "1.50"})
    world.inventory.lists[world.account, list_id] = ShoppingList((Wanted(milk, 2000),), ("xyzzy",))

    plan = world.trips().PlanTrip(
        pb.PlanTripRequest(shopping_list_id=wire.list_text(list_id), start=wire.point_message(world.centre))
    )

    assert plan.trip.stops[0].purchases[0].quantity.value == "2"
    assert [(entry.text, entry.reason) for entry in plan.unfilled] == [
        ("xyzzy", trip_pb2.UNFILLED_REASON_UNKNOWN_PRODUCT)
    ]
    world.inventory.lists[world.account, list_id] = ShoppingList((), ("xyzzy",))
    empty = pb.ListMatchesRequest(shopping_list_id=wire.list_text(list_id), start=wire.point_message(world.centre))
    assert refused(lambda: world.trips().ListMatches(empty)).reason == "NOTHING_WANTED"


def test_without_roads_the_plan_is_an_estimate_and_says_so(world: World) -> None:
    milk = new_product()
    world.stock(world.open_store("Shop", location=world.at(north=1000)), {milk: "1.50"})
    world.roads.is_away = True

    plan = world.trips().PlanTrip(plan_request(world, milk))

    assert plan.road_source == trip_pb2.ROAD_SOURCE_CROW
    assert plan.optimality.status == trip_pb2.PLAN_STATUS_OPTIMAL
    assert plan.attribution == ""
    assert any("estimates" in note for note in plan.optimality.notes)
    assert plan.trip.legs[0].distance_metres == pytest.approx(1350, rel=0.01)


def test_a_leg_that_turns_out_longer_can_change_the_choice(world: World) -> None:
    milk = new_product()
    north = world.open_store("Ferry in between", location=world.at(north=1000))
    world.stock(north, {milk: "1.00"})
    world.stock(world.open_store("Beyond", location=world.at(north=-1300)), {milk: "1.00"})
    # Whatever is nearer than 1.5 km by road takes an hour more than the table said.
    world.roads.on_road = lambda way: Way(way.metres, way.seconds + 3600) if way.metres < 1500 else way

    plan = world.trips().PlanTrip(plan_request(world, milk))

    assert names(plan.trip) == ["Beyond"]
    assert plan.optimality.status == trip_pb2.PLAN_STATUS_OPTIMAL
    assert cents(plan.optimality.chosen_total) == cents(plan.trip.total)


def test_legs_that_all_turn_out_longer_leave_the_better_trip_and_its_true_total(world: World) -> None:
    milk = new_product()
    for north in (1000, -1100):
        world.stock(world.open_store(f"At {north}", location=world.at(north=north)), {milk: "1.00"})
    world.roads.on_road = lambda way: Way(way.metres, way.seconds + 600)

    plan = world.trips().PlanTrip(plan_request(world, milk))

    assert names(plan.trip) == ["At 1000"]
    assert plan.optimality.status == trip_pb2.PLAN_STATUS_OPTIMAL
    # What is proven is proven by the table; the total is of the road, two legs of ten minutes more.
    assert cents(plan.trip.total) == cents(plan.optimality.chosen_total) + 400
    assert any("leg by leg" in note for note in plan.optimality.notes)


def test_legs_that_turn_out_shorter_leave_the_choice_and_the_proof(world: World) -> None:
    milk = new_product()
    world.stock(world.open_store("Only", location=world.at(north=1000)), {milk: "1.00"})
    world.roads.on_road = lambda way: Way(way.metres, way.seconds - 30)

    plan = world.trips().PlanTrip(plan_request(world, milk))

    assert plan.optimality.status == trip_pb2.PLAN_STATUS_OPTIMAL
    assert cents(plan.trip.total) == cents(plan.optimality.chosen_total) - 20


def test_alternatives_beat_the_best_in_one_respect_each(world: World) -> None:
    products = [new_product() for _ in range(3)]
    for index, product in enumerate(products):
        angle = 2 * math.pi * index / 3
        store = world.open_store(
            f"Cheap {index}", location=world.at(north=1500 * math.cos(angle), east=1500 * math.sin(angle))
        )
        world.stock(store, {product: "1.00"})
    world.stock(world.open_store("All in one", location=world.at(north=300)), dict.fromkeys(products, "3.00"))
    free = trip_pb2.TravelCost(
        per_kilometre=money_pb2.Money(currency_code="EUR"),
        per_minute=money_pb2.Money(currency_code="EUR", nanos=10_000_000),
    )

    plan = world.trips().PlanTrip(plan_request(world, *products, travel_cost=free))

    assert len(plan.trip.stops) == 3
    (one,) = plan.alternatives
    assert list(one.goals) == [trip_pb2.TRIP_GOAL_FEWEST_STOPS, trip_pb2.TRIP_GOAL_FASTEST]
    assert names(one.trip) == ["All in one"]
    assert cents(one.trip.total) > cents(plan.trip.total)
    assert one.trip.legs[0].polyline


def test_one_currency_a_plan(world: World) -> None:
    milk, bread = new_product(), new_product()
    world.stock(world.open_store("Euros", location=world.at(north=300)), {milk: "1.00"})
    rupees = world.open_store("Rupees", location=world.at(north=200))
    world.inventory.stores.append(
        StoreOffers(
            wire.store_id(rupees.id),
            wire.merchant_id(rupees.merchant_id),
            wire.point(rupees.location),
            (ItemOffer(bread, wire.item_id("item_" + "0" * 26), "Bread", Money(4500, "INR"), 9000),),
        )
    )
    stub = world.trips()

    nearest = stub.PlanTrip(plan_request(world, milk, bread))
    assert nearest.currency_code == "INR"
    assert [entry.reason for entry in nearest.unfilled] == [trip_pb2.UNFILLED_REASON_OTHER_CURRENCY]
    asked = stub.PlanTrip(plan_request(world, milk, bread, currency_code="EUR"))
    assert (asked.currency_code, names(asked.trip)) == ("EUR", ["Euros"])
    assert any("other currencies" in note for note in asked.optimality.notes)


def test_nothing_nearby_is_an_answer(world: World) -> None:
    gold = new_product()

    plan = world.trips().PlanTrip(plan_request(world, gold))

    assert plan.optimality.status == trip_pb2.PLAN_STATUS_INFEASIBLE
    assert [entry.reason for entry in plan.unfilled] == [trip_pb2.UNFILLED_REASON_NOT_SOLD_NEARBY]
    assert not plan.trip.stops


def test_closed_stores_are_left_out(world: World) -> None:
    milk = new_product()
    shut = world.open_store("Shut", location=world.at(north=100), state=store_pb2.STORE_STATE_CLOSED)
    world.stock(shut, {milk: "0.50"})
    world.stock(world.open_store("Open", location=world.at(north=500)), {milk: "1.00"})

    assert names(world.trips().PlanTrip(plan_request(world, milk)).trip) == ["Open"]


def test_stores_that_inventory_left_out_spoil_the_proof(world: World) -> None:
    milk = new_product()
    world.stock(world.open_store("Open", location=world.at(north=500)), {milk: "1.00"})
    world.inventory.unseen = 3

    optimality = world.trips().PlanTrip(plan_request(world, milk)).optimality

    assert optimality.status == trip_pb2.PLAN_STATUS_FEASIBLE
    assert (optimality.stores_in_reach, optimality.stores_left_out) == (4, 3)


def test_too_many_plans_at_once_are_sent_away(world: World) -> None:
    milk = new_product()
    world.stock(world.open_store("Open", location=world.at(north=500)), {milk: "1.00"})
    stub = world.trips()

    def ask(_: int) -> str:
        try:
            stub.PlanTrip(plan_request(world, milk))
        except grpc.RpcError as error:
            return str(error.details())
        return "planned"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(32)))

    assert answers.count("planned") >= 8
    assert set(answers) <= {"planned", "Too many trips are being planned. Try again in a moment."}


def test_matches_come_full_ones_first_then_by_what_they_have(world: World) -> None:
    milk, bread, gold = new_product(), new_product(), new_product()
    world.stock(world.open_store("Half", location=world.at(north=100)), {milk: "0.50"})
    world.stock(world.open_store("Dear", location=world.at(north=200)), {milk: "2.00", bread: "3.00"})
    world.stock(world.open_store("Cheap", location=world.at(north=900)), {milk: "1.00", bread: "2.00"})
    world.stock(world.open_store("Away", location=world.at(north=11_000)), {milk: "1.00", bread: "2.00"})
    stub = world.trips()
    ask = pb.ListMatchesRequest(wanted=wanted(milk, bread), start=wire.point_message(world.centre), page_size=2)

    first = stub.ListMatches(ask)
    ask.page_token = first.next_page_token
    second = stub.ListMatches(ask)

    found = [*first.matches, *second.matches]
    assert [match.display_name for match in found] == ["Cheap", "Dear", "Half"]
    assert [match.kind for match in found] == [
        trip_pb2.MATCH_KIND_FULL,
        trip_pb2.MATCH_KIND_FULL,
        trip_pb2.MATCH_KIND_PARTIAL,
    ]
    assert not second.next_page_token
    half = found[2]
    assert [(item.product_id, item.quantity.value) for item in half.missing] == [(wire.product_text(bread), "1")]
    assert cents(half.goods_total) == 50
    assert half.distance_metres == pytest.approx(100, abs=1)
    full = pb.ListMatchesRequest(
        wanted=wanted(milk, gold), start=wire.point_message(world.centre), kind=trip_pb2.MATCH_KIND_FULL
    )
    answer = stub.ListMatches(full)
    assert not answer.matches
    assert [entry.product_id for entry in answer.unfilled] == [wire.product_text(gold)]
