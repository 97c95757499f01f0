"""Answers that are streams, through the edge in all dialects: whole, refused, broken off, and left by their reader."""

from __future__ import annotations

import logging
import threading
from logging.handlers import QueueHandler
from queue import Queue
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest
from billmesh.billing.v1 import report_service_pb2, report_service_pb2_grpc

from services.kit.failure import Failure, Kind
from services.kit.streams import download
from tests.contract import walk
from tests.contract.rig import Rig
from tests.harness import refusal
from tools.envoy.parameters import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from google.protobuf.message import Message

    from tests.harness import Authority

PATH = "/billmesh.billing.v1.ReportService/ExportReport"
URL = "/v1/reports:export?report=REPORT_KIND_BILLS"
REQUEST = report_service_pb2.ExportReportRequest(report=report_service_pb2.REPORT_KIND_BILLS)
PARTS = (b"one\r\n", b"two\r\n", b"three\r\n")
PATIENCE = 20


class _Refused(Failure):
    kind = Kind.NOT_FOUND
    reason = "CUSTOMER_NOT_FOUND"


def send(rig: Rig, chunks: Callable[[], Generator[bytes]]) -> None:
    def stream(request: Message, context: grpc.ServicerContext) -> Iterator[Message]:
        return download(context, chunks(), name="bills.csv", media_type="text/csv")

    rig.streams[PATH] = stream


def bearer(rig: Rig, **more: Any) -> dict[str, str]:
    return {"authorization": f"Bearer {rig.token(merchant=True, **more)}"}


def native(rig: Rig, channel: grpc.Channel, **more: Any) -> Any:
    stub = report_service_pb2_grpc.ReportServiceStub(channel)
    return stub.ExportReport(REQUEST, metadata=tuple(bearer(rig, **more).items()), timeout=PATIENCE)


def web(rig: Rig, client: httpx.Client) -> httpx.Response:
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1", **bearer(rig)}
    payload = REQUEST.SerializeToString()
    return client.post(PATH, headers=headers, content=b"\0" + len(payload).to_bytes(4, "big") + payload)


def test_a_file_is_whole_in_every_dialect(answers: Rig, client: httpx.Client, channel: grpc.Channel) -> None:
    send(answers, lambda: (part for part in PARTS))
    got = client.get(URL, headers=bearer(answers))
    assert (got.status_code, got.content) == (200, b"".join(PARTS))
    assert got.headers["content-type"] == "text/csv"
    assert got.headers["content-disposition"] == 'attachment; filename="bills.csv"'
    assert got.headers["cache-control"] == "private, no-store"
    assert got.headers["transfer-encoding"] == "chunked"
    bodies = list(native(answers, channel))
    assert [body.data for body in bodies] == list(PARTS)
    assert [body.content_type for body in bodies] == ["text/csv", "", ""]
    answer = web(answers, client)
    assert walk.web_outcome(answer).code == 0
    assert all(part in answer.content for part in PARTS)


def test_what_fails_before_the_first_chunk_is_refused_like_any_call(
    answers: Rig, client: httpx.Client, channel: grpc.Channel
) -> None:
    def chunks() -> Generator[bytes]:
        yield from ()
        raise _Refused("There is no such customer.")

    send(answers, chunks)
    seen = [
        walk.outcome(client.get(URL, headers=bearer(answers))),
        walk.web_outcome(web(answers, client)),
        walk.as_grpc(channel, PATH, token=answers.token(merchant=True), request=REQUEST.SerializeToString()),
    ]
    assert {(outcome.code, outcome.reason) for outcome in seen} == {(5, "CUSTOMER_NOT_FOUND")}
    assert seen[0].http_status == 404


def test_a_broken_request_names_its_field(answers: Rig, client: httpx.Client) -> None:
    got = client.get("/v1/reports:export", headers=bearer(answers))
    assert (got.status_code, walk.outcome(got).reason) == (400, "INVALID_REQUEST")


