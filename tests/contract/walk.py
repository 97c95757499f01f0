"""One method called from outside in the three dialects, and what came of it in the same terms for each."""

from __future__ import annotations

import base64
import json
import re
import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import grpc
from google.rpc import error_details_pb2, status_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from tools.contract import HttpBinding, Method

_VARIABLE = re.compile(r"\{[^}]*\}")
_TRAILERS = 0x80
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
EDGE = "edge.billmesh.example"


@dataclass(frozen=True)
class Outcome:
    """How a call ended. `code` 0 is success; `reason` and `domain` are those of the one ErrorInfo."""

    code: int
    reason: str = ""
    domain: str = ""
    message: str = ""
    # 200 for the dialects that have no other.
    http_status: int = 200
    # Lower case; of gRPC the metadata, of gRPC-Web the trailers, too.
    headers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_let_in(self) -> bool:
        """Whether a service got to see the call as one of its own, and was up to it."""
        refusals = {"TOKEN_MISSING", "TOKEN_INVALID", "WRONG_AUDIENCE", "SCOPE_MISSING", "CALLER_NOT_ALLOWED"}
        return self.domain != EDGE and self.reason not in refusals and self.reason != "INTERNAL"


def as_json(client: httpx.Client, method: Method, binding: HttpBinding, *, token: str | None = None) -> Outcome:
    """Over the HTTP route, with an empty body where one is taken. Every variable of the path is "x"."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    is_form = method.request.endswith(("IssueTokenRequest", "ReceiveTwilioStatusRequest"))
    if binding.body:
        headers["content-type"] = "application/x-www-form-urlencoded" if is_form else "application/json"
    path = _VARIABLE.sub("x", binding.template)
    content = (b"" if is_form else b"{}") if binding.body else None
    return outcome(client.request(binding.verb, path, headers=headers, content=content))


def outcome(response: httpx.Response) -> Outcome:
    """Reads a JSON answer; fails if it is an error in any other shape than the one."""
    if response.status_code < 400:
        return Outcome(0, http_status=response.status_code)
    if response.headers["content-type"].startswith("text/html"):
        # A page is for people and says so to them, at its own address only.
        assert response.request.url.path.startswith(("/b/", "/c/")), response.text
        return Outcome(-1, reason="PAGE", domain="page", http_status=response.status_code)
    assert response.headers["content-type"] == "application/json", response.text
    body = response.json()
    if "error" in body:
        # The shape that RFC 6749 prescribes, at its own endpoints only.
        assert response.request.url.path.startswith("/oauth2/"), body
        return Outcome(-1, reason=body["error"], domain="oauth", http_status=response.status_code)
    assert set(body) == {"code", "message", "details"}, body
    assert body["message"], body
    (info,) = [detail for detail in body["details"] if detail["@type"] == _ERROR_INFO]
    assert set(info) == {"@type", "reason", "domain", "metadata"}, info
    return Outcome(
        body["code"], info["reason"], info["domain"], body["message"], response.status_code, dict(response.headers)
    )


def as_grpc(channel: grpc.Channel, path: str, *, token: str | None = None, request: bytes = b"") -> Outcome:
    """Native gRPC with a request of raw bytes, by default an empty message."""
    # An answer is a stream of one message to gRPC.
    call = channel.unary_stream(path, request_serializer=bytes, response_deserializer=bytes)
    try:
        list(call(request, metadata=(("authorization", f"Bearer {token}"),) if token else (), timeout=20))
    except grpc.RpcError as error:
        refusal = error
    else:
        return Outcome(0)
    details = [item.value for item in refusal.trailing_metadata() if item.key == "grpc-status-details-bin"]
    assert len(details) == 1, refusal
    assert isinstance(details[0], bytes)
    found = rich(refusal.code().value[0], refusal.details() or "", details[0])
    beside = {item.key: str(item.value) for item in refusal.trailing_metadata()}
    return replace(found, headers=beside)


def as_web(client: httpx.Client, path: str, *, token: str | None = None) -> Outcome:
    """gRPC-Web, binary, with an empty message."""
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    return web_outcome(client.post(path, headers=headers, content=b"\0\0\0\0\0"))


def web_outcome(response: httpx.Response) -> Outcome:
    """Reads an answer of gRPC-Web."""
    assert response.status_code == 200, response.text
    # What is refused before any filter runs has headers alone, and no type.
    assert response.headers.get("content-type", "application/grpc-web+proto") == "application/grpc-web+proto"
    trailers = {key.lower(): value for key, value in response.headers.items()} | _trailers(response.content)
    code = int(trailers["grpc-status"])
    if code == 0:
        return Outcome(0)
    details = trailers["grpc-status-details-bin"]
    found = rich(code, unquote(trailers["grpc-message"]), base64.b64decode(details + "=" * (-len(details) % 4)))
    return replace(found, headers=trailers)


def rich(code: int, message: str, details: bytes) -> Outcome:
    """From a rich status in its binary form."""
    status = status_pb2.Status.FromString(details)
    assert (status.code, status.message) == (code, message), status
    (info,) = [
        error_details_pb2.ErrorInfo.FromString(detail.value)
        for detail in status.details
        if detail.type_url == _ERROR_INFO
    ]
    return Outcome(code, info.reason, info.domain, message)


def _trailers(content: bytes) -> dict[str, str]:
    position = 0
    while position + 5 <= len(content):
        flags, length = struct.unpack_from(">BI", content, position)
        if flags & _TRAILERS:
            lines = content[position + 5 : position + 5 + length].decode().split("\r\n")
            return {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        position += 5 + length
    return {}


def claims(token: str) -> dict[str, object]:
    """What a JWT says, unverified."""
    payload = token.split(".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found
