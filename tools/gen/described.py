"""The descriptor set together with its comments, looked up by full name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

# Numbers of the descriptors' own fields, as the paths of comments name them.
_FILE_MESSAGES, _FILE_ENUMS, _FILE_SERVICES = 4, 5, 6
_MESSAGE_FIELDS, _MESSAGE_NESTED, _MESSAGE_ENUMS, _MESSAGE_ONEOFS = 2, 3, 4, 8
_ENUM_VALUES, _SERVICE_METHODS = 2, 2
_Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field and its comment."""

    proto: FieldDescriptorProto
    comment: str

    @property
    def repeated(self) -> bool:
        """Whether it is a list or a map."""
        return self.proto.label == FieldDescriptorProto.LABEL_REPEATED


@dataclass(frozen=True, slots=True)
class Message:
    """A message, its comment and its fields as declared."""

    name: str
    proto: DescriptorProto
    comment: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Enum:
    """An enum, its comment, and each value with its own."""

    name: str
    proto: EnumDescriptorProto
    comment: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Method:
    """An RPC and its comment."""

    proto: MethodDescriptorProto
    comment: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service, its comment and its methods as declared."""

    name: str
    proto: ServiceDescriptorProto
    comment: str
    methods: tuple[Method, ...]


class Described:
    """All messages, enums and services by full name. The set must hold source information."""

    def __init__(self, descriptors: FileDescriptorSet) -> None:
        self.messages: dict[str, Message] = {}
        self.enums: dict[str, Enum] = {}
        self.services: dict[str, Service] = {}
        for file in descriptors.file:
            self._read(file)

    def services_of(self, package: str) -> Iterator[Service]:
        """Services of the packages that begin with `package`, in the order of the files."""
        return (service for name, service in self.services.items() if name.startswith(package))

    def _read(self, file: FileDescriptorProto) -> None:
        comments = {
            tuple(location.path): _text(location.leading_comments) for location in file.source_code_info.location
        }
        for index, message in enumerate(file.message_type):
            self._read_message(message, file.package, (_FILE_MESSAGES, index), comments)
        for index, enum in enumerate(file.enum_type):
            self._read_enum(enum, file.package, (_FILE_ENUMS, index), comments)
        for index, service in enumerate(file.service):
            path = (_FILE_SERVICES, index)
            name = f"{file.package}.{service.name}"
            methods = tuple(
                Method(method, comments.get((*path, _SERVICE_METHODS, number), ""))
                for number, method in enumerate(service.method)
            )
            self.services[name] = Service(name, service, comments.get(path, ""), methods)

    def _read_message(self, message: DescriptorProto, scope: str, path: _Path, comments: dict[_Path, str]) -> None:
        name = f"{scope}.{message.name}"
        fields = tuple(
            Field(field, comments.get((*path, _MESSAGE_FIELDS, number), ""))
            for number, field in enumerate(message.field)
        )
        self.messages[name] = Message(name, message, comments.get(path, ""), fields)
        for index, nested in enumerate(message.nested_type):
            self._read_message(nested, name, (*path, _MESSAGE_NESTED, index), comments)
        for index, enum in enumerate(message.enum_type):
            self._read_enum(enum, name, (*path, _MESSAGE_ENUMS, index), comments)

    def _read_enum(self, enum: EnumDescriptorProto, scope: str, path: _Path, comments: dict[_Path, str]) -> None:
        values = tuple(
            (value.name, comments.get((*path, _ENUM_VALUES, number), "")) for number, value in enumerate(enum.value)
        )
        name = f"{scope}.{enum.name}"
        self.enums[name] = Enum(name, enum, comments.get(path, ""), values)


def _text(comment: str) -> str:
    """A comment as paragraphs: lines that belong together are joined, lists keep theirs."""
    lines = [line.strip() for line in comment.strip().splitlines()]
    return re.sub(r"(?<!\n)\n(?![\n*-])", " ", "\n".join(lines))
