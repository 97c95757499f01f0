"""Every method of the contract, in every dialect, with every kind of token that should not do."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from billmesh.options.v1 import access_pb2
from joserfc import jwt
from joserfc.jwk import ECKey

from services.kit import access
from services.kit.authorization import TWO_FACTORS
from tests.contract import walk
from tests.contract.conftest import METHODS
from tests.contract.walk import EDGE, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import grpc
    import httpx

    from tests.contract.rig import Rig
    from tools.contract import Method

GUARDED = [method for method in METHODS if not method.is_public and not method.is_mesh_only]
PUBLIC = [method for method in METHODS if method.is_public]
MESH = [method for method in METHODS if method.is_mesh_only]
EVERY_MERCHANT = access_pb2.AUDIENCE_MERCHANT


def each(methods: list[Method]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("method", methods, ids=lambda method: method.path.removeprefix("/billmesh."))


class Doors:
    """One running edge, and every way through it."""

    def __init__(self, client: httpx.Client, channel: grpc.Channel) -> None:
        self.client = client
        self.channel = channel

    def outcomes(self, method: Method, token: str | None) -> Iterator[Outcome]:
        """Of the same call in all dialects and over all its routes."""
        for binding in method.bindings:
            yield walk.as_json(self.client, method, binding, token=token)
        yield walk.as_grpc(self.channel, method.path, token=token)
        yield walk.as_web(self.client, method.path, token=token)


@pytest.fixture(scope="module")
def doors(client: httpx.Client, channel: grpc.Channel) -> Doors:
    return Doors(client, channel)


def fitting(rig: Rig, method: Method, **more: Any) -> str:
    """The token that the method asks for."""
    return rig.token(merchant=method.access.audience == EVERY_MERCHANT, **more)


def refused(outcomes: Iterator[Outcome], *, reason: str, code: int, status: int, domain: str | None = EDGE) -> None:
    """All of them in the same words."""
    seen = list(outcomes)
    assert seen
    for outcome in seen:
        assert (outcome.reason, outcome.code) == (reason, code), outcome
        assert domain is None or outcome.domain == domain, outcome
        assert outcome.http_status in {status, 200}, outcome
    assert len({outcome.message for outcome in seen}) == 1, seen


@each(GUARDED)
def test_without_a_token(doors: Doors, method: Method) -> None:
    outcomes = list(doors.outcomes(method, None))
    refused(iter(outcomes), reason="TOKEN_MISSING", code=16, status=401)
    assert all("www-authenticate" in outcome.headers for outcome in outcomes)


@each(GUARDED)
def test_with_an_expired_token(rig: Rig, doors: Doors, method: Method) -> None:
    token = fitting(rig, method, expires_in=timedelta(minutes=-5))
    refused(doors.outcomes(method, token), reason="TOKEN_INVALID", code=16, status=401)


@each(GUARDED)
def test_with_a_token_for_somebody_else(rig: Rig, doors: Doors, method: Method) -> None:
    token = fitting(rig, method, aud="another-api")
    refused(doors.outcomes(method, token), reason="TOKEN_INVALID", code=16, status=401)


@each(GUARDED)
def test_with_the_other_kind_of_token(rig: Rig, doors: Doors, method: Method) -> None:
    token = rig.token(merchant=method.access.audience != EVERY_MERCHANT)
    outcomes = doors.outcomes(method, token)
    refused(outcomes, reason="WRONG_AUDIENCE", code=7, status=403, domain=f"{method.owner}.{EDGE.partition('.')[2]}")


@each(GUARDED)
def test_without_the_scope(rig: Rig, doors: Doors, method: Method) -> None:
    others = {scope for other in METHODS for scope in other.access.scopes} - {method.access.scopes[0]}
    token = fitting(rig, method, scopes=others)
    refused(doors.outcomes(method, token), reason="SCOPE_MISSING", code=7, status=403, domain=None)


@each([method for method in GUARDED if access.max_auth_age(method.access)])
def test_with_an_old_sign_in(rig: Rig, doors: Doors, method: Method) -> None:
    age = access.max_auth_age(method.access)
    assert age
    now = rig.tokens.clock.now()
    tokens = [fitting(rig, method, auth_time=now - age - timedelta(minutes=1))]
    if method.access.audience == EVERY_MERCHANT:
        # A client has not signed in at all.
        tokens.append(fitting(rig, method, account=None))
    for token in tokens:
        outcomes = list(doors.outcomes(method, token))
        refused(iter(outcomes), reason="STEP_UP_REQUIRED", code=16, status=401, domain=None)
        for outcome in outcomes:
            challenge = outcome.headers["www-authenticate"]
            assert challenge.startswith('Bearer realm="billmesh", error="insufficient_user_authentication", ')
            assert f'acr_values="{TWO_FACTORS}", max_age="{age.total_seconds():.0f}"' in challenge


@each(GUARDED)
def test_with_one_factor(rig: Rig, doors: Doors, method: Method) -> None:
    outcomes = list(doors.outcomes(method, fitting(rig, method, acr="urn:billmesh:aal1")))
    refused(iter(outcomes), reason="STEP_UP_REQUIRED", code=16, status=401, domain=None)
    assert all(f'acr_values="{TWO_FACTORS}"' in outcome.headers["www-authenticate"] for outcome in outcomes)


@each([m for m in GUARDED if m.access.audience == EVERY_MERCHANT and not access.max_auth_age(m.access)])
def test_a_client_of_the_merchant_may_call(rig: Rig, doors: Doors, method: Method) -> None:
    for outcome in doors.outcomes(method, fitting(rig, method, account=None)):
        assert outcome.is_let_in, outcome


@each(GUARDED)
def test_with_the_right_token(rig: Rig, doors: Doors, method: Method) -> None:
    for outcome in doors.outcomes(method, fitting(rig, method)):
        assert outcome.is_let_in, outcome


@each(PUBLIC)
def test_public_methods_are_open(doors: Doors, method: Method) -> None:
    for outcome in doors.outcomes(method, None):
        assert outcome.is_let_in, outcome


@each(MESH)
def test_methods_of_the_mesh_are_not_there(rig: Rig, doors: Doors, method: Method) -> None:
    for token in (None, rig.token(), rig.token(merchant=True)):
        refused(doors.outcomes(method, token), reason="METHOD_NOT_FOUND", code=12, status=404)
    # Nor as JSON by their gRPC name.
    posted = walk.outcome(doors.client.post(method.path, json={}))
    assert (posted.http_status, posted.reason) == (404, "METHOD_NOT_FOUND")


def _signed(rig: Rig, key: ECKey, header: dict[str, str], **claims: object) -> str:
    payload = walk.claims(rig.token(merchant=True)) | claims
    return jwt.encode({"alg": "ES256", "typ": "at+jwt", **header}, payload, key)


def _unsigned(rig: Rig, alg: str) -> str:
    payload = walk.claims(rig.token(merchant=True))
    parts = (json.dumps(part).encode() for part in ({"alg": alg, "kid": "test", "typ": "at+jwt"}, payload))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _signed_with_the_public_key(rig: Rig) -> str:
    text = _unsigned(rig, "HS256")
    digest = hmac.digest(rig.tokens.key.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


FORGERIES: dict[str, Callable[[Rig], str]] = {
    "no signature": lambda rig: rig.token(merchant=True).rpartition(".")[0] + ".",
    "algorithm none": lambda rig: _unsigned(rig, "none") + ".",
    "the public key as a shared secret": _signed_with_the_public_key,
    "another key under our id": lambda rig: _signed(rig, ECKey.generate_key("P-256"), {"kid": "test"}),
    "a key of its own": lambda rig: _signed(rig, ECKey.generate_key("P-256"), {"kid": "mine"}),
    "another issuer": lambda rig: rig.token(merchant=True, iss="https://elsewhere.example"),
    "no expiry": lambda rig: _signed(rig, rig.tokens.key, {"kid": "test"}, exp=None),
    "a year of life": lambda rig: rig.token(merchant=True, expires_in=timedelta(days=365)),
    "not yet valid": lambda rig: rig.token(merchant=True, nbf=20_000_000_000),
    "an identity token": lambda rig: _signed(rig, rig.tokens.key, {"kid": "test", "typ": "JWT"}),
    "no token at all": lambda _: "nonsense",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token(rig: Rig, doors: Doors, forgery: str) -> None:
    (method,) = [method for method in GUARDED if method.path == "/billmesh.billing.v1.BillService/ListBills"]
    outcomes = doors.outcomes(method, FORGERIES[forgery](rig))
    refused(outcomes, reason="TOKEN_INVALID", code=16, status=401, domain=None)


@pytest.mark.parametrize(
    "path",
    [
        "//billmesh.billing.v1.BillService/ListBills",
        "/./billmesh.billing.v1.BillService/ListBills",
        "/x/../billmesh.billing.v1.BillService/ListBills",
        "/billmesh.billing.v1.BillService//ListBills",
        "/billmesh.billing.v1.BillService/ListBills/",
        "/billmesh.billing.v1.BillService/ListBills?x=/billmesh.auth.v1.OAuthService/GetJwks",
        "/billmesh.billing.v1.BillService%2FListBills",
        "/billmesh.billing.v1.billservice/listbills",
        "/billmesh.auth.v1.OAuthService/GetJwks/../../billmesh.billing.v1.BillService/ListBills",
    ],
)
def test_no_spelling_of_a_path_gets_past_the_token(doors: Doors, path: str) -> None:
    for outcome in (walk.as_grpc(doors.channel, path), walk.as_web(doors.client, path)):
        assert outcome.domain == EDGE, outcome
        assert outcome.reason in {"TOKEN_MISSING", "METHOD_NOT_FOUND", "MALFORMED_REQUEST"}, outcome
