"""What stands beside a refusal in headers, whoever refuses and however one called."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import bill_service_pb2

from services.kit.failure import Failure, Kind
from tests.contract import walk
from tests.contract.walk import EDGE
from tools.contract import HttpBinding, load, methods

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.contract.rig import Rig
    from tests.contract.walk import Outcome

(LIST,) = [method for method in methods(load()) if method.path == "/billmesh.billing.v1.BillService/ListBills"]
BILLS: HttpBinding = LIST.bindings[0]


class Later(Failure):
    """Refuses with a wait."""

    reason = "LATER"

    def __init__(self, kind: Kind, seconds: float) -> None:
        super().__init__("Later.", retry_after=timedelta(seconds=seconds))
        self.kind = kind  # type: ignore[misc] # of the instance, for once


def outcomes(client: httpx.Client, channel: grpc.Channel, token: str | None) -> Iterator[Outcome]:
    """Of one call in every dialect."""
    yield walk.as_json(client, LIST, BILLS, token=token)
    yield walk.as_grpc(channel, LIST.path, token=token)
    yield walk.as_web(client, LIST.path, token=token)


@pytest.mark.parametrize("kind", [Kind.EXHAUSTED, Kind.UNAVAILABLE, Kind.CONFLICT])
@pytest.mark.parametrize(("seconds", "said"), [(0.2, "1"), (2.1, "3"), (60, "60")])
def test_a_service_says_when_to_come_back(
    answers: Rig, client: httpx.Client, channel: grpc.Channel, *, kind: Kind, seconds: float, said: str
) -> None:
    def refuse(*_: object) -> bill_service_pb2.ListBillsResponse:
        raise Later(kind, seconds)

    answers.answers[LIST.path] = refuse
    for outcome in outcomes(client, channel, answers.token(merchant=True)):
        assert (outcome.reason, outcome.headers["retry-after"]) == ("LATER", said)


def test_what_will_not_change_names_no_time(answers: Rig, client: httpx.Client, channel: grpc.Channel) -> None:
    def refuse(*_: object) -> bill_service_pb2.ListBillsResponse:
        raise RuntimeError

    answers.answers[LIST.path] = refuse
    for outcome in outcomes(client, channel, answers.token(merchant=True)):
        assert outcome.reason == "INTERNAL"
        assert not {"retry-after", "www-authenticate"} & outcome.headers.keys()


@pytest.mark.parametrize(
    ("bare", "said"), [(grpc.StatusCode.RESOURCE_EXHAUSTED, "1"), (grpc.StatusCode.UNAVAILABLE, "1")]
)
def test_a_wait_for_what_names_none(
    answers: Rig, client: httpx.Client, channel: grpc.Channel, *, bare: grpc.StatusCode, said: str
) -> None:
    """GRPC's libraries refuse by themselves, in words alone."""
    token = answers.token(merchant=True)
    answers.stop_service("billing")
    answers.start_bare_service("billing", lambda context: context.abort(bare, "no room"))
    try:
        answers.wait_until(lambda: walk.as_json(client, LIST, BILLS, token=token).code == bare.value[0])
        for outcome in outcomes(client, channel, token):
            assert (outcome.code, outcome.domain, outcome.headers["retry-after"]) == (bare.value[0], EDGE, said)
    finally:
        answers.stop_service("billing")
        answers.start_service("billing")
        answers.wait_until_open()


def test_a_service_that_is_away(answers: Rig, client: httpx.Client, channel: grpc.Channel) -> None:
    token = answers.token(merchant=True)
    answers.stop_service("billing")
    try:
        for outcome in outcomes(client, channel, token):
            assert (outcome.reason, outcome.headers["retry-after"]) == ("SERVICE_UNAVAILABLE", "1")
    finally:
        answers.start_service("billing")
        answers.wait_until_open()


def test_both_schemes_are_offered(client: httpx.Client, channel: grpc.Channel) -> None:
    for token, error in ((None, ""), ("nonsense", 'error="invalid_token"')):
        for outcome in outcomes(client, channel, token):
            said = outcome.headers["www-authenticate"]
            assert error in said
            # gRPC's metadata is a mapping here, so of two values it shows the last.
            assert 'DPoP algs="ES256 EdDSA Ed25519 RS256 PS256"' in said
            assert "page_size" not in said
    for response in (
        client.get("/v1/bills?page_size=7"),
        client.get("/v1/bills?page_size=7", headers={"authorization": "Bearer x"}),
    ):
        challenges = response.headers.get_list("www-authenticate")
        assert [challenge.partition(" ")[0] for challenge in challenges] == ["Bearer", "DPoP"]
        assert challenges[0].startswith('Bearer realm="billmesh"')


def test_a_missing_scope_is_named(rig: Rig, client: httpx.Client, channel: grpc.Channel) -> None:
    token = rig.token(merchant=True, scopes=["bills:write"])
    for outcome in outcomes(client, channel, token):
        assert outcome.headers["www-authenticate"] == (
            'Bearer realm="billmesh", error="insufficient_scope", scope="bills:read"'
        )
