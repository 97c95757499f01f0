"""Tokens bound to a key, through the real edge: as JSON, native gRPC and gRPC-Web."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import bill_service_pb2
from joserfc.jwk import ECKey, OKPKey

from services.kit.clock import SystemClock
from services.kit.errors import DatabaseUnavailable
from tests.contract import walk
from tests.kit.proofs import proof

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.contract.rig import Rig

LIST = "/billmesh.billing.v1.BillService/ListBills"
BILLS = "/v1/bills"
WEB = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
EMPTY = b"\0\0\0\0\0"


@dataclass
class Holder:
    """A client with a key and a token bound to it."""

    rig: Rig
    client: httpx.Client
    channel: grpc.Channel
    key: ECKey
    token: str

    def proof(self, path: str = BILLS, **more: Any) -> str:
        now = SystemClock().now()
        said = {"now": now, "url": self.rig.url + path, "access_token": self.token, **more}
        return proof(said.pop("key", self.key), **said)

    def json(self, proof_: str | None, *, scheme: str = "DPoP", path: str = BILLS) -> walk.Outcome:
        headers = {"authorization": f"{scheme} {self.token}"}
        if proof_ is not None:
            headers["dpop"] = proof_
        return walk.outcome(self.client.get(path, headers=headers))

    def grpc(self, proof_: str, *, scheme: str = "DPoP") -> str:
        """The reason of the refusal, "OK" without."""
        call = self.channel.unary_unary(LIST, request_serializer=bytes, response_deserializer=bytes)
        metadata = (("authorization", f"{scheme} {self.token}"), ("dpop", proof_))
        try:
            call(b"", metadata=metadata, timeout=20)
        except grpc.RpcError as error:
            (details,) = [i.value for i in error.trailing_metadata() if i.key == "grpc-status-details-bin"]
            assert isinstance(details, bytes)
            return walk.rich(error.code().value[0], error.details() or "", details).reason
        return "OK"

    def web(self, proof_: str) -> str:
        headers = {**WEB, "authorization": f"DPoP {self.token}", "dpop": proof_}
        found = walk.web_outcome(self.client.post(LIST, headers=headers, content=EMPTY))
        return found.reason or "OK"


@pytest.fixture
def holder(rig: Rig, client: httpx.Client, channel: grpc.Channel) -> Holder:
    key = ECKey.generate_key("P-256")
    return Holder(rig, client, channel, key, rig.token(merchant=True, bound_to=key))


def test_in_every_dialect_a_proof_is_for_what_the_client_called(holder: Holder) -> None:
    assert holder.json(holder.proof()).code == 0
    assert holder.json(holder.proof(), path=f"{BILLS}?page_size=3").code == 0
    assert holder.json(holder.proof(f"{BILLS}?page_size=3"), path=f"{BILLS}?page_size=3").code == 0
    assert holder.grpc(holder.proof(LIST, method="POST")) == "OK"
    assert holder.web(holder.proof(LIST, method="POST")) == "OK"
    # As JSON it is not what the edge makes of it, nor the other way round.
    assert holder.json(holder.proof(LIST, method="POST")).reason == "PROOF_INVALID"
    assert holder.grpc(holder.proof()) == "PROOF_INVALID"
    assert holder.web(holder.proof()) == "PROOF_INVALID"


def test_nobody_outside_says_what_was_called(holder: Holder) -> None:
    elsewhere = holder.proof("/v1/items")
    headers = {"authorization": f"DPoP {holder.token}", "dpop": elsewhere}
    lying = {"x-envoy-original-path": "/v1/items", "x-envoy-original-method": "GET"}
    assert walk.outcome(holder.client.get(BILLS, headers=headers | lying)).reason == "PROOF_INVALID"
    web = holder.client.post(LIST, headers={**WEB, **headers, **lying}, content=EMPTY)
    assert walk.web_outcome(web).reason == "PROOF_INVALID"


@pytest.mark.parametrize("scheme", ["DPoP", "dpop"])
def test_the_scheme_has_no_case(holder: Holder, scheme: str) -> None:
    assert holder.json(holder.proof(), scheme=scheme).code == 0
    assert holder.grpc(holder.proof(LIST, method="POST"), scheme=scheme) == "OK"


REFUSED: dict[str, Callable[[Holder], str | None]] = {
    "no proof": lambda _: None,
    "nonsense": lambda _: "nonsense",
    "another key": lambda holder: holder.proof(key=ECKey.generate_key("P-256")),
    "another kind of key": lambda holder: holder.proof(key=OKPKey.generate_key("Ed25519"), alg="EdDSA"),
    "another token's": lambda holder: holder.proof(access_token="a.b.c"),  # noqa: S106 - any text
    "no token's": lambda holder: holder.proof(access_token=None),
    "another method": lambda holder: holder.proof(method="POST"),
    "another path": lambda holder: holder.proof("/v1/items"),
    "another host": lambda holder: holder.proof(url="https://evil.example/v1/bills"),
    "an old one": lambda holder: holder.proof(now=SystemClock().now() - timedelta(minutes=2)),
    "one of tomorrow": lambda holder: holder.proof(now=SystemClock().now() + timedelta(days=1)),
    "no type": lambda holder: holder.proof(header={"typ": "JWT"}),
    "two joined": lambda holder: f"{holder.proof()}, {holder.proof()}",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_proof(holder: Holder, case: str) -> None:
    outcome = holder.json(REFUSED[case](holder))
    assert (outcome.http_status, outcome.code, outcome.reason) == (401, 16, "PROOF_INVALID")


def test_a_proof_is_used_once(holder: Holder) -> None:
    once = holder.proof()
    assert holder.json(once).code == 0
    assert holder.json(once).reason == "PROOF_INVALID"
    native = holder.proof(LIST, method="POST")
    assert holder.grpc(native) == "OK"
    assert holder.web(native) == "PROOF_INVALID"


def test_a_replay_cannot_pass_for_a_repeat_of_the_edge(holder: Holder) -> None:
    headers = {"authorization": f"DPoP {holder.token}", "dpop": holder.proof(), "x-request-id": "one-and-the-same"}
    assert walk.outcome(holder.client.get(BILLS, headers=headers)).code == 0
    assert walk.outcome(holder.client.get(BILLS, headers=headers)).reason == "PROOF_INVALID"
    headers["dpop"] = holder.proof(LIST, method="POST")
    assert walk.web_outcome(holder.client.post(LIST, headers=headers | WEB, content=EMPTY)).code == 0
    assert walk.web_outcome(holder.client.post(LIST, headers=headers | WEB, content=EMPTY)).reason == "PROOF_INVALID"


def test_the_edge_may_repeat_a_call(answers: Rig, holder: Holder) -> None:
    calls: list[object] = []

    def fail_once(*_: object) -> bill_service_pb2.ListBillsResponse:
        calls.append(None)
        if len(calls) == 1:
            raise DatabaseUnavailable
        return bill_service_pb2.ListBillsResponse()

    answers.answers[LIST] = fail_once
    assert holder.json(holder.proof()).code == 0
    assert len(calls) == 2


def test_schemes_are_not_mixed_up(rig: Rig, holder: Holder) -> None:
    unbound = Holder(rig, holder.client, holder.channel, holder.key, rig.token(merchant=True))
    for outcome in (
        holder.json(holder.proof(), scheme="Bearer"),
        holder.json(None, scheme="Bearer"),
        unbound.json(unbound.proof()),
        unbound.json(None),
        unbound.json(unbound.proof(), scheme="Bearer"),
    ):
        assert (outcome.http_status, outcome.reason) == (401, "TOKEN_INVALID")
    assert unbound.json(None, scheme="Bearer").code == 0
    assert holder.grpc(holder.proof(LIST, method="POST"), scheme="Bearer") == "TOKEN_INVALID"


def test_two_proofs_are_none(holder: Holder) -> None:
    sent = [("authorization", f"DPoP {holder.token}"), ("dpop", holder.proof()), ("dpop", holder.proof())]
    response = holder.client.get(BILLS, headers=sent)
    assert walk.outcome(response).reason == "PROOF_INVALID"
    challenge = response.headers["www-authenticate"]
    assert challenge.startswith('DPoP algs="ES256 ')
    assert 'error="invalid_dpop_proof"' in challenge
    assert json.loads(response.text)["message"] in challenge


def test_two_tokens_are_none(rig: Rig, holder: Holder) -> None:
    sent = [("authorization", f"Bearer {rig.token(merchant=True)}"), ("authorization", f"DPoP {holder.token}")]
    response = holder.client.get(BILLS, headers=[*sent, ("dpop", holder.proof())])
    assert walk.outcome(response).reason in {"TOKEN_INVALID", "TOKEN_MISSING"}
