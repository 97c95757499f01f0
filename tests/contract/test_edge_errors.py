"""What Envoy answers by itself: always in the shape of a service's own errors."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import bill_pb2, bill_service_pb2
from google.rpc import error_details_pb2, status_pb2

from tests.contract import walk
from tests.contract.rig import Rig
from tests.contract.walk import EDGE
from tools.envoy.errors import LOCAL_ERRORS
from tools.envoy.parameters import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.harness import Authority

LIST = "/billmesh.billing.v1.BillService/ListBills"
CREATE = "/billmesh.billing.v1.BillService/CreateBill"
BILLS = "/v1/bills"


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def staff(rig: Rig) -> dict[str, str]:
    """Headers of a merchant's staff."""
    return bearer(rig.token(merchant=True))


@pytest.mark.parametrize(
    ("verb", "path", "body", "named"),
    [
        ("GET", "/v1/bills?nonsense=1", None, "nonsense"),
        ("GET", "/v1/bills?pageSize=many", None, "page_size"),
        ("GET", "/v1/bills?pageSize=99999999999", None, "page_size"),
        ("GET", "/v1/bills?states=BILL_STATE_NOWHERE", None, "states"),
        ("POST", "/v1/bills", '{"lines": [{"quantity": {"value": 1.5}}]}', "bill.lines[0].quantity.value"),
        ("POST", "/v1/bills", '{"discount": {"units": "99999999999999999999"}}', "bill.discount.units"),
        ("POST", "/v1/bills", '{"lines": "many"}', "lines"),
        ("POST", "/v1/bills", '{"note": ', ""),
        ("POST", "/v1/bills", "[" * 10_000, ""),
        ("POST", "/v1/bills", '{"lines":' * 200, ""),
    ],
)
def test_an_unreadable_request_names_what_is_wrong(
    client: httpx.Client, staff: dict[str, str], verb: str, path: str, body: str | None, named: str
) -> None:
    outcome = walk.outcome(client.request(verb, path, content=body, headers=staff))
    assert (outcome.http_status, outcome.code, outcome.reason, outcome.domain) == (400, 3, "MALFORMED_REQUEST", EDGE)
    assert named in outcome.message


@pytest.mark.parametrize(
    ("verb", "path"),
    [("GET", "/v1/nothing"), ("DELETE", "/v1/bills"), ("GET", "/"), ("GET", "/web/page"), ("PUT", BILLS)],
)
def test_an_unknown_path(client: httpx.Client, verb: str, path: str) -> None:
    outcome = walk.outcome(client.request(verb, path))
    assert (outcome.http_status, outcome.code, outcome.reason, outcome.domain) == (404, 12, "METHOD_NOT_FOUND", EDGE)


def test_a_request_too_large(rig: Rig, client: httpx.Client, staff: dict[str, str], channel: grpc.Channel) -> None:
    note = "x" * 7_000_000
    outcome = walk.outcome(client.post(BILLS, json={"note": note}, headers=staff))
    assert (outcome.http_status, outcome.reason) == (413, "REQUEST_TOO_LARGE")
    request = bill_service_pb2.CreateBillRequest(bill=bill_pb2.Bill(note=note)).SerializeToString()
    outcome = walk.as_grpc(channel, CREATE, token=rig.token(merchant=True), request=request)
    assert (outcome.code, outcome.reason) == (8, "REQUEST_TOO_LARGE")


def test_headers_too_large(client: httpx.Client) -> None:
    outcome = walk.outcome(client.get(BILLS, headers={"x-filler": "x" * 40_000}))
    assert (outcome.http_status, outcome.reason) == (431, "REQUEST_TOO_LARGE")


def test_a_service_that_is_away(
    answers: Rig, client: httpx.Client, staff: dict[str, str], channel: grpc.Channel
) -> None:
    token = staff["authorization"].removeprefix("Bearer ")
    answers.stop_service("billing")
    try:
        response = client.get(BILLS, headers=staff)
        assert (walk.outcome(response).http_status, walk.outcome(response).reason) == (503, "SERVICE_UNAVAILABLE")
        assert response.headers["retry-after"] == "1"
        for outcome in (walk.as_grpc(channel, LIST, token=token), walk.as_web(client, LIST, token=token)):
            assert (outcome.code, outcome.reason, outcome.domain) == (14, "SERVICE_UNAVAILABLE", EDGE)
    finally:
        answers.start_service("billing")
        answers.wait_until_open()


