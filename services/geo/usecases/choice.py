"""Choosing a trip by the table of roads, and measuring it on the road."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from services.geo.domain.candidates import at_least, by_promise
from services.geo.domain.model import model, travel_table
from services.geo.domain.purchaser.problem import DEPOT
from services.geo.domain.trip import Trip, priced_legs, stops_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.geo.clients import Roads
    from services.geo.domain.candidates import Journey
    from services.geo.domain.identity import StoreId
    from services.geo.domain.model import Model, TravelTable
    from services.geo.domain.shopping import Market, ShoppingList, StoreOffers
    from services.geo.domain.store import Store
    from services.geo.domain.trip import TripRequest
    from services.geo.usecases.deps import TripDeps

# Seconds of a call's deadline kept for measuring the legs and answering.
_RESERVE = 1.5
# The most stores that are weighed by straight lines when there are too many to measure the roads between.
_MOST_WEIGHED = 150
# The share of a trip's cost by which its legs may turn out dearer without the choice being made again: a table's
# whole seconds, and where exactly on a road a point is put, make such a difference.
_NOISE = 0.002
# Seconds for a call without a deadline.
_ENOUGH = 60.0

NO_TRIP = Trip((), ())


@dataclass(frozen=True, slots=True)
class Case:
    """What is known before any road is."""

    request: TripRequest
    shopping: ShoppingList
    market: Market
    stores: Mapping[StoreId, Store]
    journey: Journey


@dataclass(frozen=True, slots=True)
class Choice:
    """Stops chosen by a table, what they cost by it and what is proven, and the trip on the road."""

    model: Model
    travel: TravelTable
    stops: tuple[int, ...]
    trip: Trip
    # Cost units by the table; penalties left out of both. No answer that buys as much costs less than `lower`.
    cost: int
    lower: int

    @property
    def is_proven(self) -> bool:
        """Whether no answer that buys as much is cheaper, by the table."""
        return self.lower == self.cost


@dataclass(frozen=True, slots=True)
class Field:
    """The stores that a choice is made among, with their roads, and how many of those in reach are not."""

    stores: tuple[StoreOffers, ...]
    travel: TravelTable
    # On no trip that is cheaper than one already found.
    excluded: int
    # Too many to look at.
    left_out: int


def narrowed(case: Case, roads: Roads, *, deps: TripDeps) -> Field:
    """The stores to choose among: all in reach, or, where they are too many, those that a best trip could visit."""
    ordered = by_promise(case.shopping.wanted, case.market, case.journey)
    promising = ordered[: deps.most_stores]
    travel = _measured_table(case, roads, promising)
    if len(ordered) == len(promising):
        return Field(tuple(promising), travel, 0, 0)
    # A good trip among the promising ones, unproven, is what the others have to beat.
    rough = deps.planner.best(_model(case, promising, travel), seconds=0.0).answer.stops
    weighed = ordered[:_MOST_WEIGHED]
    every = _model(case, weighed, at_least(travel, weighed, case.journey))
    possible = [weighed[node - 1] for node in deps.planner.possible(every, rough)]
    stores = possible[: deps.most_stores]
    left_out = len(possible) - len(stores) + len(ordered) - len(weighed)
    return Field(tuple(stores), _measured_table(case, roads, stores), len(ordered) - len(stores) - left_out, left_out)


def choose(case: Case, roads: Roads, field: Field, *, deps: TripDeps) -> Choice:
    """The best trip by the field's table; where its legs turn out much dearer on the road, by the table put right.

    That is done once. Of the two trips the one that costs less on the road is taken; either is proven, if it is, by
    the table that it was chosen by. Raises RoadsUnavailable.
    """
    first = _chosen(case, roads, field, start=None, deps=deps)
    legs = _leg_costs(first)
    dearer = sum(max(cost - field.travel.costs[here][there], 0) for (here, there), cost in legs.items())
    if dearer * first.model.scale <= first.cost * _NOISE:
        return first
    corrected = replace(field, travel=field.travel.corrected(legs))
    second = _chosen(case, roads, corrected, start=first.stops, deps=deps)
    return min((second, first), key=lambda choice: (second.model.penalties(choice.stops), choice.trip.total))


def measured(case: Case, roads: Roads, problem: Model, stops: tuple[int, ...]) -> Trip:
    """An answer as a trip on the road. Raises RoadsUnavailable."""
    if not stops:
        return NO_TRIP
    request = case.request
    points = [request.start, *(problem.stores[node - 1].location for node in stops)]
    if request.end is not None:
        points.append(request.end)
    route = roads.route(points, request.mode)
    legs = priced_legs(route, case.journey.cost, stops=len(stops), stop_seconds=request.stop_seconds)
    return Trip(stops_of(problem, stops, case.shopping.wanted, case.stores), legs)


def _measured_table(case: Case, roads: Roads, stores: Sequence[StoreOffers]) -> TravelTable:
    request = case.request
    ways = roads.ways(request.start, [store.location for store in stores], request.end, request.mode)
    return travel_table(ways, case.journey.cost, stop_seconds=request.stop_seconds)


def _model(case: Case, stores: Sequence[StoreOffers], travel: TravelTable) -> Model:
    market = replace(case.market, stores=tuple(stores))
    return model(case.shopping.wanted, market, travel, max_stops=case.request.max_stops)


def _chosen(case: Case, roads: Roads, field: Field, *, start: tuple[int, ...] | None, deps: TripDeps) -> Choice:
    problem = _model(case, field.stores, field.travel)
    left = deps.remaining()
    seconds = max((_ENOUGH if left is None else left) - _RESERVE, 0.0)
    proof = deps.planner.best(problem, start=start, seconds=seconds)
    stops = proof.answer.stops
    penalties = problem.penalties(stops)
    return Choice(
        problem,
        field.travel,
        stops,
        measured(case, roads, problem, stops),
        cost=proof.answer.cost - penalties,
        lower=max(proof.lower_bound - penalties, 0),
    )


def _leg_costs(choice: Choice) -> dict[tuple[int, int], int]:
    """What each arc of the trip costs on the road, in minor units."""
    # An open end has no last leg.
    arcs = list(pairwise((DEPOT, *choice.stops, DEPOT)))[: len(choice.trip.legs)]
    return {arc: leg.cost for arc, leg in zip(arcs, choice.trip.legs, strict=True)}
