"""Whether a merchant is a test one is asked once, and never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from typing import Any
from uuid import uuid4

import grpc
import pytest
from billmesh.auth.v1 import merchant_directory_service_pb2 as pb
from billmesh.auth.v1 import merchant_directory_service_pb2_grpc as pb_grpc

from services.kit.errors import PeerUnavailable
from services.kit.ids import to_text
from services.notification.clients.tenants import MeshTenants
from services.notification.domain.contact import Contact
from services.notification.domain.message import TenantId


class Auth(pb_grpc.MerchantDirectoryServiceServicer):
    """Knows one test merchant."""

    def __init__(self, test: str) -> None:
        self.asked: list[str] = []
        self.is_away = False
        self._test = test

    def GetMerchantProfile(self, request: Any, context: Any) -> pb.MerchantProfile:
        self.asked.append(request.merchant_id)
        if self.is_away:
            context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        return pb.MerchantProfile(id=request.merchant_id, is_test=request.merchant_id == self._test, country_code="FI")

    def GetMerchantContacts(self, request: Any, context: Any) -> pb.MerchantContacts:
        if self.is_away:
            context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        contact = pb.MerchantContact(account_id="acc_1", phone="+358401234567", email="a@mail.test", locale="fi-FI")
        return pb.MerchantContacts(contacts=[contact] if request.merchant_id != self._test else [])


TEST, LIVE = TenantId(uuid4()), TenantId(uuid4())


@pytest.fixture
def auth() -> Auth:
    return Auth(to_text("mer", TEST))


@pytest.fixture
def channel(auth: Auth) -> Iterator[grpc.Channel]:
    server = grpc.server(futures.ThreadPoolExecutor(1))
    pb_grpc.add_MerchantDirectoryServiceServicer_to_server(auth, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as opened:
        yield opened
    server.stop(None)


def test_each_is_asked_once(auth: Auth, channel: grpc.Channel) -> None:
    tenants = MeshTenants(channel)
    assert [tenants.is_test(tenant) for tenant in (TEST, LIVE, TEST, LIVE)] == [True, False, True, False]
    assert [tenants.country(tenant) for tenant in (TEST, LIVE)] == ["FI", "FI"]
    assert auth.asked == [to_text("mer", TEST), to_text("mer", LIVE)]


def test_owners_are_asked_for_each_time(auth: Auth, channel: grpc.Channel) -> None:
    tenants = MeshTenants(channel)
    owner = Contact(account_id="acc_1", phone="+358401234567", email="a@mail.test", locale="fi-FI")
    assert (tenants.contacts(LIVE), tenants.contacts(TEST)) == ([owner], [])
    assert "mail.test" not in repr(owner)
    auth.is_away = True
    with pytest.raises(PeerUnavailable):
        tenants.contacts(LIVE)


def test_an_absence_is_told_and_not_remembered(auth: Auth, channel: grpc.Channel) -> None:
    tenants = MeshTenants(channel)
    auth.is_away = True
    with pytest.raises(PeerUnavailable):
        tenants.is_test(TEST)
    auth.is_away = False
    assert tenants.is_test(TEST)
