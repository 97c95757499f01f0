"""openid-client and simple-oauth2, unmodified, against the running edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.desk import Registered

if TYPE_CHECKING:
    from tests.conformance.conftest import Register
    from tests.conformance.desk import Desk
    from tests.conformance.node_programs import Node

METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")


def run(node: Node, desk: Desk, scenario: str, client: Registered, **more: Any) -> dict[str, Any]:
    return node.run(scenario, client.settings(desk) | more, ca=desk.ca, answer=desk.answer)


def test_discovery(node: Node, desk: Desk, register: Register) -> None:
    run(node, desk, "discovery", register(method="none"))


@pytest.mark.parametrize("method", METHODS)
def test_a_code_and_all_that_follows(node: Node, desk: Desk, register: Register, method: str) -> None:
    got = run(node, desk, "code", register(method=method))
    assert got["sub"] == desk.person.account_id


@pytest.mark.parametrize("method", METHODS)
def test_a_pushed_request(node: Node, desk: Desk, register: Register, method: str) -> None:
    run(node, desk, "code", register(method=method), pushed=True)


def test_someone_who_signs_in_for_it(node: Node, desk: Desk, register: Register) -> None:
    run(node, desk, "code", register(method="none"), parameters={"prompt": "login"}, how={"sign_in": True})


def test_another_issuers_answer(node: Node, desk: Desk, register: Register) -> None:
    run(node, desk, "mixUp", register(method="none"))


def test_what_is_refused(node: Node, desk: Desk, register: Register) -> None:
    run(node, desk, "refusals", register(method="client_secret_basic"))


@pytest.mark.parametrize("dpop", [False, True])
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def test_client_credentials(node: Node, desk: Desk, register: Register, method: str, *, dpop: bool) -> None:
    run(node, desk, "clientCredentials", register(method=method), dpop=dpop)


@pytest.mark.parametrize("alg", ["PS256", "RS256", "Ed25519"])
def test_keys_of_each_algorithm(node: Node, desk: Desk, register: Register, alg: str) -> None:
    run(node, desk, "clientCredentials", register(method="private_key_jwt", alg=alg))


@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "Ed25519"])
def test_tokens_bound_to_a_key(node: Node, desk: Desk, register: Register, alg: str) -> None:
    run(node, desk, "dpop", register(method="none"), alg=alg)


@pytest.mark.parametrize("method", ["none", "client_secret_basic"])
def test_a_device(node: Node, desk: Desk, register: Register, method: str) -> None:
    got = run(node, desk, "device", register(method=method), scope="customers:read profile")
    assert got["scope"] == "customers:read"
    desk.edge.json("GET", "/v1/customers?pageSize=1", token=got["access_token"])


def test_a_till_of_our_own(node: Node, desk: Desk) -> None:
    got = run(node, desk, "device", Registered("billmesh-till", "none"), scope="customers:read stock:read")
    assert set(got["scope"].split()) == {"customers:read", "stock:read"}


@pytest.mark.parametrize(
    ("method", "authorization"), [("client_secret_basic", "header"), ("client_secret_post", "body")]
)
def test_simple_oauth2(node: Node, desk: Desk, register: Register, method: str, authorization: str) -> None:
    client = register(method=method)
    run(node, desk, "simpleCode", client, authorizationMethod=authorization)
    refusal = 401 if authorization == "header" else 400
    got = run(node, desk, "simpleClientCredentials", client, authorizationMethod=authorization, refusal=refusal)
    desk.edge.json("GET", "/v1/customers?pageSize=1", token=got["access_token"])