def test_a_file_that_was_cut_does_not_look_whole(answers: Rig, client: httpx.Client, channel: grpc.Channel) -> None:
    def chunks() -> Generator[bytes]:
        yield PARTS[0]
        yield PARTS[1]
        raise RuntimeError("password=hunter2")

    send(answers, chunks)
    # HTTP has no word for it but the end of the connection.
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(URL, headers=bearer(answers))
    answer = web(answers, client)
    assert (walk.web_outcome(answer).reason, b"hunter2" in answer.content) == ("INTERNAL", False)
    call = native(answers, channel)
    assert [next(call).data, next(call).data] == list(PARTS[:2])
    with pytest.raises(grpc.RpcError) as caught:
        next(call)
    assert refusal(caught.value).reason == "INTERNAL"


def test_the_first_chunk_is_there_before_the_last_is_made(answers: Rig, client: httpx.Client) -> None:
    arrived = threading.Event()

    def chunks() -> Generator[bytes]:
        yield PARTS[0]
        assert arrived.wait(PATIENCE)
        yield PARTS[1]

    send(answers, chunks)
    with client.stream("GET", URL, headers=bearer(answers)) as got:
        parts = got.iter_raw()
        assert next(parts) == PARTS[0]
        arrived.set()
        assert b"".join(parts) == PARTS[1]


def endless(ended: threading.Semaphore) -> Generator[bytes]:
    """Far more than all buffers on the way hold."""
    try:
        for _ in range(100_000):
            yield b"x" * 65_536
    finally:
        ended.release()


@pytest.fixture
def logged() -> Iterator[Queue[logging.LogRecord]]:
    """What the kit says of every call."""
    records: Queue[logging.LogRecord] = Queue()
    handler = QueueHandler(records)
    logger = logging.getLogger("billmesh.call")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield records
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_a_reader_who_goes_away_ends_it(
    answers: Rig, client: httpx.Client, channel: grpc.Channel, logged: Queue[logging.LogRecord]
) -> None:
    ended = threading.Semaphore(0)
    send(answers, lambda: endless(ended))
    with client.stream("GET", URL, headers=bearer(answers)) as got:
        next(got.iter_raw())
    assert ended.acquire(timeout=PATIENCE)
    assert vars(logged.get(timeout=PATIENCE))["code"] == "CANCELLED"
    call = native(answers, channel)
    next(call)
    call.cancel()
    assert ended.acquire(timeout=PATIENCE)
    assert vars(logged.get(timeout=PATIENCE))["code"] == "CANCELLED"


def test_a_reader_who_stands_still_is_not_waited_for(tmp_path: Path, authority: Authority) -> None:
    rig = Rig(tmp_path, authority, limits=Limits(stream_idle_seconds=1))
    try:
        rig.start()
        ended = threading.Semaphore(0)
        send(rig, lambda: endless(ended))
        with rig.http() as client, client.stream("GET", URL, headers=bearer(rig)) as got:
            parts = got.iter_raw()
            next(parts)
            assert ended.acquire(timeout=PATIENCE)
            # Nor does the rest look whole.
            with pytest.raises(httpx.RemoteProtocolError):
                list(parts)
    finally:
        rig.close()


def test_one_merchant_does_not_take_all_there_is(answers: Rig, client: httpx.Client, channel: grpc.Channel) -> None:
    go_on = threading.Event()

    def chunks() -> Generator[bytes]:
        yield PARTS[0]
        assert go_on.wait(PATIENCE)
        yield PARTS[1]

    send(answers, chunks)
    token = answers.token(merchant=True)
    stub = report_service_pb2_grpc.ReportServiceStub(channel)

    def start(bearer_token: str) -> Any:
        call: Any = stub.ExportReport(
            REQUEST, metadata=(("authorization", f"Bearer {bearer_token}"),), timeout=PATIENCE
        )
        return call, next(call)

    first, second = start(token), start(token)
    refused = client.get(URL, headers={"authorization": f"Bearer {token}"})
    assert (refused.status_code, walk.outcome(refused).reason) == (429, "TOO_MANY_REQUESTS")
    assert refused.headers["retry-after"] == "5"
    third = start(answers.token(merchant=True))
    with pytest.raises(grpc.RpcError) as caught:
        start(answers.token(merchant=True))
    assert refusal(caught.value).reason == "TOO_MANY_REQUESTS"
    go_on.set()
    for call, _ in (first, second, third):
        assert [body.data for body in call] == [PARTS[1]]
    # There is room again as soon as one has its last word.
    call, _ = start(token)
    assert [body.data for body in call] == [PARTS[1]]
