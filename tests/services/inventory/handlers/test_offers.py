"""OfferService: what geo plans trips with."""

from __future__ import annotations

import math
import random
import uuid
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.inventory.v1 import item_pb2, item_service_pb2, offer_service_pb2
from google.type import latlng_pb2

from services.kit.ids import to_text
from services.kit.place import GeoPoint
from tests.harness import refusal
from tests.services.inventory.world import decimal, euros, new_id, product, rupees

if TYPE_CHECKING:
    from tests.services.inventory.world import World

# Each test searches around a spot of its own, far from the others'.
METRES_OF_A_DEGREE = 111_195


@pytest.fixture
def spot() -> GeoPoint:
    return GeoPoint(random.uniform(-60, 60), random.uniform(-170, 170))  # noqa: S311 - anywhere will do


def beside(spot: GeoPoint, *, east: float = 0, north: float = 0) -> tuple[float, float]:
    """A point so many metres away."""
    latitude = spot.latitude + north / METRES_OF_A_DEGREE
    return latitude, spot.longitude + east / METRES_OF_A_DEGREE / math.cos(math.radians(spot.latitude))


def find(world: World, spot: GeoPoint, wanted: dict[str, object], **more: Any) -> list[offer_service_pb2.StoreOffers]:
    return world.find(wanted, latitude=spot.latitude, longitude=spot.longitude, **more)


def sell(world: World, store: str, code: str, quantity: object = 10, price: int = 1, **more: Any) -> str:
    item = world.item(code, price=euros(price), **more)
    world.put(item.id, store, quantity)
    return item.id


def test_full_and_partial_cover_come_back_most_complete_first(world: World, spot: GeoPoint) -> None:
    full = world.store(*beside(spot, east=3000))
    part = world.store(*beside(spot, east=100))
    none = world.store(*beside(spot, east=50))
    milk = sell(world, full, "milk-semi-1l", 10, price=2)
    world.put(milk, part, 1)
    sell(world, full, "bread-rye", "2.5")
    sell(world, none, "hammer")
    found = find(world, spot, {"bread-rye": 1, "milk-semi-1l": 3})
    assert [(store.store_id, store.complete) for store in found] == [(full, 2), (part, 0)]
    assert found[0].merchant_id == world.merchant_id
    assert [offer.product_id for offer in found[0].offers] == [product("bread-rye"), product("milk-semi-1l")]
    offer = found[0].offers[1]
    assert (offer.item_id, offer.item_name) == (milk, "Semi-skimmed milk 1 l")
    assert (offer.unit_price, offer.available.value) == (euros(2), "10")
    assert found[1].offers[0].available.value == "1"
    assert found[0].distance_metres == pytest.approx(3000, rel=0.01)
    assert found[0].location.latitude == pytest.approx(beside(spot, east=3000)[0], abs=1e-6)


def test_the_radius_is_exact(world: World, spot: GeoPoint) -> None:
    stores = {}
    for metres in (9_800, 9_900, 9_990, 10_010, 10_100, 10_200):
        for east, north in ((metres, 0), (-metres, 0), (0, metres), (0, -metres)):
            stores[world.store(*beside(spot, east=east, north=north))] = (east, north)
    item = world.item("milk-semi-1l")
    for store in stores:
        world.put(item.id, store)
    found = {store.store_id: store.distance_metres for store in find(world, spot, {"milk-semi-1l": 1})}
    exact = dict(
        world.query(
            "SELECT store_id::text, ST_Distance(location, ST_MakePoint(%s, %s)::geography) FROM store_places"
            " WHERE merchant_id = %s",
            spot.longitude,
            spot.latitude,
            world.merchant,
        )
    )
    inside = {to_text("sto", uuid.UUID(store)) for store, metres in exact.items() if metres <= 10_000}
    assert set(found) == inside
    assert 4 <= len(inside) < len(stores)


def test_a_store_names_its_best_item(world: World, spot: GeoPoint) -> None:
    store = world.store(*beside(spot))
    cheap_but_few = sell(world, store, "milk-semi-1l", 2, price=1)
    cheap = sell(world, store, "milk-semi-1l", 20, price=2)
    sell(world, store, "milk-semi-1l", 50, price=3)

    def best(quantity: int) -> tuple[str, int]:
        (found,) = find(world, spot, {"milk-semi-1l": quantity})
        return found.offers[0].item_id, found.complete

    assert best(2) == (cheap_but_few, 1)
    assert best(3) == (cheap, 1)
    assert find(world, spot, {"milk-semi-1l": 99})[0].offers[0].available.value == "50"


def test_what_is_not_for_sale_is_not_offered(world: World, spot: GeoPoint) -> None:
    store = world.store(*beside(spot))
    sold_out = world.item("milk-semi-1l")
    world.put(sold_out.id, store, 3)
    world.take(store, {sold_out.id: 3})
    unlinked = world.items.CreateItem(
        item_service_pb2.CreateItemRequest(item=item_pb2.Item(name="Milk", unit_price=euros(1)), request_id=new_id())
    )
    world.put(unlinked.id, store, 3)
    other_currency = world.item("milk-semi-1l", price=rupees(60))
    world.put(other_currency.id, store, 3)
    deleted = sell(world, store, "milk-semi-1l")
    world.items.DeleteItem(item_service_pb2.DeleteItemRequest(id=deleted))
    assert find(world, spot, {"milk-semi-1l": 1}) == []
    assert find(world, spot, {"milk-semi-1l": 1}, currency="INR")[0].offers[0].item_id == other_currency.id
    in_euros = sell(world, store, "milk-semi-1l")
    (any_currency,) = find(world, spot, {"milk-semi-1l": 1}, currency="")
    assert [offer.item_id for offer in any_currency.offers] == [in_euros, other_currency.id]
    assert any_currency.complete == 1


