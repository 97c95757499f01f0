"""inventory's adapter, against a server that answers as inventory does."""

from __future__ import annotations

from concurrent import futures
from typing import TYPE_CHECKING
from uuid import uuid4

import grpc
import pytest
from billmesh.inventory.v1 import (
    offer_service_pb2,
    offer_service_pb2_grpc,
    shopping_list_service_pb2,
)
from google.type import decimal_pb2, latlng_pb2, money_pb2
from grpc_status import rpc_status

from services.geo.clients import MeshInventory
from services.geo.convert import wire
from services.geo.domain.identity import AccountId, ItemId, MerchantId, ProductId, ShoppingListId, StoreId
from services.geo.domain.shopping import ItemOffer, ShoppingList, StoreOffers, Wanted
from services.kit import errors
from services.kit.errors import PeerRefused, PeerUnavailable
from services.kit.failure import Failure, Kind
from services.kit.money import Money
from services.kit.place import GeoPoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.kit.mesh import Mesh

PRODUCT, ITEM, STORE, MERCHANT = ProductId(uuid4()), ItemId(uuid4()), StoreId(uuid4()), MerchantId(uuid4())
ACCOUNT, LIST = AccountId(uuid4()), ShoppingListId(uuid4())
HERE = GeoPoint(60.17, 24.94)


class _NoSuchList(Failure):
    kind = Kind.NOT_FOUND
    reason = "SHOPPING_LIST_NOT_FOUND"


class _Inventory(offer_service_pb2_grpc.OfferServiceServicer):
    def __init__(self) -> None:
        self.placed: list[offer_service_pb2.PlaceStoreRequest] = []
        self.asked: list[offer_service_pb2.FindOffersRequest] = []

    def FindOffers(
        self, request: offer_service_pb2.FindOffersRequest, context: grpc.ServicerContext
    ) -> offer_service_pb2.FindOffersResponse:
        self.asked.append(request)
        offer = offer_service_pb2.Offer(
            product_id=wire.product_text(PRODUCT),
            item_id=wire.item_text(ITEM),
            item_name="Milk 1 l",
            unit_price=money_pb2.Money(currency_code="EUR", units=1, nanos=290_000_000),
            available=decimal_pb2.Decimal(value="12.5"),
        )
        store = offer_service_pb2.StoreOffers(
            store_id=wire.store_text(STORE),
            merchant_id=wire.merchant_text(MERCHANT),
            location=latlng_pb2.LatLng(latitude=60.1, longitude=24.9),
            offers=[offer],
        )
        return offer_service_pb2.FindOffersResponse(stores=[store], stores_left_out=4)

    def PlaceStore(
        self, request: offer_service_pb2.PlaceStoreRequest, context: grpc.ServicerContext
    ) -> offer_service_pb2.PlaceStoreResponse:
        self.placed.append(request)
        return offer_service_pb2.PlaceStoreResponse(version=request.version)

    def wanted(
        self, request: shopping_list_service_pb2.GetWantedRequest, context: grpc.ServicerContext
    ) -> shopping_list_service_pb2.GetWantedResponse:
        if request.shopping_list_id != wire.list_text(LIST) or request.account_id != wire.account_text(ACCOUNT):
            status = errors.to_status(
                _NoSuchList("There is no such list."), domain="inventory.billmesh.example", request_id=""
            )
            context.abort_with_status(rpc_status.to_status(status))
        line = shopping_list_service_pb2.WantedLine(
            product_id=wire.product_text(PRODUCT), quantity=decimal_pb2.Decimal(value="0.75"), unit_code="KGM"
        )
        return shopping_list_service_pb2.GetWantedResponse(wanted=[line], unresolved=["xyzzy"])


class _Direct:
    """As much of a Mesh as an adapter uses."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel


@pytest.fixture
def peer() -> Iterator[tuple[_Inventory, MeshInventory, grpc.Server]]:
    service = _Inventory()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    offer_service_pb2_grpc.add_OfferServiceServicer_to_server(service, server)
    get_wanted = grpc.unary_unary_rpc_method_handler(
        service.wanted,
        request_deserializer=shopping_list_service_pb2.GetWantedRequest.FromString,
        response_serializer=shopping_list_service_pb2.GetWantedResponse.SerializeToString,
    )
    lists = grpc.method_handlers_generic_handler("billmesh.inventory.v1.ShoppingListService", {"GetWanted": get_wanted})
    server.add_generic_rpc_handlers((lists,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        mesh: Mesh = _Direct(channel)  # type: ignore[assignment] # without TLS and interceptors, which the kit tests
        yield service, MeshInventory(mesh), server
    server.stop(None).wait()


def test_finds_offers(peer: tuple[_Inventory, MeshInventory, grpc.Server]) -> None:
    service, inventory, _ = peer

    found, left_out = inventory.find_offers(HERE, 10_000, [Wanted(PRODUCT, 1500)], None)

    assert found == [
        StoreOffers(
            STORE,
            MERCHANT,
            GeoPoint(60.1, 24.9),
            (ItemOffer(PRODUCT, ITEM, "Milk 1 l", Money(129, "EUR"), 12_500),),
        )
    ]
    assert left_out == 4
    (asked,) = service.asked
    assert (asked.wanted[0].quantity.value, asked.currency_code, asked.radius_metres) == ("1.5", "", 10_000)


def test_reads_a_list(peer: tuple[_Inventory, MeshInventory, grpc.Server]) -> None:
    _, inventory, _ = peer

    assert inventory.wanted(ACCOUNT, LIST) == ShoppingList((Wanted(PRODUCT, 750),), ("xyzzy",))
    with pytest.raises(PeerRefused) as refused:
        inventory.wanted(AccountId(uuid4()), LIST)
    assert (refused.value.peer_kind, refused.value.peer_reason) == (Kind.NOT_FOUND, "SHOPPING_LIST_NOT_FOUND")


def test_places_a_store(peer: tuple[_Inventory, MeshInventory, grpc.Server]) -> None:
    service, inventory, server = peer

    inventory.place_store(MERCHANT, STORE, location=HERE, version=3, is_open=False)

    (placed,) = service.placed
    assert (placed.store_id, placed.version, placed.open) == (wire.store_text(STORE), 3, False)
    assert placed.location.latitude == HERE.latitude
    server.stop(None).wait()
    with pytest.raises(PeerUnavailable):
        inventory.place_store(MERCHANT, STORE, location=HERE, version=4, is_open=False)
    with pytest.raises(PeerUnavailable):
        inventory.find_offers(HERE, 10_000, [Wanted(PRODUCT, 1500)], None)
    with pytest.raises(PeerUnavailable):
        inventory.wanted(ACCOUNT, LIST)