def test_a_service_that_does_not_answer(answers: Rig, client: httpx.Client, channel: grpc.Channel) -> None:
    def slow(*_: object) -> bill_service_pb2.ListBillsResponse:
        time.sleep(1)
        return bill_service_pb2.ListBillsResponse()

    answers.answers[LIST] = slow
    token = answers.token(merchant=True)
    call = channel.unary_unary(LIST, request_serializer=bytes, response_deserializer=bytes)
    with pytest.raises(grpc.RpcError) as caught:
        call(b"", metadata=(("authorization", f"Bearer {token}"),), timeout=0.3)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    # Over JSON the deadline is a header like any other.
    outcome = walk.outcome(client.get(BILLS, headers={**bearer(token), "grpc-timeout": "300m"}))
    assert outcome.http_status == 504
    assert outcome.reason in {"TIMEOUT", "DEADLINE_TOO_SHORT"}


@pytest.mark.parametrize(
    ("bare", "code", "http_status", "reason"),
    [
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 8, 429, "TOO_MANY_REQUESTS"),
        (grpc.StatusCode.UNIMPLEMENTED, 12, 501, "METHOD_NOT_FOUND"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, 4, 504, "TIMEOUT"),
        (grpc.StatusCode.UNAVAILABLE, 14, 503, "SERVICE_UNAVAILABLE"),
        (grpc.StatusCode.UNKNOWN, 13, 500, "INTERNAL"),
    ],
)
def test_a_refusal_without_a_reason_gets_one(
    answers: Rig,
    client: httpx.Client,
    channel: grpc.Channel,
    *,
    bare: grpc.StatusCode,
    code: int,
    http_status: int,
    reason: str,
) -> None:
    """GRPC's libraries refuse by themselves, in words alone."""
    token = answers.token(merchant=True)
    answers.stop_service("billing")
    answers.start_bare_service("billing", lambda context: context.abort(bare, "words for nobody"))
    try:
        answers.wait_until(lambda: walk.outcome(client.get(BILLS, headers=bearer(token))).code == code)
        answered = walk.outcome(client.get(BILLS, headers=bearer(token)))
        assert (answered.http_status, answered.code, answered.reason) == (http_status, code, reason)
        for outcome in (walk.as_grpc(channel, LIST, token=token), walk.as_web(client, LIST, token=token)):
            assert (outcome.code, outcome.reason, outcome.domain) == (code, reason, EDGE)
            assert outcome.message != "words for nobody"
    finally:
        answers.stop_service("billing")
        answers.start_service("billing")
        answers.wait_until_open()


def test_json_calls_get_a_deadline(answers: Rig, client: httpx.Client, staff: dict[str, str]) -> None:
    left: list[float] = []

    def measure(_: object, context: grpc.ServicerContext) -> bill_service_pb2.ListBillsResponse:
        left.append(context.time_remaining())
        return bill_service_pb2.ListBillsResponse()

    answers.answers[LIST] = measure
    assert client.get(BILLS, headers=staff).status_code == 200
    assert 13 < left[0] < 15.5


def test_every_cause_is_told_ready_made() -> None:
    for error in LOCAL_ERRORS:
        padded = error.details_header + "=" * (-len(error.details_header) % 4)
        status = status_pb2.Status.FromString(base64.b64decode(padded))
        assert (status.code, status.message) == (error.code, error.message)
        info = error_details_pb2.ErrorInfo.FromString(status.details[0].value)
        assert (info.reason, info.domain) == (error.reason_name, EDGE)


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Rig]:
    """An edge with hardly any room."""
    limits = Limits(client_burst=100_000, calls_per_process=2, request_headers_seconds=0.5)
    rig = Rig(tmp_path_factory.mktemp("narrow"), authority, limits=limits, cors_origins=("https://app.example",))
    try:
        rig.start()
        yield rig
    finally:
        rig.close()


def test_a_service_without_room(narrow: Rig) -> None:
    entered, leave = threading.Semaphore(0), threading.Event()

    def wait(*_: object) -> bill_service_pb2.ListBillsResponse:
        entered.release()
        leave.wait(10)
        return bill_service_pb2.ListBillsResponse()

    narrow.answers[LIST] = wait
    headers = bearer(narrow.token(merchant=True))
    with narrow.http() as client, ThreadPoolExecutor(2) as others:
        waiting = [others.submit(client.get, BILLS, headers=headers) for _ in range(2)]
        try:
            assert all(entered.acquire(timeout=5) for _ in waiting)
            outcome = walk.outcome(client.get(BILLS, headers=headers))
            assert (outcome.http_status, outcome.reason, outcome.domain) == (503, "SERVICE_UNAVAILABLE", EDGE)
        finally:
            leave.set()
            del narrow.answers[LIST]
        assert [call.result().status_code for call in waiting] == [200, 200]


