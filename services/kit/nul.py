"""NUL characters: protobuf strings and JSON may hold them, PostgreSQL's text may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterator


def fields_with_nul(message: Message) -> Iterator[str]:
    """Paths of the strings in `message` that hold a NUL, as "bill.lines[0].description".

    Nearly every message is cleared by a look at its bytes: a NUL in a string is a zero byte on the wire.
    """
    if b"\0" in message.SerializeToString():
        yield from _search(message, "")


def _search(message: Message, prefix: str) -> Iterator[str]:
    for field, value in message.ListFields():
        repeated = not isinstance(value, (str, bytes, Message)) and hasattr(value, "__len__")
        if field.type not in {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_MESSAGE}:
            continue
        for index, each in enumerate(value if repeated else (value,)):
            path = f"{prefix}{field.name}[{index}]" if repeated else f"{prefix}{field.name}"
            if isinstance(each, Message):
                yield from _search(each, f"{path}.")
            elif isinstance(each, str) and "\0" in each:
                yield path
