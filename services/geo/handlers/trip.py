"""TripService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.geo.v1.trip_service_pb2_grpc import TripServiceServicer

from services.geo.convert import stores as convert_stores
from services.geo.convert import trips as convert
from services.geo.convert import wire
from services.geo.domain.identity import AccountId
from services.geo.usecases import trips
from services.geo.usecases.matches import list_matches
from services.kit.context import caller
from services.kit.paging import page

if TYPE_CHECKING:
    import grpc
    from billmesh.geo.v1 import trip_pb2
    from billmesh.geo.v1 import trip_service_pb2 as pb

    from services.geo.usecases.deps import TripDeps


class TripHandler(TripServiceServicer):
    """From a list to shops and a way."""

    def __init__(self, deps: TripDeps) -> None:
        self._deps = deps

    def ListMatches(self, request: pb.ListMatchesRequest, context: grpc.ServicerContext) -> pb.ListMatchesResponse:
        """Lists the stores that have any of what is wanted, the best match first."""
        asked = page(request)
        found = list_matches(
            AccountId(caller().account),
            convert.source(request),
            start=wire.point(request.start),
            radius_metres=convert_stores.radius(request.radius_metres),
            currency=convert.currency(request.currency_code),
            kind=convert.kind(request.kind),
            deps=self._deps,
        )
        return convert.matches_message(found, asked)

    def PlanTrip(self, request: pb.PlanTripRequest, context: grpc.ServicerContext) -> trip_pb2.RoutePlan:
        """Plans the round that fills the list at the lowest price of goods and travel."""
        asked = convert.trip_request(request)
        plan = trips.plan(AccountId(caller().account), convert.source(request), asked, deps=self._deps)
        return convert.plan_message(plan)
