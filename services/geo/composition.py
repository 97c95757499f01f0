"""What the processes are made of."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from billmesh.geo.v1 import store_service_pb2, trip_service_pb2
from billmesh.geo.v1.store_service_pb2_grpc import add_StoreServiceServicer_to_server
from billmesh.geo.v1.trip_service_pb2_grpc import add_TripServiceServicer_to_server

from services.geo.handlers.store import StoreHandler
from services.geo.handlers.trip import TripHandler
from services.geo.roads.cells import MemoryCells, RedisCells
from services.geo.roads.crow import CrowRoads
from services.geo.roads.network import NetworkRoads
from services.geo.roads.valhalla import Valhalla
from services.geo.solver.planner import Limits, Planner
from services.geo.usecases.deps import StoreDeps, TripDeps
from services.kit import context
from services.kit.optional_redis import OptionalRedis
from services.kit.server import Servicer

if TYPE_CHECKING:
    from services.geo.clients import Inventory, Roads
    from services.geo.config import GeoSettings
    from services.geo.roads.cells import Cells
    from services.kit.clock import Clock
    from services.kit.db import Database
    from services.kit.ids import Ids


# Seconds. A cache that is slower than the road engine is none.
_REDIS_PATIENCE = 0.2


def roads(settings: GeoSettings) -> tuple[Roads, ...]:
    """The road network if there is one, and the estimate."""
    if not settings.valhalla_url:
        return (CrowRoads(),)
    valhalla = Valhalla(settings.valhalla_url, monotonic=time.monotonic)
    return NetworkRoads(valhalla, _cells(settings)), CrowRoads()


def planner(settings: GeoSettings) -> Planner:
    """The places in which trips are computed."""
    return Planner(
        places=settings.trip_places,
        waiting=settings.trip_waiting,
        limits=Limits(proof=settings.trip_proof_seconds),
        monotonic=time.monotonic,
    )


def servicers(  # every part that a test may replace
    settings: GeoSettings,
    *,
    db: Database,
    clock: Clock,
    ids: Ids,
    inventory: Inventory,
    roads: tuple[Roads, ...],
    planner: Planner,
) -> tuple[Servicer, ...]:
    """The gRPC services of the server process."""
    trip_deps = TripDeps(
        db=db,
        inventory=inventory,
        roads=roads,
        planner=planner,
        monotonic=time.monotonic,
        remaining=context.remaining,
        most_stores=settings.trip_stores,
    )
    return (
        Servicer(
            store_service_pb2.DESCRIPTOR.services_by_name["StoreService"],
            add_StoreServiceServicer_to_server,
            StoreHandler(StoreDeps(db=db, clock=clock, ids=ids)),
        ),
        Servicer(
            trip_service_pb2.DESCRIPTOR.services_by_name["TripService"],
            add_TripServiceServicer_to_server,
            TripHandler(trip_deps),
        ),
    )


def _cells(settings: GeoSettings) -> Cells:
    if settings.redis_url is None:
        return MemoryCells()
    return RedisCells(OptionalRedis(settings.redis_url, patience=_REDIS_PATIENCE))
