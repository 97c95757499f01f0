"""The same walk through the running system: every method is served, and by nobody it should not be."""

from __future__ import annotations

import base64
import json
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from billmesh.options.v1 import access_pb2

from tests.contract import walk
from tests.contract.conftest import METHODS
from tests.contract.walk import EDGE, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.client.edge import Edge
    from tools.client.people import Person
    from tools.contract import Method
    from tools.demo.flows import Shop

GUARDED = [method for method in METHODS if not method.is_public and not method.is_mesh_only]
PUBLIC = [method for method in METHODS if method.is_public]
MESH = [method for method in METHODS if method.is_mesh_only]


@pytest.fixture(scope="module")
def browser(run: dict[str, Any]) -> Iterator[httpx.Client]:
    """Plain HTTP to the running edge."""
    context = ssl.create_default_context(cafile=str(Path(run["edge_ca"])))
    with httpx.Client(base_url=run["edge_url"], verify=context, timeout=20, trust_env=False) as client:
        yield client


def each(methods: list[Method]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("method", methods, ids=lambda method: method.path.removeprefix("/billmesh."))


def outcomes(browser: httpx.Client, edge: Edge, method: Method, token: str | None) -> list[Outcome]:
    """Of one call in all dialects and over all its routes."""
    return [
        *(walk.as_json(browser, method, binding, token=token) for binding in method.bindings),
        walk.as_grpc(edge.channel, method.path, token=token),
        walk.as_web(browser, method.path, token=token),
    ]


def with_claims(token: str, **claims: object) -> str:
    """The token with other claims and its old signature."""
    header, _, signature = token.split(".")
    payload = json.dumps(walk.claims(token) | claims).encode()
    return f"{header}.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.{signature}"


@each(GUARDED)
def test_nobody_gets_in_without_a_good_token(
    browser: httpx.Client, edge: Edge, shopper: Person, indian_shop: Shop, method: Method
) -> None:
    for outcome in outcomes(browser, edge, method, None):
        assert (outcome.reason, outcome.code, outcome.domain) == ("TOKEN_MISSING", 16, EDGE)
        assert outcome.http_status in {401, 200}
    of_merchant = method.access.audience == access_pb2.AUDIENCE_MERCHANT
    good, other = (indian_shop.token, shopper.token())
    if not of_merchant:
        good, other = other, good
    for forged in (with_claims(good, exp=1), with_claims(good, aud="another-api"), "nonsense"):
        for outcome in outcomes(browser, edge, method, forged):
            assert (outcome.reason, outcome.code, outcome.domain) == ("TOKEN_INVALID", 16, EDGE)
            assert outcome.http_status in {401, 200}
    for outcome in outcomes(browser, edge, method, other):
        assert (outcome.reason, outcome.code) == ("WRONG_AUDIENCE", 7)
        assert outcome.http_status in {403, 200}


@each(PUBLIC)
def test_public_methods_are_open_and_served(browser: httpx.Client, edge: Edge, method: Method) -> None:
    for outcome in outcomes(browser, edge, method, None):
        assert outcome.is_let_in, outcome
        assert outcome.code != 12, "nobody serves it"


@each([method for method in GUARDED if method.reads])
def test_reads_are_served(
    browser: httpx.Client, edge: Edge, shopper: Person, indian_shop: Shop, method: Method
) -> None:
    of_merchant = method.access.audience == access_pb2.AUDIENCE_MERCHANT
    token = indian_shop.token if of_merchant else shopper.token()
    for outcome in outcomes(browser, edge, method, token):
        assert outcome.is_let_in, outcome
        assert outcome.code != 12, "nobody serves it"


@each(MESH)
def test_the_mesh_is_closed(browser: httpx.Client, edge: Edge, indian_shop: Shop, method: Method) -> None:
    for token in (None, indian_shop.token):
        for outcome in outcomes(browser, edge, method, token):
            assert (outcome.reason, outcome.code, outcome.domain) == ("METHOD_NOT_FOUND", 12, EDGE)
