"""Trips against each other."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple, cast
from uuid import UUID

from services.geo.domain.trip import AlternativeTrip, Optimality, PlanStatus, Trip, TripGoal, worthwhile


class _Offers(NamedTuple):
    store: UUID


class _Stop(NamedTuple):
    offers: _Offers


class _Measured(NamedTuple):
    """As much of a Trip as is compared."""

    stops: tuple[_Stop, ...]
    measures: tuple[int, int, int, int]


def trip(name: int, *measures: int) -> Trip:
    count, goods, seconds, total = measures
    return cast("Trip", _Measured((_Stop(_Offers(UUID(int=name))),), (count, goods, seconds, total)))


BEST = trip(0, 3, 100, 600, 150)


def test_what_is_better_in_nothing_is_dropped() -> None:
    worse = trip(1, 3, 110, 600, 160)
    same = trip(2, 3, 100, 600, 150)

    assert worthwhile(BEST, [(TripGoal.FASTEST, worse), (TripGoal.CHEAPEST_GOODS, same)]) == ()


def test_one_trip_found_for_two_goals_is_shown_once() -> None:
    quick = trip(1, 1, 140, 300, 170)

    assert worthwhile(BEST, [(TripGoal.FEWEST_STOPS, quick), (TripGoal.FASTEST, quick)]) == (
        AlternativeTrip((TripGoal.FEWEST_STOPS, TripGoal.FASTEST), quick),
    )


def test_alternatives_drop_each_other() -> None:
    dull, bright = trip(1, 2, 130, 500, 160), trip(2, 2, 120, 400, 155)

    found = worthwhile(BEST, [(TripGoal.FEWEST_STOPS, dull), (TripGoal.FASTEST, bright)])

    assert [other.trip for other in found] == [bright]


def test_the_gap_is_a_share_of_the_total() -> None:
    def gap(total: int, bound: int) -> float:
        return Optimality(
            status=PlanStatus.FEASIBLE,
            chosen_total=total,
            lower_bound=bound,
            stores_in_reach=1,
            stores_considered=1,
            stores_excluded=0,
            stores_left_out=0,
            solve_duration=timedelta(),
        ).gap

    assert gap(200, 150) == 0.25
    assert gap(0, 0) == 0.0
