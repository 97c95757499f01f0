"""OAuthService, ConsentService and DeviceGrantService as calls: what comes in by headers and goes out by them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import grpc
import pytest
from billmesh.auth.v1 import (
    consent_service_pb2,
    consent_service_pb2_grpc,
    device_grant_service_pb2,
    device_grant_service_pb2_grpc,
    login_service_pb2,
    login_service_pb2_grpc,
    oauth_service_pb2,
    oauth_service_pb2_grpc,
)
from google.api.httpbody_pb2 import HttpBody

from services.auth.domain.audit import Action
from services.kit.ids import to_text
from tests.harness import Harness, refusal
from tests.services.auth.partners import Partner, query_of
from tests.services.auth.people import FORM, claims
from tests.services.auth.shops import open_shop

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.services.auth.partners import Partners
    from tests.services.auth.people import People, Person

TILL = Partner("billmesh-till")


@pytest.fixture
def person(people: People) -> Person:
    return people.sign_up()


@pytest.fixture
def own(auth: Harness, people: People, person: Person) -> grpc.Channel:
    """The person, signed in at our own application."""
    said = claims(people.tokens(person)["access_token"])
    return auth.as_person(person.account_id, scopes=said["scope"].split(), sid=said["sid"])


def oauth(auth: Harness) -> oauth_service_pb2_grpc.OAuthServiceStub:
    return oauth_service_pb2_grpc.OAuthServiceStub(auth.anonymous())


def form(values: dict[str, str]) -> HttpBody:
    return HttpBody(content_type=FORM, data=urlencode(values).encode())


def asked(call: Any, request: Any, **metadata: str) -> tuple[HttpBody, dict[str, str]]:
    """The answer and its headers."""
    answer, made = call.with_call(request, metadata=tuple(metadata.items()))
    return answer, dict(made.initial_metadata())


def test_a_query_is_read_as_it_was_sent(auth: Harness, partners: Partners) -> None:
    query = urlencode(partners.asked())
    path = f"/oauth2/authorize?{query}&body.data=eA"
    sent = {"x-envoy-original-path": path, "x-envoy-original-method": "GET"}
    # What the transcoder made of it counts for nothing.
    request = oauth_service_pb2.AuthorizeRequest(body=form(partners.asked(state="another")))
    answer, headers = asked(oauth(auth).Authorize, request, **sent)
    assert (answer.data, headers["x-http-status"]) == (b"", "302")
    assert headers["location"].startswith("https://edge.test/sign-in?request=")
    assert headers["cache-control"] == "no-store"
    handle = query_of(headers["location"])["request"]
    stub = login_service_pb2_grpc.LoginServiceStub(auth.anonymous())
    summary = stub.DescribeAuthorization(login_service_pb2.DescribeAuthorizationRequest(authorization_request=handle))
    assert (summary.client_id, summary.third_party) == ("billmesh-cli", False)
    assert summary.HasField("expire_time")
    _, headers = asked(
        oauth(auth).Authorize,
        oauth_service_pb2.AuthorizeRequest(),
        **sent | {"x-envoy-original-path": "/oauth2/authorize"},
    )
    assert headers["x-http-status"] == "400"
    assert "location" not in headers


def test_a_form_is_read_from_the_body(auth: Harness, partners: Partners) -> None:
    sent = {"x-envoy-original-path": "/oauth2/authorize?state=another", "x-envoy-original-method": "POST"}
    request = oauth_service_pb2.AuthorizeRequest(body=form(partners.asked(response_type="token")))
    _, headers = asked(oauth(auth).Authorize, request, **sent)
    assert headers["x-http-status"] == "303"
    assert query_of(headers["location"])["state"] == "a state"


def test_a_client_is_told_which_scheme_would_do(auth: Harness) -> None:
    request = oauth_service_pb2.IssueTokenRequest(body=form({"grant_type": "client_credentials"}))
    answer, headers = asked(oauth(auth).IssueToken, request, authorization="Bearer x")
    assert (headers["x-http-status"], headers["www-authenticate"]) == ("401", 'Basic realm="billmesh"')
    assert json.loads(answer.data)["error"] == "invalid_client"
    _, headers = asked(oauth(auth).IssueToken, request)
    assert headers["x-http-status"] == "400"
    assert "www-authenticate" not in headers


def test_every_endpoint_takes_a_form(auth: Harness, partners: Partners) -> None:
    stub = oauth(auth)
    calls: tuple[tuple[Any, Any, str], ...] = (
        (stub.PushAuthorizationRequest, oauth_service_pb2.PushAuthorizationRequestRequest, "invalid_client"),
        (stub.AuthorizeDevice, oauth_service_pb2.AuthorizeDeviceRequest, "invalid_client"),
        (stub.RevokeToken, oauth_service_pb2.RevokeTokenRequest, "invalid_client"),
        (stub.IntrospectToken, oauth_service_pb2.IntrospectTokenRequest, "invalid_client"),
        (stub.IssueToken, oauth_service_pb2.IssueTokenRequest, "unsupported_grant_type"),
    )
    for call, request, error in calls:
        answer, headers = asked(call, request(body=form({"token": "t"})))
        assert (json.loads(answer.data)["error"], headers["x-http-status"]) == (error, "400")
        answer, headers = asked(call, request(body=HttpBody(content_type="application/json", data=b"{}")))
        assert json.loads(answer.data)["error"] == "invalid_request"
        with pytest.raises(grpc.RpcError) as raised:
            call(request(body=HttpBody(content_type=FORM, data=b"x" * 16_385)))
        assert refusal(raised.value).reason == "INVALID_REQUEST"


def test_discovery_names_what_is_there(auth: Harness) -> None:
    answer, headers = asked(oauth(auth).GetServerMetadata, oauth_service_pb2.GetServerMetadataRequest())
    found = json.loads(answer.data)
    assert headers["cache-control"] == "public, max-age=300"
    bindings = {
        path
        for method in oauth_service_pb2.DESCRIPTOR.services_by_name["OAuthService"].methods
        for path in _paths(method)
    }
    named = {
        value.removeprefix("https://edge.test") for name, value in found.items() if name.endswith(("_endpoint", "_uri"))
    }
    assert named <= bindings
    assert named == {path for path in bindings if path.startswith("/oauth2/")} | {"/.well-known/jwks.json"}
    assert found["introspection_endpoint_auth_methods_supported"] == [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ]


def _paths(method: Any) -> list[str]:
    from google.api import annotations_pb2  # noqa: PLC0415 - the extension is registered by its import

    rule = method.GetOptions().Extensions[annotations_pb2.http]
    return [bound.get or bound.post for bound in (rule, *rule.additional_bindings)]


def test_user_info_takes_openid(auth: Harness, person: Person) -> None:
    def ask(*scopes: str) -> HttpBody:
        stub = oauth_service_pb2_grpc.OAuthServiceStub(auth.as_person(person.account_id, scopes=scopes))
        return stub.GetUserInfo(oauth_service_pb2.GetUserInfoRequest())

    assert json.loads(ask("openid", "profile").data)["name"] == "Asha Rao"
    with pytest.raises(grpc.RpcError) as raised:
        ask("profile")
    assert refusal(raised.value).reason == "SCOPE_MISSING"


def test_a_consent_is_given_listed_and_taken_back(
    auth: Harness, partners: Partners, people: People, deps: Deps, own: grpc.Channel
) -> None:
    owner = people.sign_up()
    partner = partners.register(owner, open_shop(deps, owner))
    logins = login_service_pb2_grpc.LoginServiceStub(own)
    request = login_service_pb2.ApproveAuthorizationRequest(
        authorization_request=partners.handle(partner), device_name="Firefox"
    )
    with pytest.raises(grpc.RpcError) as raised:
        logins.ApproveAuthorization(request)
    assert refusal(raised.value).reason == "CONSENT_REQUIRED"
    request.decision = login_service_pb2.CONSENT_DECISION_ALLOW
    granted = logins.ApproveAuthorization(request)
    assert query_of(granted.redirect_to)["code"] == granted.code
    stub = consent_service_pb2_grpc.ConsentServiceStub(own)
    (consent,) = stub.ListConsents(consent_service_pb2.ListConsentsRequest()).consents
    assert (consent.client_id, consent.publisher_name) == (partner.client_id, "Corner Shop")
    stub.RevokeConsent(consent_service_pb2.RevokeConsentRequest(client_id=partner.client_id))
    with pytest.raises(grpc.RpcError) as raised:
        stub.RevokeConsent(consent_service_pb2.RevokeConsentRequest(client_id=partner.client_id))
    assert refusal(raised.value).reason == "CONSENT_NOT_FOUND"
    request = login_service_pb2.ApproveAuthorizationRequest(
        authorization_request=partners.handle(partner), decision=login_service_pb2.CONSENT_DECISION_DENY
    )
    denied = logins.ApproveAuthorization(request)
    assert denied.code == ""
    assert not denied.HasField("expire_time")


def test_a_device_is_let_in(auth: Harness, partners: Partners, deps: Deps, own: grpc.Channel, person: Person) -> None:
    shop = open_shop(deps, person)
    code = partners.begin_device(TILL)["user_code"]
    stub = device_grant_service_pb2_grpc.DeviceGrantServiceStub(own)
    found = stub.GetDeviceGrant(device_grant_service_pb2.GetDeviceGrantRequest(user_code=code.lower()))
    assert (found.user_code, found.authorization.client_name) == (code, "Billmesh till")
    assert found.state == device_grant_service_pb2.DEVICE_GRANT_STATE_PENDING
    decided = stub.DecideDeviceGrant(
        device_grant_service_pb2.DecideDeviceGrantRequest(
            user_code=code, decision=login_service_pb2.CONSENT_DECISION_ALLOW, merchant_id=to_text("mer", shop)
        )
    )
    assert decided.state == device_grant_service_pb2.DEVICE_GRANT_STATE_ALLOWED
    with deps.db.transaction(merchant=shop) as tx:
        query = "SELECT target_id FROM audit_events WHERE action = %s"
        assert tx.exec_driver_sql(query, (Action.DEVICE_ALLOWED.value,)).scalars().all() == ["billmesh-till"]


@pytest.mark.parametrize(
    ("stub", "method", "request_message"),
    [
        (consent_service_pb2_grpc.ConsentServiceStub, "ListConsents", consent_service_pb2.ListConsentsRequest()),
        (
            consent_service_pb2_grpc.ConsentServiceStub,
            "RevokeConsent",
            consent_service_pb2.RevokeConsentRequest(client_id="cli_" + "0" * 26),
        ),
        (
            device_grant_service_pb2_grpc.DeviceGrantServiceStub,
            "GetDeviceGrant",
            device_grant_service_pb2.GetDeviceGrantRequest(user_code="BBBB-BBBB"),
        ),
        (
            device_grant_service_pb2_grpc.DeviceGrantServiceStub,
            "DecideDeviceGrant",
            device_grant_service_pb2.DecideDeviceGrantRequest(
                user_code="BBBB-BBBB", decision=login_service_pb2.CONSENT_DECISION_ALLOW
            ),
        ),
        (
            login_service_pb2_grpc.LoginServiceStub,
            "ApproveAuthorization",
            login_service_pb2.ApproveAuthorizationRequest(authorization_request="h" * 43),
        ),
    ],
)
def test_only_our_own_applications_may(
    auth: Harness, person: Person, stub: Any, method: str, request_message: Any
) -> None:
    """A third party's token never has the scope; nobody's has none at all."""
    for channel, reason in (
        (auth.anonymous(), "TOKEN_MISSING"),
        (auth.as_person(person.account_id, scopes=("openid", "profile", "bills:own")), "SCOPE_MISSING"),
    ):
        with pytest.raises(grpc.RpcError) as raised:
            getattr(stub(channel), method)(request_message)
        assert refusal(raised.value).reason == reason
