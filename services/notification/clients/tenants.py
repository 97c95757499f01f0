"""What the auth service knows of merchants: which are test ones, where they are, and whom to tell."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

import grpc
from billmesh.auth.v1 import merchant_directory_service_pb2, merchant_directory_service_pb2_grpc

from services.kit import ids, mesh
from services.notification.domain.contact import Contact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.notification.domain.message import TenantId

_REMEMBERED = 100_000


class Tenants(Protocol):
    """Knows merchants. Its methods raise PeerRefused or PeerUnavailable."""

    def is_test(self, tenant: TenantId) -> bool:
        """Whether this merchant's messages must not leave."""
        ...

    def country(self, tenant: TenantId) -> str:
        """Where the merchant is, ISO 3166-1 alpha-2."""
        ...

    def contacts(self, tenant: TenantId) -> Sequence[Contact]:
        """The merchant's owners as they are now; may be empty."""
        ...


class MeshTenants:
    """Asks auth once for each merchant: one made as a test merchant stays one, and so does its country.

    Owners come and go, so they are asked for each time. Safe to share between threads.
    """

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = merchant_directory_service_pb2_grpc.MerchantDirectoryServiceStub(channel)
        self._known: dict[TenantId, tuple[bool, str]] = {}
        self._lock = threading.Lock()

    def is_test(self, tenant: TenantId) -> bool:
        """As Tenants says."""
        return self._profile(tenant)[0]

    def country(self, tenant: TenantId) -> str:
        """As Tenants says."""
        return self._profile(tenant)[1]

    def contacts(self, tenant: TenantId) -> Sequence[Contact]:
        """As Tenants says."""
        request = merchant_directory_service_pb2.GetMerchantContactsRequest(merchant_id=ids.to_text("mer", tenant))
        try:
            found = self._stub.GetMerchantContacts(request)
        except grpc.RpcError as error:
            raise mesh.translate(error, peer="auth") from error
        return [
            Contact(account_id=one.account_id, phone=one.phone, email=one.email, locale=one.locale)
            for one in found.contacts
        ]

    def _profile(self, tenant: TenantId) -> tuple[bool, str]:
        known = self._known.get(tenant)
        if known is not None:
            return known
        request = merchant_directory_service_pb2.GetMerchantProfileRequest(merchant_id=ids.to_text("mer", tenant))
        try:
            found = self._stub.GetMerchantProfile(request)
        except grpc.RpcError as error:
            raise mesh.translate(error, peer="auth") from error
        profile = (bool(found.is_test), str(found.country_code))
        with self._lock:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[tenant] = profile
        return profile
