"""Choosing among too many stores."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.geo.domain.candidates import Journey, at_least, by_promise
from services.geo.domain.identity import ItemId, MerchantId, ProductId, StoreId
from services.geo.domain.model import travel_table
from services.geo.domain.roads import TravelMode, estimated_ways
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


def test_a_table_of_stores_not_measured_undercuts_every_road() -> None:
    stores = [store(index, kilometres, {MILK: 100}) for index, kilometres in enumerate((1, 2, 3))]
    points = [stores[index].location for index in range(3)]
    full = travel_table(
        estimated_ways(START, points, START, TravelMode.DRIVE), JOURNEY.cost, stop_seconds=JOURNEY.stop_seconds
    )
    one = travel_table(
        estimated_ways(START, points[:1], START, TravelMode.DRIVE), JOURNEY.cost, stop_seconds=JOURNEY.stop_seconds
    )

    bound = at_least(one, stores, JOURNEY)

    assert bound.costs[0][1] == full.costs[0][1]
    assert bound.costs[1][0] == full.costs[1][0]
    for here in range(4):
        for there in range(4):
            assert here == there or bound.costs[here][there] <= full.costs[here][there]
    # The time in the shop is in every arc that ends at one.
    assert bound.costs[0][3] >= 100
    anywhere = at_least(one, stores, replace(JOURNEY, end=None))
    assert [row[0] for row in anywhere.costs[2:]] == [0, 0]
