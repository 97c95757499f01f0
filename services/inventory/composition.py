"""What both processes of this service are built from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.inventory.v1 import (
    item_directory_service_pb2,
    item_directory_service_pb2_grpc,
    item_service_pb2,
    item_service_pb2_grpc,
    offer_service_pb2,
    offer_service_pb2_grpc,
    product_service_pb2,
    product_service_pb2_grpc,
    shopping_list_service_pb2,
    shopping_list_service_pb2_grpc,
    stock_service_pb2,
    stock_service_pb2_grpc,
)

from services.inventory.handlers.item_directory import ItemDirectoryHandler
from services.inventory.handlers.items import ItemHandler
from services.inventory.handlers.lists import ShoppingListHandler
from services.inventory.handlers.offers import OfferHandler
from services.inventory.handlers.products import ProductHandler
from services.inventory.handlers.stock import StockHandler
from services.inventory.usecases.deps import Deps
from services.kit.clock import SystemClock
from services.kit.db import Database
from services.kit.ids import TimeOrderedIds
from services.kit.server import Servicer

if TYPE_CHECKING:
    from services.kit.config import Settings

NAME = "inventory"


def dependencies(settings: Settings, *, name: str = NAME) -> Deps:
    """The real ones. Connects to nothing yet. `name`: of the process, as the database shows it."""
    clock = SystemClock()
    return Deps(db=Database(settings, name=name), clock=clock, ids=TimeOrderedIds(clock))


def servicers(deps: Deps) -> tuple[Servicer, ...]:
    """The gRPC services of the server process."""
    return (
        Servicer(
            product_service_pb2.DESCRIPTOR.services_by_name["ProductService"],
            product_service_pb2_grpc.add_ProductServiceServicer_to_server,
            ProductHandler(deps),
        ),
        Servicer(
            item_service_pb2.DESCRIPTOR.services_by_name["ItemService"],
            item_service_pb2_grpc.add_ItemServiceServicer_to_server,
            ItemHandler(deps),
        ),
        Servicer(
            stock_service_pb2.DESCRIPTOR.services_by_name["StockService"],
            stock_service_pb2_grpc.add_StockServiceServicer_to_server,
            StockHandler(deps),
        ),
        Servicer(
            shopping_list_service_pb2.DESCRIPTOR.services_by_name["ShoppingListService"],
            shopping_list_service_pb2_grpc.add_ShoppingListServiceServicer_to_server,
            ShoppingListHandler(deps),
        ),
        Servicer(
            item_directory_service_pb2.DESCRIPTOR.services_by_name["ItemDirectoryService"],
            item_directory_service_pb2_grpc.add_ItemDirectoryServiceServicer_to_server,
            ItemDirectoryHandler(deps),
        ),
        Servicer(
            offer_service_pb2.DESCRIPTOR.services_by_name["OfferService"],
            offer_service_pb2_grpc.add_OfferServiceServicer_to_server,
            OfferHandler(deps),
        ),
    )
