"""The places in which trips are computed."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from services.geo.domain.errors import PlannerBusy
from services.geo.domain.identity import ItemId, MerchantId, ProductId, StoreId
from services.geo.domain.model import Model, TravelTable, model
from services.geo.domain.shopping import ItemOffer, Market, StoreOffers, Wanted
from services.geo.domain.trip import TripGoal
from services.geo.solver.planner import Limits, Planner
from services.kit.money import Money
from services.kit.place import GeoPoint

PRODUCT = ProductId(UUID(int=1))
TABLE = TravelTable(((0, 5, 9), (5, 0, 3), (9, 3, 0)), ((0, 9, 2), (9, 0, 3), (2, 3, 0)))


def two_stores(first: int, second: int) -> Model:
    stores = tuple(
        StoreOffers(
            StoreId(UUID(int=index)),
            MerchantId(UUID(int=index)),
            GeoPoint(0, 0),
            (ItemOffer(PRODUCT, ItemId(UUID(int=0)), "", Money(price, "EUR"), 9000),),
        )
        for index, price in enumerate((first, second))
    )
    return model([Wanted(PRODUCT, 1000)], Market("EUR", stores), TABLE, max_stops=None)


def test_the_best_is_proven_and_alternatives_pursue_their_goals() -> None:
    planner = Planner(places=1, waiting=0, limits=Limits(search=0.01), monotonic=time.monotonic)
    built = two_stores(10, 10)

    proof = planner.best(built, seconds=5)

    assert proof.is_optimal
    assert proof.answer.stops == (1,)
    assert planner.alternatives(built, TABLE, (1,)) == [(TripGoal.FASTEST, (2,))]
    dearer = two_stores(10, 8)
    assert planner.alternatives(dearer, TABLE, (1,)) == [(TripGoal.CHEAPEST_GOODS, (2,)), (TripGoal.FASTEST, (2,))]
    planner.close()


def test_whoever_finds_no_place_is_sent_away_and_places_come_free_again() -> None:
    entered, leave = threading.Event(), threading.Event()

    def clock() -> float:
        # Holds the computation in its place until the test lets it go.
        if threading.current_thread().name.startswith("plan"):
            entered.set()
            leave.wait(10)
        return time.monotonic()

    planner = Planner(places=1, waiting=0, limits=Limits(search=0.01), monotonic=clock)
    built = two_stores(10, 10)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(planner.best, built, seconds=60)
        assert entered.wait(10)
        with pytest.raises(PlannerBusy) as busy:
            planner.alternatives(built, TABLE, (1,))
        assert busy.value.retry_after is not None
        leave.set()
        assert running.result(10).is_optimal
    assert planner.best(built, seconds=5).is_optimal
    planner.close()


def test_a_failed_computation_gives_its_place_back() -> None:
    def broken() -> float:
        raise ArithmeticError

    planner = Planner(places=1, waiting=0, limits=Limits(), monotonic=broken)
    for _ in range(3):
        with pytest.raises(ArithmeticError):
            planner.best(two_stores(1, 2), seconds=1)
    planner.close()
