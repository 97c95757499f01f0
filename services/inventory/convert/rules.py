"""The contract's rules for messages that the interceptor leaves alone: rows of an import, and masked updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import protovalidate

from services.kit.failure import FieldViolation

if TYPE_CHECKING:
    from google.protobuf.message import Message


class Rules:
    """Applies the rules that the contract states. Made once a process: it keeps what it has compiled."""

    def __init__(self) -> None:
        self._validator = protovalidate.Validator()

    def broken(self, message: Message) -> list[FieldViolation]:
        """Every broken rule, with the field's path from `message` on."""
        found = self._validator.collect_violations(message)
        return [FieldViolation(_path(each.proto.field), each.proto.message or each.proto.rule_id) for each in found]


def _path(path: Any) -> str:
    parts = []
    for element in path.elements:
        subscript = element.WhichOneof("subscript")
        parts.append(
            element.field_name if subscript is None else f"{element.field_name}[{getattr(element, subscript)}]"
        )
    return ".".join(parts)
