"""Tokens that must not pass, at the edge in every dialect, and at a service whose edge has been got past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
import pytest

from tests.abuse.tokens import GROUPS, Forge, vectors
from tests.contract import walk
from tests.contract.walk import EDGE
from tools import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.contract.rig import Rig
    from tests.contract.walk import Outcome

(LIST,) = [m for m in contract.methods(contract.load()) if m.path == "/billmesh.billing.v1.BillService/ListBills"]
# Bytes of headers that gRPC takes; what is longer it refuses by itself.
LONGEST = 8192


@dataclass(frozen=True)
class Doors:
    """The ways to the same method."""

    client: httpx.Client
    edge: grpc.Channel
    service: grpc.Channel

    def at_the_edge(self, token: str) -> Iterator[Outcome]:
        """In every dialect that can carry the token."""
        yield walk.as_json(self.client, LIST, LIST.bindings[0], token=token)
        yield walk.outcome(self.client.get(LIST.bindings[0].template, headers={"authorization": f"DPoP {token}"}))
        yield walk.as_web(self.client, LIST.path, token=token)
        if token.isprintable():
            yield walk.as_grpc(self.edge, LIST.path, token=token)

    def at_the_service(self, token: str) -> Iterator[Outcome]:
        """Past Envoy, as if somebody had the edge's certificate."""
        if token.isprintable() and len(token) <= LONGEST:
            yield walk.as_grpc(self.service, LIST.path, token=token)


@pytest.fixture(scope="module")
def doors(rig: Rig) -> Iterator[Doors]:
    with rig.http() as client, rig.channel() as edge, rig.service_channel("billing") as service:
        yield Doors(client, edge, service)


@pytest.mark.parametrize(("group", "name"), list(vectors()), ids=lambda text: text)
def test_it_is_refused(rig: Rig, doors: Doors, group: str, name: str) -> None:
    token = GROUPS[group][name](Forge(rig))
    for outcome in doors.at_the_edge(token):
        assert (outcome.code, outcome.reason) == (16, "TOKEN_INVALID"), outcome
        assert outcome.http_status in {401, 200}
        # By Envoy itself, unless only a service can know.
        assert (outcome.domain == EDGE) == (group != "meaning"), outcome
    for outcome in doors.at_the_service(token):
        assert (outcome.code, outcome.reason) == (16, "TOKEN_INVALID"), outcome
        assert outcome.domain == "billing.billmesh.example"


def test_a_service_takes_no_endless_header(rig: Rig, doors: Doors) -> None:
    call = doors.service.unary_unary(LIST.path, request_serializer=bytes, response_deserializer=bytes)
    token = Forge(rig).good + "A" * 100_000
    with pytest.raises(grpc.RpcError) as caught:
        call(b"", metadata=(("authorization", f"Bearer {token}"),), timeout=20)
    assert caught.value.code() in {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAUTHENTICATED}


@pytest.mark.parametrize(
    "header", [{}, {"typ": "AT+JWT"}, {"typ": "application/at+jwt"}], ids=lambda header: header.get("typ", "at+jwt")
)
def test_a_good_one_passes(rig: Rig, doors: Doors, header: dict[str, str]) -> None:
    """Or the refusals above would show nothing."""
    forge = Forge(rig)
    for token in (forge.good, forge.ours(header), forge.ours(header, unknown={"a": ["claim"]})):
        outcomes = [*doors.at_the_edge(token), *doors.at_the_service(token)]
        # It is bound to no key, which the service finds out.
        assert outcomes.pop(1).domain == "billing.billmesh.example"
        assert [outcome.code for outcome in outcomes] == [0, 0, 0, 0]


def test_there_are_many() -> None:
    assert len(list(vectors())) >= 170
