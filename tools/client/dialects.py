"""One call, three ways on the wire. The JSON way follows the contract's own `google.api.http` rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from google.api import annotations_pb2
from google.protobuf import descriptor_pool, json_format
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message

if TYPE_CHECKING:
    from google.protobuf.descriptor import MethodDescriptor

    from tools.client.edge import Edge

M = TypeVar("M", bound=Message)

_VARIABLE = re.compile(r"\{([a-z_.]+)(?:=[^}]*)?\}")


class Dialect(Protocol):
    """A way to call a method of the contract."""

    name: str

    def call(self, method: str, request: Message, response: type[M], *, token: str | None = None) -> M:
        """Calls "billmesh.billing.v1.BillService/GetBill". Raises Refused, or grpc.RpcError from native gRPC."""
        ...


class NativeGrpc:
    """HTTP/2 gRPC, as backends and SDKs call."""

    name = "native gRPC"

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def call(self, method: str, request: Message, response: type[M], *, token: str | None = None) -> M:
        """As in Dialect."""
        unary = self._edge.channel.unary_unary(
            f"/{method}", request_serializer=type(request).SerializeToString, response_deserializer=response.FromString
        )
        answer: M = self._edge.grpc(unary, request, token=token)
        return answer


class GrpcWeb:
    """Binary gRPC-Web, as mobile apps and browsers call."""

    name = "gRPC-Web"

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def call(self, method: str, request: Message, response: type[M], *, token: str | None = None) -> M:
        """As in Dialect."""
        return self._edge.grpc_web(f"/{method}", request, response, token=token)


class Json:
    """JSON over HTTP, as the web application and curl call."""

    name = "JSON"

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def call(self, method: str, request: Message, response: type[M], *, token: str | None = None) -> M:
        """As in Dialect."""
        verb, path, body, query = to_http(method, request)
        reads = find_method(method).GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
        answer = self._edge.json(verb, path, body, token=token, query=query, reads=reads)
        return json_format.ParseDict(answer, response())


def all_three(edge: Edge) -> tuple[Dialect, Dialect, Dialect]:
    """JSON, native gRPC, gRPC-Web."""
    return Json(edge), NativeGrpc(edge), GrpcWeb(edge)


def to_http(method: str, request: Message) -> tuple[str, str, dict[str, Any] | None, dict[str, str]]:
    """Verb, path, JSON body and query of a call, by the method's first HTTP rule."""
    rule = http_rule(method)
    verb = cast("str", rule.WhichOneof("pattern"))
    fields: dict[str, Any] = json_format.MessageToDict(request, preserving_proto_field_name=True)
    path = _VARIABLE.sub(lambda found: _take(fields, found.group(1).split(".")), getattr(rule, verb))
    if rule.body == "*":
        # A second pass gives the JSON names; what went into the path is no longer there.
        bare = json_format.ParseDict(fields, type(request)())
        return verb.upper(), path, json_format.MessageToDict(bare), {}
    body = None
    if rule.body:
        fields.pop(rule.body, None)
        body = json_format.MessageToDict(getattr(request, rule.body))
    query: dict[str, str] = {}
    _flatten(query, "", fields)
    return verb.upper(), path, body, query


def http_rule(method: str) -> Any:
    """The `google.api.http` rule of "package.Service/Method"; empty if it has none."""
    return find_method(method).GetOptions().Extensions[annotations_pb2.http]  # type: ignore[index] # extensions of google.api are untyped


def find_method(method: str) -> MethodDescriptor:
    """The descriptor of "package.Service/Method"; its module must have been imported."""
    service, _, name = method.partition("/")
    return descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]


def _take(fields: dict[str, Any], path: list[str]) -> str:
    """Removes and returns a field of a nested message."""
    *parents, last = path
    for parent in parents:
        fields = fields[parent]
    return str(fields.pop(last))


def _flatten(query: dict[str, str], prefix: str, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if isinstance(value, dict):
            _flatten(query, f"{prefix}{name}.", value)
        elif isinstance(value, bool):
            query[prefix + name] = "true" if value else "false"
        else:
            query[prefix + name] = str(value)
