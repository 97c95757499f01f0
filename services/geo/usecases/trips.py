"""Planning a trip: from a list to stops, purchases, roads, and what is known about how good it all is."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from services.geo.clients import Roads, RoadsUnavailable
from services.geo.domain.candidates import Journey
from services.geo.domain.roads import RoadSource
from services.geo.domain.shortage import reachable, unfilled
from services.geo.domain.travel_cost import travel_cost
from services.geo.domain.trip import (
    AlternativeTrip,
    Optimality,
    PlanStatus,
    RoutePlan,
    Trip,
    TripGoal,
    TripRequest,
    worthwhile,
)
from services.geo.usecases.choice import NO_TRIP, Case, Choice, Field, choose, measured, narrowed
from services.geo.usecases.market import read_list, read_market
from services.kit.money import Money

if TYPE_CHECKING:
    from services.geo.domain.identity import AccountId, ShoppingListId
    from services.geo.domain.shopping import Market, ShoppingList
    from services.geo.usecases.deps import TripDeps

_LOG = logging.getLogger(__name__)

# The share by which a trip's cost on the road must differ from that by the table for a note to say so.
_WORTH_TELLING = 0.01
# Seconds of a call's deadline without which alternatives are left out.
_ALTERNATIVES_NEED = 2.0


def plan(
    account_id: AccountId, source: ShoppingList | ShoppingListId, request: TripRequest, *, deps: TripDeps
) -> RoutePlan:
    """The best trip for a list. Raises the failures that TripService.PlanTrip names."""
    shopping = read_list(account_id, source, deps=deps)
    market, stores = read_market(
        shopping, around=request.start, radius_metres=request.radius_metres, currency=request.currency, deps=deps
    )
    if not market.stores:
        return _nowhere(shopping, market)
    cost = travel_cost(
        market.currency, request.mode, per_kilometre=request.per_kilometre, per_minute=request.per_minute
    )
    journey = Journey(
        start=request.start, end=request.end, mode=request.mode, cost=cost, stop_seconds=request.stop_seconds
    )
    case = Case(request, shopping, market, stores, journey)
    *networks, estimate = deps.roads
    for roads in networks:
        try:
            return _planned(case, roads, deps=deps)
        except RoadsUnavailable as error:
            _LOG.info("roads are estimated", extra={"source": roads.source.value, "why": str(error)})
    return _planned(case, estimate, deps=deps)


def _planned(case: Case, roads: Roads, *, deps: TripDeps) -> RoutePlan:
    began_at = deps.monotonic()
    request, journey = case.request, case.journey
    field = narrowed(case, roads, deps=deps)
    choice = choose(case, roads, field, deps=deps)
    optimality = _optimality(case, roads, choice, field, took=deps.monotonic() - began_at)
    missing = unfilled(case.shopping, case.market, model=choice.model, stops=choice.stops, is_proven=choice.is_proven)
    answer = RoutePlan(
        trip=choice.trip,
        optimality=optimality,
        unfilled=missing,
        alternatives=(),
        currency=case.market.currency,
        road_source=roads.source,
        travel_cost=journey.cost,
        attribution=roads.attribution,
    )
    if not choice.stops or (request.whole_list_only and any(entry.product for entry in missing)):
        return replace(answer, trip=NO_TRIP, optimality=_impossible(optimality, choice))
    return replace(answer, alternatives=_alternatives(case, roads, choice, deps=deps))


def _optimality(case: Case, roads: Roads, choice: Choice, field: Field, *, took: float) -> Optimality:
    total = choice.model.minor(choice.cost)
    cut_off = len(choice.model.stores) - len(reachable(choice.model.problem))
    left_out = field.left_out + case.market.unseen
    is_best = choice.is_proven and left_out == 0
    return Optimality(
        status=PlanStatus.OPTIMAL if is_best else PlanStatus.FEASIBLE,
        chosen_total=total,
        lower_bound=total if choice.is_proven else min(choice.lower // choice.model.scale, total),
        stores_in_reach=len(case.market.stores) + case.market.unseen,
        stores_considered=len(choice.model.stores) - cut_off,
        stores_excluded=field.excluded + cut_off,
        stores_left_out=left_out,
        solve_duration=timedelta(seconds=took),
        notes=_notes(case, roads, choice, left_out=left_out, cut_off=cut_off),
    )


def _notes(case: Case, roads: Roads, choice: Choice, *, left_out: int, cut_off: int) -> tuple[str, ...]:
    notes = []
    if roads.source is RoadSource.CROW:
        notes.append("Distances and times are estimates: no road network answered for these points.")
    if not choice.is_proven:
        notes.append("Time ran out before the trip was proven the best; it costs at most `gap` more than the best.")
    total = choice.model.minor(choice.cost)
    if abs(choice.trip.total - total) > total * _WORTH_TELLING:
        costs = f"{Money(choice.trip.total, case.market.currency)}, by the table {Money(total, case.market.currency)}"
        notes.append(f"Measured leg by leg the trip costs {costs}: what is proven is proven by the table.")
    if left_out:
        notes.append(f"{left_out} more stores offer something wanted; whether one makes a better trip is not known.")
    if cut_off:
        notes.append(f"{cut_off} stores cannot be reached, or not be left again, in this travel mode.")
    if case.market.only_elsewhere:
        notes.append(f"Some products are sold nearby only in other currencies than {case.market.currency}.")
    return tuple(notes)


def _alternatives(case: Case, roads: Roads, choice: Choice, *, deps: TripDeps) -> tuple[AlternativeTrip, ...]:
    left = deps.remaining()
    if left is not None and left < _ALTERNATIVES_NEED:
        return ()
    found: list[tuple[TripGoal, Trip]] = []
    for goal, stops in deps.planner.alternatives(choice.model, choice.travel, choice.stops):
        try:
            found.append((goal, measured(case, roads, choice.model, stops)))
        except RoadsUnavailable as error:
            # The best trip stands without it.
            _LOG.info("no road for an alternative", extra={"goal": goal.value, "why": str(error)})
    return worthwhile(choice.trip, found)


def _impossible(optimality: Optimality, choice: Choice) -> Optimality:
    notes = optimality.notes
    if choice.stops:
        notes = ("The whole list cannot be bought on one such trip; `unfilled` says what the nearest one lacks.",)
    return replace(optimality, status=PlanStatus.INFEASIBLE, chosen_total=0, lower_bound=0, notes=notes)


def _nowhere(shopping: ShoppingList, market: Market) -> RoutePlan:
    return RoutePlan(
        trip=NO_TRIP,
        optimality=Optimality(
            status=PlanStatus.INFEASIBLE,
            chosen_total=0,
            lower_bound=0,
            stores_in_reach=market.unseen,
            stores_considered=0,
            stores_excluded=0,
            stores_left_out=market.unseen,
            solve_duration=timedelta(),
        ),
        unfilled=unfilled(shopping, market, model=None, stops=(), is_proven=True),
        alternatives=(),
        currency=market.currency,
        road_source=RoadSource.CROW,
        travel_cost=None,
        attribution="",
    )
