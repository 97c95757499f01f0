"""From nothing to a merchant's token, as an application does it over the wire."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

import grpc
import pytest
from billmesh.auth.v1 import (
    account_service_pb2,
    account_service_pb2_grpc,
    login_service_pb2,
    login_service_pb2_grpc,
    merchant_pb2,
    merchant_service_pb2,
    merchant_service_pb2_grpc,
    oauth_service_pb2,
    oauth_service_pb2_grpc,
)
from google.api.httpbody_pb2 import HttpBody

from services.auth import authenticator_apps
from services.auth.domain import totp
from services.kit.ids import from_text
from services.kit.tokens import Verifier
from tests.harness import refusal
from tests.services.auth.people import FORM, PASSWORD, REDIRECT, VERIFIER, challenge_of, new_phone

if TYPE_CHECKING:
    from services.auth.config import AuthSettings
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.harness import Harness

AUTHORIZATION = login_service_pb2.AuthorizationRequest(
    client_id="billmesh-cli",
    redirect_uri=REDIRECT,
    code_challenge=challenge_of(VERIFIER),
    code_challenge_method="S256",
    device_name="Test",
)


def post(channel: grpc.Channel, **form: str) -> tuple[dict[str, str], dict[str, Any]]:
    """The token endpoint: metadata, body."""
    stub = oauth_service_pb2_grpc.OAuthServiceStub(channel)
    body = HttpBody(content_type=FORM, data=urlencode(form).encode())
    answer, call = stub.IssueToken.with_call(oauth_service_pb2.IssueTokenRequest(body=body))
    assert answer.content_type == "application/json"
    metadata = {str(key): str(value) for key, value in call.initial_metadata()}
    return metadata, json.loads(answer.data)


def sign_up_request(**values: Any) -> account_service_pb2.CreateAccountRequest:
    return account_service_pb2.CreateAccountRequest(
        **{
            "phone": new_phone().e164,
            "display_name": "Asha Rao",
            "password": PASSWORD,
            "authorization": AUTHORIZATION,
            "request_id": str(uuid4()),
            **values,
        }
    )


def test_from_nothing_to_a_merchants_token(
    auth: Harness, deps: Deps, settings: AuthSettings, clock: FixedClock
) -> None:
    anyone = auth.anonymous()
    accounts = account_service_pb2_grpc.AccountServiceStub(anyone)
    logins = login_service_pb2_grpc.LoginServiceStub(anyone)
    request = sign_up_request(phone="+919845012345")
    signed_up = accounts.CreateAccount(request)
    assert signed_up == accounts.CreateAccount(request)
    assert list(signed_up.challenge.factors) == [login_service_pb2.FACTOR_TOTP]
    assert signed_up.enrolment.otpauth_uri.startswith("otpauth://totp/Billmesh:%2B919845012345?secret=")

    def code() -> str:
        clock.advance(timedelta(seconds=30))
        return authenticator_apps.code_at(signed_up.enrolment.secret, totp.step_of(clock.now()))

    logins.AnswerFactor(
        login_service_pb2.AnswerFactorRequest(challenge_token=signed_up.challenge.challenge_token, totp_code=code())
    )
    begun = logins.BeginLogin(
        login_service_pb2.BeginLoginRequest(identifier=signed_up.account_id, authorization=AUTHORIZATION)
    )
    assert list(begun.factors) == [login_service_pb2.FACTOR_PASSWORD, login_service_pb2.FACTOR_PASSKEY]
    answered = logins.AnswerFactor(
        login_service_pb2.AnswerFactorRequest(challenge_token=begun.challenge_token, password=PASSWORD)
    )
    assert list(answered.challenge.factors) == [
        login_service_pb2.FACTOR_TOTP,
        login_service_pb2.FACTOR_RECOVERY_CODE,
        login_service_pb2.FACTOR_PASSKEY,
    ]
    answered = logins.AnswerFactor(
        login_service_pb2.AnswerFactorRequest(challenge_token=answered.challenge.challenge_token, totp_code=code())
    )
    grant = {
        "grant_type": "authorization_code",
        "client_id": "billmesh-cli",
        "code": answered.grant.code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    metadata, tokens = post(anyone, **grant)
    assert metadata["x-http-status"] == "200"
    assert metadata["cache-control"] == "no-store"
    person = auth.as_person(from_text("acc", signed_up.account_id), scopes=["account", "profile"])
    shop = merchant_service_pb2_grpc.MerchantServiceStub(person).CreateMerchant(
        merchant_service_pb2.CreateMerchantRequest(
            merchant=merchant_pb2.Merchant(display_name="Corner Shop", country_code="IN", time_zone="Asia/Kolkata"),
            request_id=str(uuid4()),
        )
    )
    metadata, tokens = post(
        anyone,
        grant_type="refresh_token",
        client_id="billmesh-cli",
        refresh_token=tokens["refresh_token"],
        merchant_id=shop.id,
    )
    assert metadata["x-http-status"] == "200"
    caller = Verifier(settings, source=deps.keys, clock=clock).verify(tokens["access_token"])
    assert caller.merchant == from_text("mer", shop.id)
    assert caller.roles == {"owner"}
    assert "bills:write" in caller.scopes
    metadata, refused = post(anyone, **grant)
    assert (metadata["x-http-status"], refused["error"]) == ("400", "invalid_grant")
    assert metadata["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"phone": "9845012345"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"display_name": ""}, "display_name"),
        ({"display_name": "a\nb"}, "display_name"),
        ({"display_name": "\u202eoops"}, "display_name"),
        ({"display_name": "x" * 101}, "display_name"),
        ({"password": ""}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"email": "nobody"}, "email"),
        ({"locale": "english please"}, "locale"),
        ({"authorization": None}, "authorization"),
        ({"request_id": "1"}, "request_id"),
    ],
)
def test_a_bad_sign_up_names_the_field(auth: Harness, values: dict[str, Any], field: str) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        account_service_pb2_grpc.AccountServiceStub(auth.anonymous()).CreateAccount(sign_up_request(**values))
    refused = refusal(raised.value)
    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert set(refused.fields) == {field}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code_challenge": ""}, "authorization.code_challenge"),
        ({"code_challenge": "c" * 44}, "authorization.code_challenge"),
        ({"code_challenge_method": ""}, "authorization.code_challenge_method"),
        ({"code_challenge_method": "plain"}, "authorization.code_challenge_method"),
        ({"client_id": ""}, "authorization.client_id"),
        ({"redirect_uri": ""}, "authorization.redirect_uri"),
        ({"scope": "a  b"}, "authorization.scope"),
        ({"state": "a\x00"}, "authorization.state"),
    ],
)
def test_a_sign_in_without_pkce_or_a_client_is_refused(auth: Harness, values: dict[str, str], field: str) -> None:
    authorization = login_service_pb2.AuthorizationRequest()
    authorization.CopyFrom(AUTHORIZATION)
    for name, value in values.items():
        setattr(authorization, name, value)
    request = login_service_pb2.BeginLoginRequest(identifier="+919845012345", authorization=authorization)
    with pytest.raises(grpc.RpcError) as raised:
        login_service_pb2_grpc.LoginServiceStub(auth.anonymous()).BeginLogin(request)
    assert refusal(raised.value).fields == (field,)


def test_phones_that_cannot_exist(auth: Harness) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        account_service_pb2_grpc.AccountServiceStub(auth.anonymous()).CreateAccount(
            sign_up_request(phone="+9100000000")
        )
    assert refusal(raised.value).reason == "PHONE_INVALID"
    request = login_service_pb2.BeginLoginRequest(identifier="+9100000000", authorization=AUTHORIZATION)
    with pytest.raises(grpc.RpcError) as raised:
        login_service_pb2_grpc.LoginServiceStub(auth.anonymous()).BeginLogin(request)
    assert refusal(raised.value).fields == ("identifier",)


@pytest.mark.parametrize(
    "answer",
    [{}, {"password": ""}, {"password": "x" * 1025}, {"totp_code": "12345"}, {"totp_code": "\uff11" * 6}],
)
def test_a_malformed_answer_is_refused(auth: Harness, answer: dict[str, str]) -> None:
    request = login_service_pb2.AnswerFactorRequest(challenge_token="t" * 43, **answer)
    with pytest.raises(grpc.RpcError) as raised:
        login_service_pb2_grpc.LoginServiceStub(auth.anonymous()).AnswerFactor(request)
    assert refusal(raised.value).reason == "INVALID_REQUEST"


def test_a_refused_factor_is_unauthenticated_and_waiting_is_told(auth: Harness) -> None:
    logins = login_service_pb2_grpc.LoginServiceStub(auth.anonymous())
    request = login_service_pb2.BeginLoginRequest(identifier="+919845012399", authorization=AUTHORIZATION)
    token = logins.BeginLogin(request).challenge_token
    answer = login_service_pb2.AnswerFactorRequest(challenge_token=token, password="not this one")  # noqa: S106
    seen = []
    for _ in range(11):
        with pytest.raises(grpc.RpcError) as raised:
            logins.AnswerFactor(answer)
        seen.append(refusal(raised.value))
    assert {(one.code, one.reason) for one in seen[:10]} == {(grpc.StatusCode.UNAUTHENTICATED, "FACTOR_REFUSED")}
    assert (seen[10].code, seen[10].reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_ATTEMPTS")


def test_a_form_that_is_too_large(auth: Harness) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        post(auth.anonymous(), grant_type="x" * 20_000)
    assert refusal(raised.value).fields == ("body",)


@pytest.mark.parametrize("caller", ["edge", "billing", "inventory", "geo", "notification", "auth"])
def test_everyone_reads_the_keys(auth: Harness, caller: str) -> None:
    channel = auth.anonymous() if caller == "edge" else auth.as_mesh(caller)
    stub = oauth_service_pb2_grpc.OAuthServiceStub(channel)
    answer, call = stub.GetJwks.with_call(oauth_service_pb2.GetJwksRequest())
    assert answer.content_type == "application/json"
    assert len(json.loads(answer.data)["keys"]) >= 2
    assert "d" not in json.loads(answer.data)["keys"][0]
    assert ("cache-control", "public, max-age=300") in [tuple(pair) for pair in call.initial_metadata()]


def test_what_the_server_says_of_itself(auth: Harness) -> None:
    stub = oauth_service_pb2_grpc.OAuthServiceStub(auth.anonymous())
    said = json.loads(stub.GetServerMetadata(oauth_service_pb2.GetServerMetadataRequest()).data)
    assert said["issuer"] == "https://edge.test"
    assert said["jwks_uri"] == "https://edge.test/.well-known/jwks.json"
    assert said["code_challenge_methods_supported"] == ["S256"]
