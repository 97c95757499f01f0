"""Which merchants are test ones, as the auth service knows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

import grpc
from billmesh.auth.v1 import merchant_directory_service_pb2, merchant_directory_service_pb2_grpc

from services.kit import ids, mesh

if TYPE_CHECKING:
    from services.notification.domain.message import TenantId

_REMEMBERED = 100_000


class Tenants(Protocol):
    """Tells test merchants from live ones."""

    def is_test(self, tenant: TenantId) -> bool:
        """Whether this merchant's messages must not leave. Raises PeerRefused or PeerUnavailable."""
        ...


class MeshTenants:
    """Asks auth once for each merchant: one made as a test merchant stays one. Safe to share between threads."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = merchant_directory_service_pb2_grpc.MerchantDirectoryServiceStub(channel)
        self._known: dict[TenantId, bool] = {}
        self._lock = threading.Lock()

    def is_test(self, tenant: TenantId) -> bool:
        """As Tenants says."""
        known = self._known.get(tenant)
        if known is not None:
            return known
        request = merchant_directory_service_pb2.GetMerchantProfileRequest(merchant_id=ids.to_text("mer", tenant))
        try:
            found = self._stub.GetMerchantProfile(request)
        except grpc.RpcError as error:
            raise mesh.translate(error, peer="auth") from error
        with self._lock:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[tenant] = found.is_test
        return bool(found.is_test)
