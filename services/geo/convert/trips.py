"""Matches and trips on the wire."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billmesh.geo.v1 import trip_pb2, trip_service_pb2
from google.protobuf.duration_pb2 import Duration

from services.geo.convert import wire
from services.geo.convert.stores import radius
from services.geo.domain.matches import MatchKind, StoreMatch
from services.geo.domain.roads import TravelMode
from services.geo.domain.shopping import ShoppingList, Wanted
from services.geo.domain.trip import PricedLeg, Purchase, RoutePlan, Stop, Trip, TripRequest, Unfilled
from services.kit.failure import InvalidRequest
from services.kit.money import Money, UnknownCurrency, exponent
from services.kit.paging import PageTokenInvalid, cut
from services.kit.wire import money_from_proto, money_to_proto

if TYPE_CHECKING:
    from google.type import money_pb2

    from services.geo.domain.identity import ShoppingListId
    from services.geo.domain.travel_cost import TravelCost
    from services.geo.domain.trip import AlternativeTrip, Optimality
    from services.geo.usecases.matches import Matches
    from services.kit.paging import Page

_STOP_SECONDS = 300

_MODES = {
    trip_pb2.TRAVEL_MODE_TWO_WHEELER: TravelMode.TWO_WHEELER,
    trip_pb2.TRAVEL_MODE_BICYCLE: TravelMode.BICYCLE,
    trip_pb2.TRAVEL_MODE_WALK: TravelMode.WALK,
}
_KINDS = {trip_pb2.MATCH_KIND_FULL: MatchKind.FULL, trip_pb2.MATCH_KIND_PARTIAL: MatchKind.PARTIAL}


def source(
    message: trip_service_pb2.PlanTripRequest | trip_service_pb2.ListMatchesRequest,
) -> ShoppingList | ShoppingListId:
    """The lines given, or the id of a list. Raises InvalidRequest for a quantity that is none."""
    if message.shopping_list_id:
        return wire.list_id(message.shopping_list_id)
    return ShoppingList(
        tuple(
            Wanted(
                wire.product_id(line.product_id),
                wire.quantity(line.quantity, field=f"wanted[{index}].quantity"),
            )
            for index, line in enumerate(message.wanted)
        )
    )


def trip_request(message: trip_service_pb2.PlanTripRequest) -> TripRequest:
    """What is asked for, defaults filled in. Raises InvalidRequest."""
    start = wire.point(message.start)
    end = wire.point(message.end) if message.HasField("end") else start
    rates = {
        name: money_from_proto(getattr(message.travel_cost, name), f"travel_cost.{name}")
        for name in ("per_kilometre", "per_minute")
        if message.travel_cost.HasField(name)
    }
    given = next(iter(rates.values()), None)
    return TripRequest(
        start=start,
        end=None if message.open_end else end,
        radius_metres=radius(message.radius_metres),
        max_stops=message.max_stops or None,
        mode=_MODES.get(message.travel_mode, TravelMode.DRIVE),
        stop_seconds=message.stop_duration.seconds if message.HasField("stop_duration") else _STOP_SECONDS,
        currency=currency(message.currency_code) or (given.currency if given else None),
        per_kilometre=rates.get("per_kilometre"),
        per_minute=rates.get("per_minute"),
        whole_list_only=message.whole_list_only,
    )


def currency(code: str) -> str | None:
    """A currency; None where it is left out. Raises InvalidRequest for a code that is none."""
    if not code:
        return None
    try:
        exponent(code)
    except UnknownCurrency as unknown:
        raise InvalidRequest.of("currency_code", "must be an ISO 4217 currency") from unknown
    return code


def kind(value: trip_pb2.MatchKind.ValueType) -> MatchKind | None:
    """A kind; None for any."""
    return _KINDS.get(value)


def matches_message(found: Matches, page: Page) -> trip_service_pb2.ListMatchesResponse:
    """The page of the matches that `page` asks for."""
    rest = found.stores
    key = page.key(5)
    if key is not None:
        last = _rank(key)
        rest = [match for match in rest if tuple(match.rank) > last]
    listed = cut(rest, page, key=lambda match: tuple(match.rank))
    return trip_service_pb2.ListMatchesResponse(
        matches=[_match(match, found.currency) for match in listed.items],
        unfilled=[_unfilled(entry) for entry in found.unfilled],
        currency_code=found.currency,
        next_page_token=listed.next_page_token,
    )


def plan_message(plan: RoutePlan) -> trip_pb2.RoutePlan:
    """A plan."""
    return trip_pb2.RoutePlan(
        trip=_trip(plan.trip, plan.currency),
        optimality=_optimality(plan.optimality, plan.currency),
        unfilled=[_unfilled(entry) for entry in plan.unfilled],
        alternatives=[_alternative(other, plan.currency) for other in plan.alternatives],
        currency_code=plan.currency,
        road_source=trip_pb2.RoadSource.Value(f"ROAD_SOURCE_{plan.road_source}"),
        travel_cost=_travel_cost(plan.travel_cost) if plan.travel_cost else None,
        attribution=plan.attribution,
    )


def _rank(parts: tuple[str, ...]) -> tuple[int, int, int, int, str]:
    missing, available, goods, distance, store = parts
    try:
        return int(missing), int(available), int(goods), int(distance), store
    except ValueError as error:
        raise PageTokenInvalid from error


def _trip(trip: Trip, code: str) -> trip_pb2.Trip:
    return trip_pb2.Trip(
        stops=[_stop(stop, code) for stop in trip.stops],
        legs=[_leg(leg, code) for leg in trip.legs],
        goods_total=_amount(trip.goods_total, code),
        travel_total=_amount(trip.travel_total, code),
        total=_amount(trip.total, code),
        distance_metres=trip.metres,
        duration=Duration(seconds=trip.seconds),
    )


def _stop(stop: Stop, code: str) -> trip_pb2.Stop:
    details = stop.store.details
    return trip_pb2.Stop(
        store_id=wire.store_text(stop.store.id),
        merchant_id=wire.merchant_text(stop.store.merchant_id),
        display_name=details.display_name,
        address=details.address,
        location=wire.point_message(details.location),
        purchases=[_purchase(purchase) for purchase in stop.purchases],
        goods_total=_amount(stop.goods_total, code),
    )


def _purchase(purchase: Purchase) -> trip_pb2.Purchase:
    return trip_pb2.Purchase(
        product_id=wire.product_text(purchase.offer.product),
        item_id=wire.item_text(purchase.offer.item),
        display_name=purchase.offer.name,
        quantity=wire.quantity_message(purchase.milli),
        unit_price=money_to_proto(purchase.offer.unit_price),
        cost=money_to_proto(purchase.cost),
    )


def _leg(leg: PricedLeg, code: str) -> trip_pb2.RouteLeg:
    return trip_pb2.RouteLeg(
        distance_metres=leg.leg.way.metres,
        duration=Duration(seconds=leg.leg.way.seconds),
        polyline=leg.leg.polyline,
        cost=_amount(leg.cost, code),
    )


def _optimality(optimality: Optimality, code: str) -> trip_pb2.Optimality:
    return trip_pb2.Optimality(
        status=trip_pb2.PlanStatus.Value(f"PLAN_STATUS_{optimality.status}"),
        chosen_total=_amount(optimality.chosen_total, code),
        lower_bound=_amount(optimality.lower_bound, code),
        gap=optimality.gap,
        stores_in_reach=optimality.stores_in_reach,
        stores_considered=optimality.stores_considered,
        stores_excluded=optimality.stores_excluded,
        stores_left_out=optimality.stores_left_out,
        # Microseconds would promise more than a clock shared with others can keep.
        solve_duration=wire.duration(timedelta(milliseconds=round(optimality.solve_duration.total_seconds() * 1000))),
        notes=optimality.notes,
    )


def _alternative(other: AlternativeTrip, code: str) -> trip_pb2.AlternativeTrip:
    return trip_pb2.AlternativeTrip(
        goals=[trip_pb2.TripGoal.Value(f"TRIP_GOAL_{goal}") for goal in other.goals], trip=_trip(other.trip, code)
    )


def _travel_cost(cost: TravelCost) -> trip_pb2.TravelCost:
    return trip_pb2.TravelCost(
        per_kilometre=money_to_proto(cost.per_kilometre), per_minute=money_to_proto(cost.per_minute)
    )


def _unfilled(entry: Unfilled) -> trip_pb2.UnfilledWant:
    return trip_pb2.UnfilledWant(
        product_id=wire.product_text(entry.product) if entry.product else "",
        text=entry.text,
        missing=wire.quantity_message(entry.milli),
        reason=trip_pb2.UnfilledReason.Value(f"UNFILLED_REASON_{entry.reason}"),
    )


def _match(match: StoreMatch, code: str) -> trip_pb2.StoreMatch:
    details = match.store.details
    return trip_pb2.StoreMatch(
        store_id=wire.store_text(match.store.id),
        merchant_id=wire.merchant_text(match.store.merchant_id),
        display_name=details.display_name,
        category=details.category,
        address=details.address,
        location=wire.point_message(details.location),
        distance_metres=match.distance,
        kind=trip_pb2.MatchKind.Value(f"MATCH_KIND_{match.kind}"),
        available=[_purchase(purchase) for purchase in match.available],
        missing=[
            trip_pb2.MissingItem(
                product_id=wire.product_text(shortage.product), quantity=wire.quantity_message(shortage.milli)
            )
            for shortage in match.missing
        ],
        goods_total=_amount(match.goods_total, code),
    )


def _amount(minor: int, code: str) -> money_pb2.Money | None:
    """An amount; absent where there is no currency because nothing is offered."""
    return money_to_proto(Money(minor, code)) if code else None
