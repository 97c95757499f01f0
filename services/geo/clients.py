"""The peers that geo needs, as it needs them, and their adapters on the mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import grpc
from billmesh.inventory.v1 import offer_service_pb2, shopping_list_service_pb2
from billmesh.inventory.v1.offer_service_pb2_grpc import OfferServiceStub
from billmesh.inventory.v1.shopping_list_service_pb2_grpc import ShoppingListServiceStub

from services.geo.convert import inventory, wire
from services.kit.mesh import translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.geo.domain.identity import AccountId, MerchantId, ShoppingListId, StoreId
    from services.geo.domain.roads import RoadSource, Route, TravelMode, Ways
    from services.geo.domain.shopping import ShoppingList, StoreOffers, Wanted
    from services.kit.mesh import Mesh
    from services.kit.place import GeoPoint

_PEER = "inventory"
# inventory's limit. More stores than a plan can weigh, so that the choice among them is made here.
_MOST_STORES = 500


class Inventory(Protocol):
    """What geo asks of inventory. Every call raises PeerUnavailable, or inventory's own refusal."""

    def find_offers(
        self, around: GeoPoint, radius_metres: int, wanted: Sequence[Wanted], currency: str | None
    ) -> tuple[list[StoreOffers], int]:
        """The offers around a point, in one currency or in all, and how many stores were left out of the answer."""
        ...

    def wanted(self, account_id: AccountId, list_id: ShoppingListId) -> ShoppingList:
        """A person's list."""
        ...

    def place_store(
        self, merchant_id: MerchantId, store_id: StoreId, *, location: GeoPoint, version: int, is_open: bool
    ) -> None:
        """Tells where a store is. Idempotent; the newest version wins."""
        ...


class Roads(Protocol):
    """Where ways come from. A network raises RoadsUnavailable where it has no answer; an estimate always has one."""

    @property
    def source(self) -> RoadSource:
        """What the ways are."""
        ...

    @property
    def attribution(self) -> str:
        """Whom to thank on the map."""
        ...

    def ways(self, start: GeoPoint, stores: Sequence[GeoPoint], end: GeoPoint | None, mode: TravelMode) -> Ways:
        """Every way of a trip over `stores`; without `end` the trip may end anywhere."""
        ...

    def route(self, points: Sequence[GeoPoint], mode: TravelMode) -> Route:
        """The way over `points` in their order, with its lines."""
        ...

    def close(self) -> None:
        """Ends its connections."""
        ...


class RoadsUnavailable(Exception):
    """A network does not answer, or knows no way for this trip."""


class MeshInventory:
    """inventory, through the mesh."""

    def __init__(self, mesh: Mesh) -> None:
        self._offers = OfferServiceStub(mesh.channel)
        self._lists = ShoppingListServiceStub(mesh.channel)

    def find_offers(
        self, around: GeoPoint, radius_metres: int, wanted: Sequence[Wanted], currency: str | None
    ) -> tuple[list[StoreOffers], int]:
        """Implements Inventory."""
        request = offer_service_pb2.FindOffersRequest(
            origin=wire.point_message(around),
            radius_metres=radius_metres,
            wanted=[inventory.wanted_message(line) for line in wanted],
            currency_code=currency or "",
            max_stores=_MOST_STORES,
        )
        try:
            answer = self._offers.FindOffers(request)
        except grpc.RpcError as error:
            raise translate(error, peer=_PEER) from error
        return [inventory.store_offers(store) for store in answer.stores], answer.stores_left_out

    def wanted(self, account_id: AccountId, list_id: ShoppingListId) -> ShoppingList:
        """Implements Inventory."""
        request = shopping_list_service_pb2.GetWantedRequest(
            account_id=wire.account_text(account_id), shopping_list_id=wire.list_text(list_id)
        )
        try:
            answer = self._lists.GetWanted(request)
        except grpc.RpcError as error:
            raise translate(error, peer=_PEER) from error
        return inventory.shopping_list(answer)

    def place_store(
        self, merchant_id: MerchantId, store_id: StoreId, *, location: GeoPoint, version: int, is_open: bool
    ) -> None:
        """Implements Inventory."""
        request = offer_service_pb2.PlaceStoreRequest(
            merchant_id=wire.merchant_text(merchant_id),
            store_id=wire.store_text(store_id),
            location=wire.point_message(location),
            version=version,
            open=is_open,
        )
        try:
            self._offers.PlaceStore(request)
        except grpc.RpcError as error:
            raise translate(error, peer=_PEER) from error
