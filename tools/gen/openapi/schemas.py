"""Messages and enums as JSON Schema, in the names and forms of proto3 JSON."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from buf.validate import validate_pb2
from google.api import field_behavior_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from tools.gen.described import Described, Field, Message
from tools.gen.openapi import rules

Schema = dict[str, Any]
_F = FieldDescriptorProto

_SCALARS: dict[int, Schema] = {
    _F.TYPE_BOOL: {"type": "boolean"},
    _F.TYPE_STRING: {"type": "string"},
    _F.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    _F.TYPE_DOUBLE: {"type": "number", "format": "double"},
    _F.TYPE_FLOAT: {"type": "number", "format": "float"},
    **{kind: {"type": "integer", "format": "int32"} for kind in (_F.TYPE_INT32, _F.TYPE_SINT32, _F.TYPE_SFIXED32)},
    **{kind: {"type": "integer", "minimum": 0} for kind in (_F.TYPE_UINT32, _F.TYPE_FIXED32)},
    **{kind: {"type": "string", "format": "int64"} for kind in (_F.TYPE_INT64, _F.TYPE_SINT64, _F.TYPE_SFIXED64)},
    **{kind: {"type": "string", "format": "uint64"} for kind in (_F.TYPE_UINT64, _F.TYPE_FIXED64)},
}
_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?\d+(\.\d{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Empty": {"type": "object"},
    "google.api.HttpBody": {"type": "string"},
}
_NAME = re.compile(r"`([a-z][a-z0-9]*(?:_[a-z0-9]+)+(?:\.[a-z0-9_]+)*)`")


class Schemas:
    """Makes schemas and remembers which messages and enums they refer to."""

    def __init__(self, described: Described) -> None:
        self._described = described
        self._wanted: dict[str, None] = {}

    def reference(self, name: str) -> Schema:
        """The schema of a message or enum: a reference, or the form that proto3 JSON gives it."""
        if name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[name])
        self._wanted[name] = None
        return {"$ref": f"#/components/schemas/{component(name)}"}

    def components(self) -> dict[str, Schema]:
        """Everything referred to, directly or not, by component name in alphabetical order."""
        done: dict[str, Schema] = {}
        while missing := [name for name in self._wanted if name not in done]:
            for name in missing:
                done[name] = self._named(name)
        return {component(name): done[name] for name in sorted(done)}

    def message(self, message: Message, *, without: Collection[str] = (), optional: Collection[str] = ()) -> Schema:
        """An object with the message's fields. `without` leaves fields out, `optional` relaxes REQUIRED."""
        fields = [field for field in message.fields if field.proto.name not in without]
        schema: Schema = {"type": "object"}
        if text := spoken(message.comment):
            schema["description"] = text
        schema["properties"] = {field.proto.json_name: self.field(field) for field in fields}
        if required := [f.proto.json_name for f in fields if is_required(f) and f.proto.name not in optional]:
            schema["required"] = required
        if choices := list(_choices(message, fields)):
            schema["allOf"] = choices
        return schema

    def field(self, field: Field) -> Schema:
        """One property, with its comment and rules."""
        schema = self._type(field)
        of_field = rules.rules_of(field.proto)
        words = rules.apply(of_field, schema, enum_values=self._enum_values(field.proto))
        said = spoken(field.comment)
        # The comment says most rules already, in better words.
        if text := " ".join([said, *(word for word in words if word.rstrip(".").lower() not in said.lower())]).strip():
            schema["description"] = text
        behaviors = _behaviors(field)
        if field_behavior_pb2.OUTPUT_ONLY in behaviors:
            schema["readOnly"] = True
        if field_behavior_pb2.INPUT_ONLY in behaviors:
            schema["writeOnly"] = True
        if field.proto.options.deprecated:
            schema["deprecated"] = True
        return schema

    def _named(self, name: str) -> Schema:
        if name in self._described.messages:
            return self.message(self._described.messages[name])
        enum = self._described.enums[name]
        values = "\n".join(f"* `{value}`: {spoken(comment)}" for value, comment in enum.values)
        return {
            "type": "string",
            "enum": [value for value, _ in enum.values],
            "description": f"{spoken(enum.comment)}\n\n{values}",
        }

    def _type(self, field: Field) -> Schema:
        proto = field.proto
        if proto.type in {_F.TYPE_MESSAGE, _F.TYPE_ENUM}:
            name = proto.type_name.removeprefix(".")
            entry = self._described.messages.get(name)
            if entry is not None and entry.proto.options.map_entry:
                return {"type": "object", "additionalProperties": self._type(entry.fields[1])}
            one = self.reference(name)
        else:
            one = dict(_SCALARS[proto.type])
        return {"type": "array", "items": one} if field.repeated else one

    def _enum_values(self, proto: FieldDescriptorProto) -> list[tuple[int, str]]:
        enum = self._described.enums.get(proto.type_name.removeprefix("."))
        return [(value.number, value.name) for value in enum.proto.value] if enum else []


def component(name: str) -> str:
    """Name of a message or enum among the components: "billing.v1.Bill", "google.type.Money"."""
    return name.removeprefix("billmesh.")


def is_required(field: Field) -> bool:
    """Whether a request without the field is refused."""
    return field_behavior_pb2.REQUIRED in _behaviors(field) or rules.rules_of(field.proto).required


def _behaviors(field: Field) -> Sequence[int]:
    found: Sequence[int] = field.proto.options.Extensions[field_behavior_pb2.field_behavior]  # type: ignore[index] # its stub leaves out what it extends
    return found


def spoken(comment: str) -> str:
    """A comment in the names that JSON uses: `request_id` becomes `requestId`."""
    return _NAME.sub(lambda match: f"`{camel(match.group(1))}`", comment)


def camel(name: str) -> str:
    """JSON name of a field, or of a path of fields."""
    return re.sub(r"_([a-z0-9])", lambda match: match.group(1).upper(), name)


def _choices(message: Message, fields: Iterable[Field]) -> Iterable[Schema]:
    """Each oneof: at most one of its fields, or exactly one where a rule asks for it."""
    for index, oneof in enumerate(message.proto.oneof_decl):
        members = [
            {"required": [field.proto.json_name]}
            for field in fields
            if field.proto.HasField("oneof_index")
            and field.proto.oneof_index == index
            and not field.proto.proto3_optional
        ]
        if not members:
            continue
        exactly_one = oneof.options.Extensions[validate_pb2.oneof].required
        yield {"oneOf": members if exactly_one else [*members, {"not": {"anyOf": members}}]}
