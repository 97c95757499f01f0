"""Role by method: a token of each kind of caller is really tried, and what comes is what docs/access.md says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.options.v1 import access_pb2

from services.kit import provision
from tests.contract import walk
from tests.contract.conftest import METHODS
from tools.gen.access_page import CALLERS, COLUMNS
from tools.gen.workspace import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.contract.rig import Rig
    from tests.contract.walk import Outcome
    from tools.contract import Method
    from tools.gen.access_page import Caller

Row = dict[str, str]


def _rows() -> dict[str, Row]:
    """The page's rows by gRPC path, as a reader finds them."""
    lines = (ROOT / "docs/access.md").read_text(encoding="utf-8").splitlines()
    cells = ([cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `"))
    rows = (dict(zip(COLUMNS, row, strict=True)) for row in cells)
    return {f"/billmesh.{row['method'].strip('`')}": row for row in rows}


ROWS = _rows()
NOT_LET_IN = {
    access_pb2.AUDIENCE_PERSON: {"WRONG_AUDIENCE", "SCOPE_MISSING"},
    access_pb2.AUDIENCE_MERCHANT: {"WRONG_AUDIENCE", "SCOPE_MISSING"},
    access_pb2.AUDIENCE_MESH: {"METHOD_NOT_FOUND"},
}


def each(methods: tuple[Method, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("method", methods, ids=lambda method: method.path.removeprefix("/billmesh."))


def test_every_method_has_its_row() -> None:
    assert ROWS.keys() == {method.path for method in METHODS}


@pytest.fixture(scope="module")
def tokens(rig: Rig) -> dict[str, str | None]:
    """One of every kind of caller, just signed in if it is a person, with every scope that it can have."""
    return {caller.name: _token(rig, caller) for caller in CALLERS}


def _token(rig: Rig, caller: Caller) -> str | None:
    if caller.audience is None:
        return None
    merchant = caller.audience == access_pb2.AUDIENCE_MERCHANT
    if not caller.is_person:
        return rig.token(merchant=merchant, account=None, scopes=caller.scopes)
    return rig.token(merchant=merchant, scopes=caller.scopes, roles=[caller.name])


@each(METHODS)
def test_who_is_let_in(
    client: httpx.Client, channel: grpc.Channel, tokens: dict[str, str | None], *, method: Method
) -> None:
    row = ROWS[method.path]
    for name, token in tokens.items():
        for outcome in _outcomes(client, channel, method, token):
            if row[name] == "yes":
                assert outcome.is_let_in, (name, outcome)
                continue
            assert row[name] == "no"
            expected = NOT_LET_IN[method.access.audience]
            if name == "anyone" and method.access.scopes:
                expected = {"TOKEN_MISSING"}
            elif name == "client" and row["sign-in"].endswith(("min", "s")):
                expected = expected | {"STEP_UP_REQUIRED"}
            assert outcome.reason in expected, (name, outcome)


def _outcomes(client: httpx.Client, channel: grpc.Channel, method: Method, token: str | None) -> Iterator[Outcome]:
    yield walk.as_grpc(channel, method.path, token=token)
    for binding in method.bindings[:1]:
        yield walk.as_json(client, method, binding, token=token)


@pytest.mark.parametrize("service", provision.SERVICES)
def test_which_service_may_call(rig: Rig, service: str) -> None:
    with rig.mesh_channel(service) as channel:
        for method in METHODS:
            may = service in ROWS[method.path]["mesh"].split()
            assert _arrives(channel, method.path) == may, method.path


def _arrives(channel: grpc.Channel, path: str) -> bool:
    """Whether the mesh has such a method for this service."""
    try:
        channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)(b"", timeout=20)
    except grpc.RpcError as error:
        return error.code() not in {grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.PERMISSION_DENIED}
    return True
