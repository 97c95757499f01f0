"""geo over a real database, with peers that do what they are told."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import grpc
import psycopg2
import pytest
from billmesh.geo.v1 import store_pb2, store_service_pb2, trip_pb2, trip_service_pb2
from billmesh.geo.v1.store_service_pb2_grpc import StoreServiceStub
from billmesh.geo.v1.trip_service_pb2_grpc import TripServiceStub
from google.type import decimal_pb2

from services.geo import composition
from services.geo.config import GeoSettings
from services.geo.convert import wire
from services.geo.domain.identity import ItemId, ProductId
from services.geo.domain.shopping import ItemOffer, StoreOffers
from services.geo.roads.crow import CrowRoads
from services.geo.solver.planner import Planner
from services.geo.worker import tasks
from services.kit.db import Database
from services.kit.ids import TimeOrderedIds
from services.kit.money import Money
from services.kit.place import GeoPoint
from tests import harness
from tests.fakes.clock import FixedClock
from tests.harness import Authority, Harness, Postgres
from tests.services.geo.fakes import FakeInventory, FakeRoads


@dataclass
class World:
    """A running geo, a merchant, and a person in a town of their own."""

    harness: Harness
    db: Database
    backstage: psycopg2.extensions.connection
    inventory: FakeInventory
    roads: FakeRoads
    planner: Planner
    clock: FixedClock
    centre: GeoPoint
    merchant: UUID = field(default_factory=uuid4)
    account: UUID = field(default_factory=uuid4)

    def merchant_stub(self, merchant: UUID | None = None, scopes: str = "stores:read stores:write") -> StoreServiceStub:
        return StoreServiceStub(self.harness.as_merchant(merchant or self.merchant, scopes=scopes.split()))

    def trips(self, account: UUID | None = None, scopes: str = "shopping") -> TripServiceStub:
        return TripServiceStub(self.harness.as_person(account or self.account, scopes=scopes.split()))

    def anyone(self) -> StoreServiceStub:
        return StoreServiceStub(self.harness.anonymous())

    def at(self, north: float = 0.0, east: float = 0.0) -> GeoPoint:
        """So many metres from the centre."""
        width = math.cos(math.radians(self.centre.latitude))
        return GeoPoint(self.centre.latitude + north / 111_195, self.centre.longitude + east / 111_195 / width)

    def store_message(self, name: str = "Corner Shop", **fields: Any) -> store_pb2.Store:
        location = fields.pop("location", self.centre)
        return store_pb2.Store(display_name=name, location=wire.point_message(location), **fields)

    def open_store(self, name: str = "Corner Shop", **fields: Any) -> store_pb2.Store:
        """A store of the merchant, made through the API."""
        request = store_service_pb2.CreateStoreRequest(
            store=self.store_message(name, **fields), request_id=str(uuid4())
        )
        return self.merchant_stub().CreateStore(request)

    def stock(self, store: store_pb2.Store, prices: dict[ProductId, str], *, has: str = "50") -> None:
        """Offers of a store: price by product, as "1.50 EUR" without the code, in EUR."""
        self.inventory.stores.append(
            StoreOffers(
                store=wire.store_id(store.id),
                merchant=wire.merchant_id(store.merchant_id),
                location=wire.point(store.location),
                offers=tuple(
                    ItemOffer(product, ItemId(uuid4()), f"item of {store.display_name}", euros(price), thousandths(has))
                    for product, price in prices.items()
                ),
            )
        )

    def jobs(self) -> list[tuple[int, str, dict[str, Any]]]:
        """This merchant's jobs that wait."""
        rows = self.query(
            """
            SELECT id, task_name, args FROM procrastinate_jobs
            WHERE status = 'todo' AND args->>'merchant_id' = %s ORDER BY id
            """,
            str(self.merchant),
        )
        return [(row[0], row[1], row[2] if isinstance(row[2], dict) else json.loads(row[2])) for row in rows]

    def work(self) -> int:
        """Runs this merchant's jobs; how many that were."""
        functions = tasks(self.db, self.inventory)
        due = self.jobs()
        for job, task, arguments in due:
            functions[task](**arguments)
            self.query("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", job)
        return len(due)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.backstage.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def euros(amount: str) -> Money:
    return Money(round(float(amount) * 100), "EUR")


def thousandths(amount: str) -> int:
    return round(float(amount) * 1000)


def new_product() -> ProductId:
    return ProductId(uuid4())


@pytest.fixture
def settings(postgres: Postgres, authority: Authority) -> GeoSettings:
    return harness.settings(GeoSettings, service="geo", postgres=postgres, authority=authority, trip_proof_seconds=5)


@pytest.fixture
def db(settings: GeoSettings) -> Iterator[Database]:
    database = Database(settings, name="geo-test")
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def places() -> Iterator[GeoPoint]:
    """Points near the equator, farther from each other than anyone looks: the database lives as long as the session."""
    return (GeoPoint(row * 1.0, -178.0 + column) for row in range(-9, 10) for column in range(356))


@pytest.fixture
def centre(places: Iterator[GeoPoint]) -> GeoPoint:
    """A point that no other test uses."""
    return next(places)


@pytest.fixture
def world(
    settings: GeoSettings,
    db: Database,
    postgres: Postgres,
    clock: FixedClock,
    centre: GeoPoint,
    start_service: Callable[..., Harness],
) -> Iterator[World]:
    inventory, roads = FakeInventory(), FakeRoads()
    planner = composition.planner(settings)
    services = composition.servicers(
        settings,
        db=db,
        clock=clock,
        ids=TimeOrderedIds(clock),
        inventory=inventory,
        roads=(roads, CrowRoads()),
        planner=planner,
    )
    running = start_service("geo", settings, services, clock)
    backstage = psycopg2.connect(postgres.superuser_dsn, options="-c search_path=geo,public")
    backstage.autocommit = True
    yield World(running, db, backstage, inventory, roads, planner, clock, centre)
    backstage.close()
    planner.close()


def refused(call: Callable[[], object]) -> harness.Refusal:
    """What the refused call was refused with."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return harness.refusal(caught.value)


def wanted(*products: ProductId, quantity: str = "1") -> list[trip_pb2.WantedLine]:
    return [
        trip_pb2.WantedLine(product_id=wire.product_text(product), quantity=decimal_pb2.Decimal(value=quantity))
        for product in products
    ]


def plan_request(world: World, *products: ProductId, **more: Any) -> trip_service_pb2.PlanTripRequest:
    lines = more.pop("wanted", None) or wanted(*products)
    return trip_service_pb2.PlanTripRequest(wanted=lines, start=wire.point_message(world.centre), **more)
