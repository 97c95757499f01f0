"""The contract as its descriptor set tells it: every method, who may call it, and where it is over HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from billmesh.options.v1 import access_pb2
from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pb2

DESCRIPTOR_FILE = Path(__file__).resolve().parents[1] / "gen" / "descriptors" / "billmesh.binpb"
_PACKAGE = "billmesh."


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpBinding:
    """One HTTP route of a method."""

    verb: str
    # The template as written, for example "/v1/bills/{bill.id}:issue".
    template: str
    # Field that is the HTTP body; "*" for the whole request, empty for none.
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One RPC."""

    # "billmesh.billing.v1.BillService"
    service: str
    name: str
    # Full names of the messages.
    request: str
    response: str
    access: access_pb2.Access
    bindings: tuple[HttpBinding, ...]
    # Declared free of effects, or safe to repeat.
    reads: bool
    idempotent: bool
    # Whether the request has a `request_id`.
    takes_request_id: bool
    streams: bool

    @property
    def path(self) -> str:
        """The path of the call over gRPC."""
        return f"/{self.service}/{self.name}"

    @property
    def owner(self) -> str:
        """The service of the mesh that answers, for example "billing"."""
        return self.service.split(".")[1]

    @property
    def is_public(self) -> bool:
        """Whether it is open to callers without a token."""
        return self.access.audience == access_pb2.AUDIENCE_PUBLIC

    @property
    def is_mesh_only(self) -> bool:
        """Whether it is closed to everyone outside the mesh."""
        return self.access.audience not in _EDGE_AUDIENCES

    @property
    def is_repeatable(self) -> bool:
        """Whether the same request twice has one effect, so that it may be sent again when no answer came."""
        return self.reads or self.idempotent or self.takes_request_id


_EDGE_AUDIENCES = (access_pb2.AUDIENCE_PUBLIC, access_pb2.AUDIENCE_PERSON, access_pb2.AUDIENCE_MERCHANT)


def load(file: Path = DESCRIPTOR_FILE) -> descriptor_pb2.FileDescriptorSet:
    """The descriptor set in `file`."""
    return descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes())


def methods(descriptors: descriptor_pb2.FileDescriptorSet) -> tuple[Method, ...]:
    """Every method of the product, by service and then as declared."""
    messages = {
        f".{file.package}.{message.name}": message for file in descriptors.file for message in file.message_type
    }
    found = [
        _method(f"{file.package}.{service.name}", method, messages)
        for file in descriptors.file
        if file.package.startswith(_PACKAGE)
        for service in file.service
        for method in service.method
    ]
    return tuple(sorted(found, key=lambda method: method.service))


def _method(
    service: str, method: descriptor_pb2.MethodDescriptorProto, messages: dict[str, descriptor_pb2.DescriptorProto]
) -> Method:
    levels = descriptor_pb2.MethodOptions
    request = messages.get(method.input_type)
    return Method(
        service=service,
        name=method.name,
        request=method.input_type.removeprefix("."),
        response=method.output_type.removeprefix("."),
        access=method.options.Extensions[access_pb2.access],
        bindings=tuple(_bindings(method.options.Extensions[annotations_pb2.http])),  # type: ignore[index] # its stub leaves out what it extends
        reads=method.options.idempotency_level == levels.NO_SIDE_EFFECTS,
        idempotent=method.options.idempotency_level == levels.IDEMPOTENT,
        takes_request_id=request is not None and any(field.name == "request_id" for field in request.field),
        streams=method.server_streaming or method.client_streaming,
    )


def _bindings(rule: http_pb2.HttpRule) -> Sequence[HttpBinding]:
    kind = rule.WhichOneof("pattern")
    if kind is None:
        return ()
    if kind == "custom":
        verb, template = rule.custom.kind, rule.custom.path
    else:
        verb, template = kind.upper(), str(getattr(rule, kind))
    first = HttpBinding(verb=verb, template=template, body=rule.body)
    return (first, *(binding for more in rule.additional_bindings for binding in _bindings(more)))
