"""A merchant's own program, with every scope that one can have, calls every method of the running system."""

from __future__ import annotations

import secrets
import ssl
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from billmesh.options.v1 import access_pb2
from joserfc.jwk import ECKey

from services.auth.domain.roles import MERCHANT_SCOPES, PARTNER_SCOPES
from services.kit.access import max_auth_age
from services.kit.clock import SystemClock
from tests.contract import walk
from tests.contract.conftest import METHODS
from tests.kit.proofs import proof
from tools.client.people import Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.client.edge import Edge
    from tools.contract import Method

SCOPES = MERCHANT_SCOPES & PARTNER_SCOPES
OPEN = [
    method
    for method in METHODS
    if method.access.audience == access_pb2.AUDIENCE_MERCHANT
    and SCOPES.issuperset(method.access.scopes)
    and max_auth_age(method.access) is None
]


@dataclass(frozen=True)
class Program:
    """A client, and the connection it calls by."""

    browser: httpx.Client
    token: str
    # What its token endpoint takes.
    form: dict[str, str]


@pytest.fixture(scope="module")
def program(run: dict[str, Any], edge: Edge) -> Iterator[Program]:
    """One of a merchant that is new, so that nothing of it matters."""
    owner = Person.sign_up(
        edge, phone=f"+9195{uuid.uuid4().int % 10**8:08d}", display_name="Owner", password=secrets.token_urlsafe(16)
    )
    merchant = {"displayName": "Programmed", "countryCode": "IN", "timeZone": "Asia/Kolkata"}
    made = edge.json("POST", "/v1/merchants", merchant, token=owner.token(), query={"requestId": str(uuid.uuid4())})
    client = {
        "displayName": "Program",
        "mode": "API_CLIENT_MODE_LIVE",
        "grantTypes": ["GRANT_TYPE_CLIENT_CREDENTIALS"],
        "scopes": sorted(SCOPES),
        "authentication": "CLIENT_AUTHENTICATION_SECRET",
    }
    body = {"client": client, "requestId": str(uuid.uuid4())}
    given = edge.json("POST", "/v1/apiClients", body, token=owner.token(made["id"]))
    form = {"grant_type": "client_credentials", "client_id": given["client"]["id"], "client_secret": given["secret"]}
    token = edge.form("/oauth2/token", form)["access_token"]
    context = ssl.create_default_context(cafile=str(Path(run["edge_ca"])))
    with httpx.Client(base_url=run["edge_url"], verify=context, timeout=20, trust_env=False) as browser:
        yield Program(browser, token, form)


@pytest.mark.parametrize("method", OPEN, ids=lambda method: method.path.removeprefix("/billmesh."))
def test_it_needs_no_person(program: Program, edge: Edge, method: Method) -> None:
    """No method that lets it in takes for granted that somebody stands behind the call."""
    for binding in method.bindings:
        outcome = walk.as_json(program.browser, method, binding, token=program.token)
        assert outcome.is_let_in, outcome
    outcome = walk.as_grpc(edge.channel, method.path, token=program.token)
    assert outcome.is_let_in, outcome


def test_a_token_bound_to_a_key(run: dict[str, Any], program: Program) -> None:
    """From the token endpoint to a service; each proof is good once, whichever process it comes to."""
    key, url = ECKey.generate_key("P-256"), run["edge_url"]

    def fresh(**more: Any) -> str:
        return proof(key, **{"now": SystemClock().now(), **more})

    endpoint = f"{url}/oauth2/token"
    given = program.browser.post(endpoint, data=program.form, headers={"dpop": fresh(method="POST", url=endpoint)})
    assert given.status_code == 200, given.text
    token, kind = given.json()["access_token"], given.json()["token_type"]
    assert kind == "DPoP"
    assert walk.claims(token)["cnf"] == {"jkt": key.thumbprint()}
    once = fresh(url=f"{url}/v1/bills", access_token=token)
    headers = {"authorization": f"DPoP {token}", "dpop": once}
    assert program.browser.get("/v1/bills", headers=headers).status_code == 200
    for _ in range(8):
        again = walk.outcome(program.browser.get("/v1/bills", headers=headers))
        assert (again.http_status, again.reason) == (401, "PROOF_INVALID")
    stolen = walk.outcome(program.browser.get("/v1/bills", headers={"authorization": f"Bearer {token}"}))
    assert (stolen.http_status, stolen.reason) == (401, "TOKEN_INVALID")


def test_what_it_may_do(program: Program, edge: Edge) -> None:
    """Beyond empty requests: what it writes is kept without anybody's name."""
    query = {"requestId": str(uuid.uuid4())}
    customer = {"displayName": "Programmed", "phone": f"+9194{uuid.uuid4().int % 10**8:08d}"}
    made = edge.json("POST", "/v1/customers", customer, token=program.token, query=query)
    line = {
        "description": "Chair",
        "quantity": {"value": "1"},
        "unitPrice": {"currencyCode": "INR", "units": "100"},
        "taxCode": "GST_EXEMPT",
    }
    query = {"requestId": str(uuid.uuid4())}
    bill = edge.json("POST", "/v1/bills", {"customerId": made["id"], "lines": [line]}, token=program.token, query=query)
    issued = edge.json("POST", f"/v1/bills/{bill['id']}:issue", {"requestId": str(uuid.uuid4())}, token=program.token)
    payment = {"legs": [{"amount": issued["totals"]["total"], "cash": {}}]}
    query = {"requestId": str(uuid.uuid4())}
    edge.json("POST", f"/v1/bills/{bill['id']}/payments", payment, token=program.token, query=query)
    paid = edge.json("GET", f"/v1/bills/{bill['id']}", token=program.token)
    assert paid["state"] == "BILL_STATE_PAID"
    void = edge.json(
        "POST",
        "/v1/bills",
        {"customerId": made["id"], "lines": [line]},
        token=program.token,
        query={"requestId": str(uuid.uuid4())},
    )
    edge.json("POST", f"/v1/bills/{void['id']}:issue", {"requestId": str(uuid.uuid4())}, token=program.token)
    body = {"reason": "a test", "requestId": str(uuid.uuid4())}
    voided = edge.json("POST", f"/v1/bills/{void['id']}:void", body, token=program.token)
    assert voided["state"] == "BILL_STATE_VOID"
