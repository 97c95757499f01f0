"""ApiClientService: who makes clients, of what kind, and who sees their secrets."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
import pytest
from billmesh.auth.v1 import api_client_pb2, api_client_service_pb2, api_client_service_pb2_grpc
from google.protobuf.duration_pb2 import Duration
from joserfc import jwk

from services.auth.domain.roles import ROLE_SCOPES, Role
from services.kit.ids import to_text
from tests.harness import Harness, refusal
from tests.services.auth.partners import Partner
from tests.services.auth.shops import add_staff, open_shop

if TYPE_CHECKING:
    from services.auth.domain.names import MerchantId
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.harness import Refusal
    from tests.services.auth.partners import Partners
    from tests.services.auth.people import People, Person

Stub = api_client_service_pb2_grpc.ApiClientServiceStub
DENIED = grpc.StatusCode.PERMISSION_DENIED
INVALID = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
def owner(people: People) -> Person:
    return people.sign_up()


@pytest.fixture
def shop(deps: Deps, owner: Person) -> MerchantId:
    return open_shop(deps, owner)


def as_role(auth: Harness, shop: MerchantId, person: Person, role: Role = Role.OWNER, **more: Any) -> Stub:
    return Stub(auth.as_merchant(shop, account=person.account_id, scopes=ROLE_SCOPES[role], roles=[role], **more))


def wanted(**values: Any) -> api_client_service_pb2.CreateApiClientRequest:
    client = {
        "display_name": "Ledger Sync",
        "mode": api_client_pb2.API_CLIENT_MODE_LIVE,
        "grant_types": [api_client_pb2.GRANT_TYPE_CLIENT_CREDENTIALS],
        "scopes": ["bills:read"],
        "authentication": api_client_pb2.CLIENT_AUTHENTICATION_SECRET,
        **values,
    }
    return api_client_service_pb2.CreateApiClientRequest(
        client=api_client_pb2.ApiClient(**client), request_id=str(uuid4())
    )


def refused(call: Any, request: Any) -> Refusal:
    with pytest.raises(grpc.RpcError) as raised:
        call(request)
    return refusal(raised.value)


def test_an_owner_makes_a_client_and_sees_its_secret_once(
    auth: Harness, partners: Partners, deps: Deps, shop: MerchantId, owner: Person
) -> None:
    stub = as_role(auth, shop, owner)
    request = wanted()
    made = stub.CreateApiClient(request)
    assert made.client.create_account_id == to_text("acc", owner.account_id)
    assert partners.own_token(Partner(made.client.id, made.secret))[0] == 200
    # A repeat shows it again; nothing else does.
    assert stub.CreateApiClient(request) == made
    found = stub.GetApiClient(api_client_service_pb2.GetApiClientRequest(id=made.client.id))
    assert found.HasField("last_use_time")
    (listed,) = stub.ListApiClients(api_client_service_pb2.ListApiClientsRequest()).clients
    assert listed == found
    assert made.secret not in str(found)
    request.client.display_name = "Another"
    assert refused(stub.CreateApiClient, request).reason == "REQUEST_ID_REUSED"
    with deps.db.transaction(merchant=shop) as tx:
        for table in ("idempotency", "api_clients", "audit_events"):
            kept = tx.exec_driver_sql(f"SELECT t::text FROM {table} t").scalars().all()  # noqa: S608
            assert kept
            assert not any(made.secret in row or made.secret.encode().hex() in row for row in kept)


def test_managers_look_and_others_do_not(
    auth: Harness, deps: Deps, people: People, shop: MerchantId, owner: Person
) -> None:
    made = as_role(auth, shop, owner).CreateApiClient(wanted()).client
    read = api_client_service_pb2.GetApiClientRequest(id=made.id)
    manager = as_role(auth, shop, people.sign_up(), Role.MANAGER)
    assert manager.GetApiClient(read) == made
    assert refused(manager.CreateApiClient, wanted()).reason == "SCOPE_MISSING"
    for role in (Role.CASHIER, Role.ACCOUNTANT, Role.VIEWER):
        assert refused(as_role(auth, shop, people.sign_up(), role).GetApiClient, read).code is DENIED
    assert refused(Stub(auth.anonymous()).GetApiClient, read).reason == "TOKEN_MISSING"


def test_a_role_is_read_afresh(auth: Harness, deps: Deps, people: People, shop: MerchantId, owner: Person) -> None:
    """A token may be ten minutes old; what a role was then is not enough."""
    made = as_role(auth, shop, owner).CreateApiClient(wanted()).client
    former = people.sign_up()
    add_staff(deps, shop, former, role=Role.MANAGER)
    stub = as_role(auth, shop, former)
    rotate = api_client_service_pb2.RotateSecretRequest(id=made.id, request_id=str(uuid4()))
    delete = api_client_service_pb2.DeleteApiClientRequest(id=made.id)
    for call, request in (
        (stub.CreateApiClient, wanted()),
        (stub.RotateSecret, rotate),
        (stub.DeleteApiClient, delete),
    ):
        assert refused(call, request).reason == "OWNER_REQUIRED"


def test_changes_take_a_recent_sign_in(auth: Harness, shop: MerchantId, owner: Person, clock: FixedClock) -> None:
    made = as_role(auth, shop, owner).CreateApiClient(wanted()).client
    stale = as_role(auth, shop, owner, auth_time=clock.now() - timedelta(minutes=5, seconds=1))
    rotate = api_client_service_pb2.RotateSecretRequest(id=made.id, request_id=str(uuid4()))
    delete = api_client_service_pb2.DeleteApiClientRequest(id=made.id)
    for call, request in (
        (stale.CreateApiClient, wanted()),
        (stale.RotateSecret, rotate),
        (stale.DeleteApiClient, delete),
    ):
        assert refused(call, request).reason == "STEP_UP_REQUIRED"
    assert stale.GetApiClient(api_client_service_pb2.GetApiClientRequest(id=made.id)) == made


def test_anothers_client_is_as_absent_as_none(
    auth: Harness, deps: Deps, people: People, shop: MerchantId, owner: Person
) -> None:
    made = as_role(auth, shop, owner).CreateApiClient(wanted()).client
    stranger = people.sign_up()
    stub = as_role(auth, open_shop(deps, stranger), stranger)
    for client_id in (made.id, to_text("cli", uuid4())):
        for call, request in (
            (stub.GetApiClient, api_client_service_pb2.GetApiClientRequest(id=client_id)),
            (stub.RotateSecret, api_client_service_pb2.RotateSecretRequest(id=client_id, request_id=str(uuid4()))),
            (stub.DeleteApiClient, api_client_service_pb2.DeleteApiClientRequest(id=client_id)),
        ):
            found = refused(call, request)
            assert (found.code, found.reason) == (grpc.StatusCode.NOT_FOUND, "API_CLIENT_NOT_FOUND")
    assert not stub.ListApiClients(api_client_service_pb2.ListApiClientsRequest()).clients


def test_secrets_rotate_and_clients_go(auth: Harness, partners: Partners, shop: MerchantId, owner: Person) -> None:
    stub = as_role(auth, shop, owner)
    made = stub.CreateApiClient(wanted())
    request = api_client_service_pb2.RotateSecretRequest(
        id=made.client.id, keep_old_for=Duration(seconds=3600), request_id=str(uuid4())
    )
    rotated = stub.RotateSecret(request)
    assert stub.RotateSecret(request) == rotated
    assert rotated.client.HasField("old_secret_expire_time")
    for secret in (made.secret, rotated.secret):
        assert partners.own_token(Partner(made.client.id, secret))[0] == 200
    request = api_client_service_pb2.RotateSecretRequest(
        id=made.client.id, keep_old_for=Duration(seconds=604_801), request_id=str(uuid4())
    )
    assert refused(stub.RotateSecret, request).fields == ("keep_old_for",)
    stub.DeleteApiClient(api_client_service_pb2.DeleteApiClientRequest(id=made.client.id))
    assert partners.own_token(Partner(made.client.id, rotated.secret))[1]["error"] == "invalid_client"
    again = api_client_service_pb2.DeleteApiClientRequest(id=made.client.id)
    assert refused(stub.DeleteApiClient, again).reason == "API_CLIENT_NOT_FOUND"


PUBLIC_KEYS = json.dumps({"keys": [jwk.ECKey.generate_key("P-256").as_dict(private=False)]})


@pytest.mark.parametrize(
    ("values", "reason", "field"),
    [
        ({"display_name": ""}, "INVALID_REQUEST", "client"),
        ({"mode": 0}, "INVALID_REQUEST", "client"),
        ({"grant_types": []}, "INVALID_REQUEST", "client"),
        ({"grant_types": [0]}, "INVALID_REQUEST", "client.grant_types[0]"),
        ({"scopes": []}, "INVALID_REQUEST", "client"),
        ({"authentication": 0}, "INVALID_REQUEST", "client"),
        ({"scopes": ["bills:read", "account"]}, "SCOPE_UNKNOWN", "client.scopes"),
        ({"scopes": ["members:read"]}, "SCOPE_UNKNOWN", "client.scopes"),
        ({"scopes": ["nonsense"]}, "SCOPE_UNKNOWN", "client.scopes"),
        ({"authentication": 3}, "CLIENT_SETTINGS_INVALID", "client.grant_types"),
        ({"authentication": 2}, "CLIENT_SETTINGS_INVALID", "client.jwks_json"),
        ({"jwks_json": PUBLIC_KEYS}, "CLIENT_SETTINGS_INVALID", "client.jwks_json"),
        ({"authentication": 2, "jwks_json": "{}"}, "CLIENT_KEYS_INVALID", "client.jwks_json"),
        ({"redirect_uris": ["https://a.example/"]}, "CLIENT_SETTINGS_INVALID", "client.redirect_uris"),
        ({"grant_types": [2]}, "CLIENT_SETTINGS_INVALID", "client.redirect_uris"),
        (
            {"grant_types": [2], "redirect_uris": ["https://a.example/", "http://a.example/"]},
            "REDIRECT_URI_INVALID",
            "client.redirect_uris[1]",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    auth: Harness, shop: MerchantId, owner: Person, values: dict[str, Any], reason: str, field: str
) -> None:
    found = refused(as_role(auth, shop, owner).CreateApiClient, wanted(**values))
    assert (found.code, found.reason, found.fields) == (INVALID, reason, (field,))


def test_its_keys_are_shown_as_they_are_kept(auth: Harness, shop: MerchantId, owner: Person) -> None:
    stub = as_role(auth, shop, owner)
    made = stub.CreateApiClient(wanted(authentication=2, jwks_json=PUBLIC_KEYS))
    assert made.secret == ""
    assert json.loads(made.client.jwks_json)["keys"][0]["kty"] == "EC"
    request = api_client_service_pb2.RotateSecretRequest(id=made.client.id, request_id=str(uuid4()))
    assert refused(stub.RotateSecret, request).reason == "CLIENT_SETTINGS_INVALID"


def test_fifty_are_the_most(auth: Harness, shop: MerchantId, owner: Person) -> None:
    stub = as_role(auth, shop, owner)
    made = [stub.CreateApiClient(wanted()).client.id for _ in range(50)]
    assert refused(stub.CreateApiClient, wanted()).reason == "LIMIT_REACHED"
    # And pages of them, newest first.
    first = stub.ListApiClients(api_client_service_pb2.ListApiClientsRequest(page_size=30))
    second = stub.ListApiClients(
        api_client_service_pb2.ListApiClientsRequest(page_size=30, page_token=first.next_page_token)
    )
    assert [client.id for client in (*first.clients, *second.clients)] == sorted(made, reverse=True)
    assert second.next_page_token == ""


def test_a_test_tenant_has_none_of_its_own(
    auth: Harness, partners: Partners, shop: MerchantId, owner: Person, deps: Deps
) -> None:
    tester = partners.register(owner, shop, test_mode=True)
    with deps.db.transaction(merchant=shop) as tx:
        twin = tx.exec_driver_sql("SELECT acts_for FROM api_clients WHERE id = %s", (str(tester.id),)).scalar_one()
    stub = as_role(auth, twin, owner)
    assert not stub.ListApiClients(api_client_service_pb2.ListApiClientsRequest()).clients
    assert refused(stub.CreateApiClient, wanted()).reason == "TEST_TENANT"
