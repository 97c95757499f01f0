"""The edge from outside, in its three dialects. What may be repeated is repeated, with the same request id."""

from __future__ import annotations

import json
import ssl
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

import grpc
import httpx
from google.protobuf.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable

M = TypeVar("M", bound=Message)
T = TypeVar("T")

# What says "again" without saying "no": no connection, or a process that is being replaced.
_RETRYABLE_HTTP = frozenset((502, 503, 504))
_RETRYABLE_GRPC = frozenset((grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 1.0
_TIMEOUT = 20.0
# gRPC-Web: bit 7 of a frame's first byte marks the trailers.
_TRAILERS = 0x80


@dataclass(eq=False)
class Refused(Exception):
    """The edge or a service said no: HTTP status, `google.rpc.Status` and its ErrorInfo's reason."""

    http_status: int
    code: int
    reason: str
    message: str
    fields: tuple[str, ...]
    body: dict[str, Any]

    def __str__(self) -> str:
        """What a person reads."""
        return f"{self.http_status} {self.reason}: {self.message} {' '.join(self.fields)}".rstrip()


class Edge:
    """One running edge. `patience`: seconds for which a repeatable call is repeated while nobody answers."""

    def __init__(self, url: str, ca: Path, *, patience: float = 0.0) -> None:
        self.url = url.rstrip("/")
        self._ca = ca
        self._patience = patience
        self._http = httpx.Client(
            base_url=self.url, verify=ssl.create_default_context(cafile=str(ca)), timeout=_TIMEOUT, trust_env=False
        )
        self._channel: grpc.Channel | None = None

    @classmethod
    def from_run(cls, run: dict[str, Any], *, patience: float = 0.0) -> Self:
        """The edge that a run.json describes."""
        return cls(run["edge_url"], Path(run["edge_ca"]), patience=patience)

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()
        if self._channel is not None:
            self._channel.close()

    def json(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        token: str | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        reads: bool = False,
    ) -> dict[str, Any]:
        """One JSON call. Raises Refused.

        Repeated while nobody answers if it `reads`, is a GET, or names a `requestId`.
        """
        headers = {**(headers or {}), **dict(bearer(token))}
        repeatable = reads or method == "GET" or bool((body or {}).get("requestId") or (query or {}).get("requestId"))

        def send() -> httpx.Response:
            return self._http.request(method, path, json=body, headers=headers, params=query)

        response = self._patiently(send, repeatable=repeatable)
        if response.status_code >= httpx.codes.BAD_REQUEST:
            raise _refused(response)
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

    def file(self, path: str, *, token: str | None = None, query: dict[str, str] | None = None) -> httpx.Response:
        """One GET of something that is no JSON, repeated while nobody answers or it is being made. Raises Refused."""
        response = self._patiently(
            lambda: self._http.get(path, headers=dict(bearer(token)), params=query), repeatable=True
        )
        if response.status_code >= httpx.codes.BAD_REQUEST:
            raise _refused(response)
        return response

    def upload(
        self, path: str, content: bytes, media_type: str, *, token: str, query: dict[str, str]
    ) -> dict[str, Any]:
        """One POST of a file, repeated while nobody answers if it names a `requestId`. Raises Refused."""
        headers = {"content-type": media_type, **dict(bearer(token))}
        response = self._patiently(
            lambda: self._http.post(path, content=content, headers=headers, params=query),
            repeatable="requestId" in query,
        )
        if response.status_code >= httpx.codes.BAD_REQUEST:
            raise _refused(response)
        answer: dict[str, Any] = response.json()
        return answer

    def form(self, path: str, fields: dict[str, str], *, repeatable: bool = False) -> dict[str, Any]:
        """One form POST, as OAuth's token endpoint takes them. Raises Refused with OAuth's `error` as the reason."""
        response = self._patiently(lambda: self._http.post(path, data=fields), repeatable=repeatable)
        answer: dict[str, Any] = response.json()
        if response.status_code >= httpx.codes.BAD_REQUEST:
            reason = str(answer.get("error", ""))
            raise Refused(response.status_code, 0, reason, str(answer.get("error_description", "")), (), answer)
        return answer

    @property
    def channel(self) -> grpc.Channel:
        """A native gRPC channel over TLS; give tokens as metadata: `metadata=bearer(token)`."""
        if self._channel is None:
            credentials = grpc.ssl_channel_credentials(self._ca.read_bytes())
            self._channel = grpc.secure_channel(urlsplit(self.url).netloc, credentials)
        return self._channel

    def grpc(self, call: Callable[..., T], request: Message, *, token: str | None = None) -> T:
        """Calls a stub's method, `edge.grpc(BillServiceStub(edge.channel).GetBill, request, token=…)`, patiently."""
        until = time.monotonic() + self._patience
        pause = _FIRST_PAUSE
        while True:
            try:
                return call(request, timeout=_TIMEOUT, metadata=bearer(token))
            except grpc.RpcError as error:
                if error.code() not in _RETRYABLE_GRPC or time.monotonic() > until:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def grpc_web(self, method: str, request: Message, response: type[M], *, token: str | None = None) -> M:
        """One gRPC-Web call in the binary format, as browsers and React Native make it. Raises Refused.

        `method` is the path, "/billmesh.billing.v1.BillService/GetBill". Frames as in the gRPC-Web protocol document:
        a byte of flags, four of length, the message; then a frame of trailers in the form of HTTP/1.1 headers.
        """
        payload = request.SerializeToString()
        headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1", **dict(bearer(token))}
        content = struct.pack(">BI", 0, len(payload)) + payload

        def send() -> httpx.Response:
            return self._http.post(method, content=content, headers=headers)

        answer = self._patiently(send, repeatable=True)
        frames = _frames(answer.content)
        trailers = {key.lower(): value for key, value in answer.headers.items()} | frames.trailers
        status = int(trailers.get("grpc-status", "2"))
        if status or frames.message is None:
            raise Refused(answer.status_code, status, "", trailers.get("grpc-message", ""), (), {})
        return response.FromString(frames.message)

    def again(self, work: Callable[[], T]) -> T:
        """Does `work`, of several calls that cannot be repeated one by one, from its start while nobody answers."""
        until = time.monotonic() + self._patience
        while True:
            try:
                return work()
            except Refused as refused:
                if refused.http_status not in _RETRYABLE_HTTP or time.monotonic() > until:
                    raise
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            time.sleep(_LONGEST_PAUSE)

    def _patiently(self, send: Callable[[], httpx.Response], *, repeatable: bool) -> httpx.Response:
        until = time.monotonic() + (self._patience if repeatable else 0.0)
        pause = _FIRST_PAUSE
        while True:
            try:
                response = send()
                if response.status_code not in _RETRYABLE_HTTP or time.monotonic() > until:
                    return response
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def bearer(token: str | None) -> tuple[tuple[str, str], ...]:
    """The metadata of a token."""
    return (("authorization", f"Bearer {token}"),) if token else ()


class _Frames(NamedTuple):
    message: bytes | None
    trailers: dict[str, str]


def _frames(content: bytes) -> _Frames:
    message, trailers, position = None, {}, 0
    while position + 5 <= len(content):
        flags, length = struct.unpack_from(">BI", content, position)
        frame = content[position + 5 : position + 5 + length]
        position += 5 + length
        if flags & _TRAILERS:
            lines = frame.decode().split("\r\n")
            trailers = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        else:
            message = frame
    return _Frames(message, trailers)


def _refused(response: httpx.Response) -> Refused:
    try:
        body = response.json()
    except json.JSONDecodeError:
        body = {"message": response.text}
    reason, fields = "", []
    for detail in body.get("details", ()):
        if detail.get("@type", "").endswith("google.rpc.ErrorInfo"):
            reason = detail.get("reason", "")
        elif detail.get("@type", "").endswith("google.rpc.BadRequest"):
            fields += [violation.get("field", "") for violation in detail.get("fieldViolations", ())]
    return Refused(response.status_code, body.get("code", 0), reason, body.get("message", ""), tuple(fields), body)
