"""Choosing among too many stores."""

from __future__ import annotations

from uuid import UUID

from services.geo.domain.candidates import Journey, by_promise, cannot_be_on, goods_floor
from services.geo.domain.identity import ItemId, MerchantId, ProductId, StoreId
from services.geo.domain.roads import TravelMode
from services.geo.domain.shopping import ItemOffer, Market, StoreOffers, Wanted
from services.geo.domain.travel_cost import TravelCost
from services.kit.money import Money
from services.kit.place import GeoPoint

MILK, BREAD = ProductId(UUID(int=1)), ProductId(UUID(int=2))
START = GeoPoint(0, 0)
JOURNEY = Journey(
    start=START,
    end=START,
    mode=TravelMode.DRIVE,
    cost=TravelCost(Money(25, "EUR"), Money(20, "EUR")),
    stop_seconds=300,
)


def store(index: int, kilometres: float, prices: dict[ProductId, int], milli: int = 5000) -> StoreOffers:
    offers = tuple(
        ItemOffer(product, ItemId(UUID(int=0)), "", Money(price, "EUR"), milli) for product, price in prices.items()
    )
    return StoreOffers(StoreId(UUID(int=index)), MerchantId(UUID(int=index)), GeoPoint(0, kilometres / 111.195), offers)


def test_every_want_has_its_cheapest_stores_before_any_other() -> None:
    rare = store(1, 9, {BREAD: 900}, milli=500)
    rest = store(2, 9.5, {BREAD: 901}, milli=700)
    many = [store(index, 1, {MILK: 100}) for index in range(3, 40)]
    market = Market("EUR", (*many, rare, rest))

    ordered = by_promise([Wanted(MILK, 1000), Wanted(BREAD, 1000)], market, JOURNEY)

    assert len(ordered) == 39
    # One for the milk, and the two that only together have enough bread.
    assert set(ordered[1:3]) == {rare, rest}


def test_a_far_store_cannot_be_on_a_cheap_trip() -> None:
    near, far = store(1, 1, {MILK: 100}), store(2, 40, {MILK: 1})
    market = Market("EUR", (near, far))
    wanted = [Wanted(MILK, 1000)]
    floor = goods_floor(wanted, market)

    assert floor == 1
    assert cannot_be_on(800, floor, JOURNEY, far)
    assert not cannot_be_on(800, floor, JOURNEY, near)


def test_the_floor_takes_the_cheapest_of_all_and_no_more_than_there_is() -> None:
    market = Market("EUR", (store(1, 1, {MILK: 100}, milli=500), store(2, 1, {MILK: 50}, milli=1000)))

    assert goods_floor([Wanted(MILK, 4000)], market) == 50 + 50
