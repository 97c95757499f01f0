"""Shops and roads as whole numbers: what is computed with them is what people pay."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.geo.domain.identity import ItemId, MerchantId, ProductId, StoreId
from services.geo.domain.model import Model, TravelTable, goods_first, model, time_first, travel_table
from services.geo.domain.purchaser.problem import NO_ARC
from services.geo.domain.purchaser.search import search
from services.geo.domain.roads import Way, Ways
from services.geo.domain.shopping import ItemOffer, Market, StoreOffers, Wanted
from services.geo.domain.travel_cost import TravelCost
from services.kit.money import Money
from services.kit.place import GeoPoint

PRODUCTS = [ProductId(UUID(int=index)) for index in range(3)]
COST = TravelCost(Money(100, "EUR"), Money(60, "EUR"))


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Wanted], Market, TravelTable]:
    whole = draw(st.booleans())
    unit = 1000 if whole else draw(st.sampled_from((1, 50, 125)))
    wanted = [Wanted(product, draw(st.integers(1, 6)) * unit) for product in PRODUCTS[: draw(st.integers(1, 3))]]
    stores = []
    for index in range(draw(st.integers(1, 4))):
        offers = [
            ItemOffer(
                line.product,
                ItemId(UUID(int=0)),
                "",
                Money(draw(st.integers(0, 500)), "EUR"),
                draw(st.integers(1, 8)) * unit,
            )
            for line in wanted
            if draw(st.booleans())
        ]
        stores.append(StoreOffers(StoreId(UUID(int=index)), MerchantId(UUID(int=index)), GeoPoint(0, 0), tuple(offers)))
    ways = st.integers(0, 5000).map(lambda metres: Way(metres, metres // 10))
    table = travel_table(
        Ways(
            outward=tuple(draw(ways) for _ in stores),
            between=tuple(tuple(draw(ways) for _ in stores) for _ in stores),
            homeward=tuple(draw(ways) for _ in stores),
        ),
        COST,
        stop_seconds=60,
    )
    return wanted, Market("EUR", tuple(stores)), table


@given(markets())
def test_units_are_exact_money(case: tuple[list[Wanted], Market, TravelTable]) -> None:
    wanted, market, table = case
    built = model(wanted, market, table, max_stops=None)

    for length in range(1, built.problem.size):
        for stops in permutations(range(1, built.problem.size), length):
            goods = Fraction(0)
            bought = dict.fromkeys(range(len(wanted)), 0)
            for node, basket in zip(stops, built.bought(stops), strict=True):
                for index, milli in basket.items():
                    offer = market.stores[node - 1].offer(wanted[index].product)
                    assert offer is not None
                    assert 0 < milli <= offer.milli
                    bought[index] += milli
                    goods += Fraction(offer.unit_price.minor * milli, 1000)
            assert all(bought[index] <= line.milli for index, line in enumerate(wanted))
            travel = sum(table.costs[here][there] for here, there in zip((0, *stops), (*stops, 0), strict=True))
            units = built.problem.cost(stops) - built.penalties(stops)
            assert units == (goods + travel) * built.scale


@given(markets())
def test_no_saving_is_worth_a_lot_unbought(case: tuple[list[Wanted], Market, TravelTable]) -> None:
    wanted, market, table = case
    built = model(wanted, market, table, max_stops=None)
    everywhere = tuple(range(1, built.problem.size))

    best = search(built.problem, rounds=30).stops

    assert built.penalties(best) == built.penalties(everywhere)


@given(markets())
def test_goals_come_first(case: tuple[list[Wanted], Market, TravelTable]) -> None:
    wanted, market, table = case
    built = model(wanted, market, table, max_stops=None)
    everywhere = tuple(range(1, built.problem.size))

    def goods(stops: tuple[int, ...]) -> int:
        return built.problem.goods_cost(stops)

    def seconds(stops: tuple[int, ...]) -> int:
        return sum(table.seconds[here][there] for here, there in zip((0, *stops), (*stops, 0), strict=True))

    cheapest = search(goods_first(built.problem), rounds=30).stops
    assert goods(cheapest) == goods(everywhere)
    fastest = search(time_first(built.problem, table), rounds=30).stops
    usual = search(built.problem, rounds=30).stops
    assert built.penalties(fastest) == built.penalties(usual)
    assert seconds(fastest) <= seconds(usual)


def _one_store(unit_price: int, milli: int, *, wanted: int = 2000) -> Model:
    offer = ItemOffer(PRODUCTS[0], ItemId(UUID(int=0)), "", Money(unit_price, "EUR"), milli)
    store = StoreOffers(StoreId(UUID(int=1)), MerchantId(UUID(int=1)), GeoPoint(0, 0), (offer,))
    table = TravelTable(((0, 5), (5, 0)), ((0, 5), (5, 0)))
    return model([Wanted(PRODUCTS[0], wanted)], Market("EUR", (store,)), table, max_stops=None)


def test_whole_quantities_are_counted_in_minor_units() -> None:
    built = _one_store(150, 9000)

    assert (built.scale, built.lots) == (1, (2000,))
    assert built.problem.cost((1,)) == 300 + 10


def test_parts_of_a_unit_are_counted_in_thousandths_and_rounded_for_people() -> None:
    built = _one_store(333, 9000, wanted=1500)

    assert built.scale == 1000
    assert built.problem.cost((1,)) == 333 * 1500 + 10_000
    assert built.minor(built.problem.cost((1,))) == 510
    assert built.minor(499) == 0
    assert built.minor(500) == 1


def test_absurd_amounts_break_nothing() -> None:
    fine = _one_store(3, 99_999_999, wanted=99_999_989)
    assert fine.problem.wants[0].quantity <= 10_000 or fine.lots[0] == 99_999_989
    dear = _one_store(10**14, 9000)
    assert dear.problem.wants[0].offers == ()
    for built in (fine, dear):
        assert sum(want.penalty * want.quantity for want in built.problem.wants) < 2**62


def test_no_road_is_no_arc_and_an_open_end_is_free() -> None:
    table = travel_table(Ways((None,), ((Way(0, 0),),), None), COST, stop_seconds=0)
    assert table.costs == ((0, NO_ARC), (0, NO_ARC))
    direct = travel_table(Ways((Way(1000, 0),), ((Way(0, 0),),), (Way(2000, 60),), Way(3000, 0)), COST, stop_seconds=60)
    assert direct.costs == ((300, 160), (260, NO_ARC))
    assert direct.corrected({(0, 1): 7}).costs[0][1] == 7
