"""StoreService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.geo.v1 import store_pb2
from billmesh.geo.v1 import store_service_pb2 as pb
from billmesh.geo.v1.store_service_pb2_grpc import StoreServiceServicer
from google.protobuf import empty_pb2

from services.geo.convert import stores as convert
from services.geo.convert import wire
from services.geo.domain.identity import MerchantId
from services.geo.usecases import stores
from services.kit.context import caller
from services.kit.idempotency import once
from services.kit.paging import page
from services.kit.place import GeoPoint

if TYPE_CHECKING:
    import grpc

    from services.geo.usecases.deps import StoreDeps


class StoreHandler(StoreServiceServicer):
    """A merchant's stores, and the stores near a point."""

    def __init__(self, deps: StoreDeps) -> None:
        self._deps = deps

    def CreateStore(self, request: pb.CreateStoreRequest, context: grpc.ServicerContext) -> store_pb2.Store:
        """Makes a store known."""
        claim = once(request, store_pb2.Store, convert.store_message)
        draft, is_test = convert.draft(request.store), caller().test_mode
        return stores.create(_merchant(), draft, is_test=is_test, once=claim, deps=self._deps)

    def BatchCreateStores(
        self, request: pb.BatchCreateStoresRequest, context: grpc.ServicerContext
    ) -> pb.BatchCreateStoresResponse:
        """Makes stores known, all or none."""
        claim = once(request, pb.BatchCreateStoresResponse, convert.batch_message)
        drafts = [convert.draft(store) for store in request.stores]
        is_test = caller().test_mode
        return stores.create_batch(_merchant(), drafts, is_test=is_test, once=claim, deps=self._deps)

    def GetStore(self, request: pb.GetStoreRequest, context: grpc.ServicerContext) -> store_pb2.Store:
        """Reads one store."""
        return convert.store_message(stores.get(_merchant(), wire.store_id(request.id), deps=self._deps))

    def ListStores(self, request: pb.ListStoresRequest, context: grpc.ServicerContext) -> pb.ListStoresResponse:
        """Lists the merchant's stores, newest first."""
        asked = page(request)
        found = stores.list_(
            _merchant(),
            state=convert.state(request.state),
            external_code=request.external_code or None,
            before=convert.before(asked),
            limit=asked.size + 1,
            deps=self._deps,
        )
        return convert.list_message(found, asked)

    def UpdateStore(self, request: pb.UpdateStoreRequest, context: grpc.ServicerContext) -> store_pb2.Store:
        """Changes a store."""
        return stores.update(
            _merchant(),
            wire.store_id(request.store.id),
            convert.draft(request.store),
            mask=request.update_mask.paths,
            etag=request.store.etag,
            once=once(request, store_pb2.Store, convert.store_message),
            deps=self._deps,
        )

    def DeleteStore(self, request: pb.DeleteStoreRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Takes a store off the map."""
        stores.delete(_merchant(), wire.store_id(request.id), etag=request.etag, deps=self._deps)
        return empty_pb2.Empty()

    def FindStores(self, request: pb.FindStoresRequest, context: grpc.ServicerContext) -> pb.FindStoresResponse:
        """Finds open stores of all merchants, nearest first."""
        asked = page(request)
        found = stores.find(
            around=GeoPoint(request.latitude, request.longitude),
            radius_metres=convert.radius(request.radius_metres),
            name=request.name,
            category=request.category,
            after=convert.after(asked),
            limit=asked.size + 1,
            deps=self._deps,
        )
        return convert.near_message(found, asked)


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)