def test_foreign_origins(narrow: Rig) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,x-grpc-web"}
    with narrow.http() as client:
        for path in (BILLS, LIST):
            ours = client.options(path, headers={"origin": "https://app.example", **asked})
            assert ours.status_code == 200
            assert ours.headers["access-control-allow-origin"] == "https://app.example"
            allowed = set(ours.headers["access-control-allow-headers"].split(","))
            assert {"authorization", "dpop", "x-grpc-web"} <= allowed
            others = client.options(path, headers={"origin": "https://evil.example", **asked})
            assert "access-control-allow-origin" not in others.headers
        # A page can read why it was refused.
        refused = client.get(BILLS, headers={"origin": "https://app.example"})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "https://app.example")
        assert {"retry-after", "www-authenticate"} <= set(refused.headers["access-control-expose-headers"].split(","))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        # Headers that never end.
        (b"GET /v1/bills HTTP/1.1\r\nhost: x\r\nx-slow: ", b"408"),
        # Two lengths: whoever believes the other one sees another request.
        (
            b"POST /v1/bills HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            b"400",
        ),
        (b"GET /v1/bills HTTP/1.1\r\nhost: x\r\nx_forwarded_for: y\r\n\r\n", b"400"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_what_is_no_decent_http(narrow: Rig, sent: bytes, status: bytes) -> None:
    context = ssl.create_default_context(cafile=str(narrow.edge_ca))
    with (
        socket.create_connection(("127.0.0.1", narrow.edge_port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(sent)
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    assert answer.split(b" ", 2)[1] == status, answer


@pytest.fixture
def strict(tmp_path: Path, authority: Authority) -> Iterator[Rig]:
    """An edge that soon has enough of a client."""
    limits = Limits(client_burst=60, client_per_second=1, sign_in_burst=3, sign_in_per_minute=1)
    rig = Rig(tmp_path, authority, limits=limits)
    try:
        rig.start()
        yield rig
    finally:
        rig.close()


def test_too_many_calls(strict: Rig) -> None:
    with strict.http() as client, strict.channel() as channel:
        # Sign-in has a smaller bucket of its own, the same in each dialect.
        answers = [client.post("/v1/login:begin", json={}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
        assert answers[-1].headers["retry-after"] == "60"
        assert walk.outcome(answers[-1]).reason == "TOO_MANY_REQUESTS"
        path = "/billmesh.auth.v1.LoginService/BeginLogin"
        for outcome in (walk.as_grpc(channel, path), walk.as_web(client, path)):
            assert (outcome.code, outcome.reason, outcome.domain) == (8, "TOO_MANY_REQUESTS", EDGE)
        # All else still has room, until that is used up too.
        assert client.get("/v1/products:search?query=milk").status_code != 429
        statuses = [client.get("/v1/me").status_code for _ in range(80)]
        assert statuses[0] == 401
        assert statuses[-1] == 429


def test_a_token_while_the_keys_cannot_be_had(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> None:
    rig = Rig(tmp_path_factory.mktemp("keyless"), authority)
    try:
        rig.start_service("billing")
        rig.start_envoy("edge")
        with rig.http() as client:
            headers = bearer(rig.token(merchant=True))
            outcome = _when_up(client, headers)
            assert (outcome.http_status, outcome.code, outcome.reason) == (503, 14, "SERVICE_UNAVAILABLE")
            rig.start_service("auth")
            began = time.monotonic()
            while client.get(BILLS, headers=headers).status_code != 200:
                assert time.monotonic() - began < 5, "the keys are fetched within seconds of auth being there"
                time.sleep(0.1)
            # And kept while auth is away.
            rig.stop_service("auth")
            assert client.get(BILLS, headers=bearer(rig.token(merchant=True))).status_code == 200
    finally:
        rig.close()


def _when_up(client: httpx.Client, headers: dict[str, str]) -> walk.Outcome:
    for _ in range(200):
        try:
            return walk.outcome(client.get(BILLS, headers=headers))
        except Exception as error:  # noqa: BLE001 - whatever a door says that is not there yet
            last = error
            time.sleep(0.05)
    raise last


def test_the_edge_says_that_it_lives(client: httpx.Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")