def test_a_store_moves_closes_and_opens(world: World, spot: GeoPoint) -> None:
    store_uuid = uuid.uuid4()

    def place(version: int, *, east: float = 0, is_open: bool = True) -> None:
        world.store(*beside(spot, east=east), store=store_uuid, version=version, is_open=is_open)

    def distances() -> list[float]:
        return [round(store.distance_metres, -2) for store in find(world, spot, {"milk-semi-1l": 1})]

    place(1)
    item = sell(world, to_text("sto", store_uuid), "milk-semi-1l")
    assert distances() == [0]
    place(3, east=5000)
    assert distances() == [5000]
    place(2)
    assert distances() == [5000], "old news changes nothing"
    place(4, is_open=False)
    assert distances() == []
    later = sell(world, to_text("sto", store_uuid), "bread-rye")
    assert find(world, spot, {"bread-rye": 1}) == []
    place(5, east=100)
    assert distances() == [100]
    assert {
        offer.item_id for store in find(world, spot, {"bread-rye": 1, "milk-semi-1l": 1}) for offer in store.offers
    } == {
        item,
        later,
    }


def test_a_limit_loses_no_products_best_store(world: World, spot: GeoPoint) -> None:
    rich = [world.store(*beside(spot, east=200 + step)) for step in range(0, 1000, 100)]
    milk, bread = world.item("milk-semi-1l", price=euros(5)), world.item("bread-rye", price=euros(5))
    for store in rich:
        world.put(milk.id, store)
        world.put(bread.id, store)
    far_and_cheap = world.store(*beside(spot, east=9000))
    sell(world, far_and_cheap, "milk-semi-1l", price=1)
    only_here = world.store(*beside(spot, east=8000))
    sell(world, only_here, "hammer")
    found = [
        store.store_id for store in find(world, spot, {"milk-semi-1l": 1, "bread-rye": 1, "hammer": 1}, max_stores=1)
    ]
    assert found[0] == rich[0]
    assert {far_and_cheap, only_here} <= set(found)
    assert len(found) < len(rich) + 2
    request = offer_service_pb2.FindOffersRequest(
        origin=latlng_pb2.LatLng(latitude=spot.latitude, longitude=spot.longitude),
        radius_metres=10_000,
        wanted=[
            offer_service_pb2.WantedProduct(product_id=product(code), quantity=decimal(1))
            for code in ("milk-semi-1l", "bread-rye", "hammer")
        ],
        max_stores=1,
    )
    assert world.offers.FindOffers(request).stores_left_out == len(rich) + 2 - len(found)
    request.max_stores = 0
    assert world.offers.FindOffers(request).stores_left_out == 0


def test_the_same_search_answers_the_same(world: World, spot: GeoPoint) -> None:
    stores = [world.store(*beside(spot)) for _ in range(6)]
    item = world.item("milk-semi-1l")
    for store in stores:
        world.put(item.id, store)
    answers = [[store.store_id for store in find(world, spot, {"milk-semi-1l": 1})] for _ in range(3)]
    assert answers == [sorted(stores)] * 3


def test_the_date_line_divides_nothing(world: World) -> None:
    west, east = world.store(-17.0, 179.99), world.store(-17.0, -179.99)
    item = world.item("milk-semi-1l")
    for store in (west, east):
        world.put(item.id, store)
    found = find(world, GeoPoint(-17.0, 179.999), {"milk-semi-1l": 1})
    assert [store.store_id for store in found] == [west, east]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"origin": None}, "origin"),
        ({"origin": latlng_pb2.LatLng(latitude=91)}, "origin"),
        ({"origin": latlng_pb2.LatLng(longitude=float("nan"))}, "origin"),
        ({"radius_metres": 0}, "radius_metres"),
        ({"radius_metres": 50_001}, "radius_metres"),
        ({"radius_metres": float("nan")}, "radius_metres"),
        ({"wanted": []}, "wanted"),
        ({"wanted": [("milk-semi-1l", 0)]}, "wanted[0].quantity"),
        ({"wanted": [("milk-semi-1l", 1), ("milk-semi-1l", 2)]}, "wanted"),
        ({"currency_code": "eur"}, "currency_code"),
        ({"max_stores": -1}, "max_stores"),
    ],
)
def test_bad_fields_are_named(world: World, fields: dict[str, Any], named: str) -> None:
    whole: dict[str, Any] = {
        "origin": latlng_pb2.LatLng(latitude=60, longitude=25),
        "radius_metres": 1000,
        "wanted": [("milk-semi-1l", 1)],
        "currency_code": "EUR",
    } | fields
    whole["wanted"] = [
        offer_service_pb2.WantedProduct(product_id=product(code), quantity=decimal(quantity))
        for code, quantity in whole["wanted"]
    ]
    with pytest.raises(grpc.RpcError) as caught:
        world.offers.FindOffers(offer_service_pb2.FindOffersRequest(**whole))
    assert named in refusal(caught.value).fields
