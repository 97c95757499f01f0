"""A planned trip, as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from services.geo.domain.shopping import line_cost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from services.geo.domain.identity import ProductId, StoreId
    from services.geo.domain.model import Model
    from services.geo.domain.roads import Leg, RoadSource, Route, TravelMode
    from services.geo.domain.shopping import ItemOffer, StoreOffers, Wanted
    from services.geo.domain.store import Store
    from services.geo.domain.travel_cost import TravelCost
    from services.kit.money import Money
    from services.kit.place import GeoPoint


class PlanStatus(StrEnum):
    """What is proven about a plan."""

    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"
    INFEASIBLE = "INFEASIBLE"


class UnfilledReason(StrEnum):
    """Why something wanted is not bought."""

    NOT_SOLD_NEARBY = "NOT_SOLD_NEARBY"
    NOT_ENOUGH_STOCK = "NOT_ENOUGH_STOCK"
    TOO_MANY_STOPS = "TOO_MANY_STOPS"
    UNKNOWN_PRODUCT = "UNKNOWN_PRODUCT"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    NO_ROAD = "NO_ROAD"
    NOT_FOUND_IN_TIME = "NOT_FOUND_IN_TIME"


class TripGoal(StrEnum):
    """What an alternative was sought for."""

    FEWEST_STOPS = "FEWEST_STOPS"
    CHEAPEST_GOODS = "CHEAPEST_GOODS"
    FASTEST = "FASTEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class TripRequest:
    """What a person asks for besides the goods, defaults filled in but for money."""

    start: GeoPoint
    # None: the trip ends at its last shop. The start itself: a round.
    end: GeoPoint | None
    radius_metres: int
    max_stops: int | None
    mode: TravelMode
    stop_seconds: int
    currency: str | None
    per_kilometre: Money | None
    per_minute: Money | None
    whole_list_only: bool


@dataclass(frozen=True, slots=True)
class Purchase:
    """One thing to buy, or that could be bought, in a store; quantity in thousandths."""

    offer: ItemOffer
    milli: int

    @property
    def cost(self) -> Money:
        """Price of the quantity, rounded half up."""
        return line_cost(self.offer.unit_price, self.milli)


@dataclass(frozen=True, slots=True)
class Stop:
    """A shop of the trip and what to buy there."""

    offers: StoreOffers
    store: Store
    purchases: tuple[Purchase, ...]

    @property
    def goods_total(self) -> int:
        """Minor units."""
        return sum(purchase.cost.minor for purchase in self.purchases)


@dataclass(frozen=True, slots=True)
class PricedLeg:
    """A leg and what it costs, in minor units, with the time in the shop at its end."""

    leg: Leg
    cost: int
    stop_seconds: int


@dataclass(frozen=True, slots=True)
class Trip:
    """Stops in their order and the legs between."""

    stops: tuple[Stop, ...]
    legs: tuple[PricedLeg, ...]

    @property
    def goods_total(self) -> int:
        """Minor units."""
        return sum(stop.goods_total for stop in self.stops)

    @property
    def travel_total(self) -> int:
        """Minor units."""
        return sum(leg.cost for leg in self.legs)

    @property
    def total(self) -> int:
        """Minor units."""
        return self.goods_total + self.travel_total

    @property
    def metres(self) -> int:
        """Length of all legs."""
        return sum(leg.leg.way.metres for leg in self.legs)

    @property
    def seconds(self) -> int:
        """On all legs and in all shops."""
        return sum(leg.leg.way.seconds + leg.stop_seconds for leg in self.legs)

    @property
    def measures(self) -> tuple[int, int, int, int]:
        """What trips are compared by; less is better in each."""
        return len(self.stops), self.goods_total, self.seconds, self.total


@dataclass(frozen=True, slots=True)
class AlternativeTrip:
    """A trip that is better than the best one in some respect."""

    goals: tuple[TripGoal, ...]
    trip: Trip


@dataclass(frozen=True, slots=True)
class Unfilled:
    """Something wanted that is not bought: a product, or words that are none."""

    reason: UnfilledReason
    milli: int
    product: ProductId | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimality:
    """How good the trip is, in minor units of the table that it was chosen by."""

    status: PlanStatus
    chosen_total: int
    lower_bound: int
    stores_in_reach: int
    stores_considered: int
    stores_excluded: int
    stores_left_out: int
    solve_duration: timedelta
    notes: tuple[str, ...] = ()

    @property
    def gap(self) -> float:
        """How far from the best the trip can be, 0 to 1."""
        return (self.chosen_total - self.lower_bound) / self.chosen_total if self.chosen_total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePlan:
    """The answer to a TripRequest."""

    trip: Trip
    optimality: Optimality
    unfilled: tuple[Unfilled, ...]
    alternatives: tuple[AlternativeTrip, ...]
    currency: str
    road_source: RoadSource
    travel_cost: TravelCost | None
    attribution: str


def stops_of(
    model: Model, order: Sequence[int], wanted: Sequence[Wanted], stores: Mapping[StoreId, Store]
) -> tuple[Stop, ...]:
    """The stops of an answer, with what is bought at each in the order of the list."""
    stops = []
    for node, basket in zip(order, model.bought(order), strict=True):
        offers = model.stores[node - 1]
        purchases = [
            Purchase(offer, milli)
            for index, milli in sorted(basket.items())
            if (offer := offers.offer(wanted[index].product))
        ]
        stops.append(Stop(offers, stores[offers.store], tuple(purchases)))
    return tuple(stops)


def priced_legs(route: Route, cost: TravelCost, *, stops: int, stop_seconds: int) -> tuple[PricedLeg, ...]:
    """The legs with their costs; each of the first `stops` ends at a shop."""
    return tuple(
        PricedLeg(leg, cost.of(leg.way, stop_seconds=in_shop), in_shop)
        for index, leg in enumerate(route.legs)
        for in_shop in (stop_seconds if index < stops else 0,)
    )


def worthwhile(best: Trip, found: Sequence[tuple[TripGoal, Trip]]) -> tuple[AlternativeTrip, ...]:
    """The trips that no other one beats or equals in every respect; the goals of trips with the same stops joined."""
    merged: dict[tuple[StoreId, ...], AlternativeTrip] = {}
    for goal, trip in found:
        key = tuple(stop.offers.store for stop in trip.stops)
        goals = (*merged[key].goals, goal) if key in merged else (goal,)
        merged[key] = AlternativeTrip(goals, trip)
    kept: list[AlternativeTrip] = []
    for candidate in merged.values():
        rivals = [best, *(other.trip for other in kept)]
        if not any(_dominates(rival, candidate.trip) for rival in rivals):
            kept = [other for other in kept if not _dominates(candidate.trip, other.trip)]
            kept.append(candidate)
    return tuple(kept)


def _dominates(one: Trip, other: Trip) -> bool:
    return all(mine <= theirs for mine, theirs in zip(one.measures, other.measures, strict=True))
