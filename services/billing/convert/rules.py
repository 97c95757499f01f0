"""The contract's rules for messages that the interceptor does not see: rows of an import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import protovalidate

from services.kit.failure import FieldViolation
from services.kit.interceptors import field_path

if TYPE_CHECKING:
    from google.protobuf.message import Message


class Rules:
    """Applies the rules that the contract states. Made once a process: it keeps what it has compiled."""

    def __init__(self) -> None:
        self._validator = protovalidate.Validator()

    def broken(self, message: Message) -> list[FieldViolation]:
        """Every broken rule, with the field's path from `message` on."""
        found = self._validator.collect_violations(message)
        protos = (each.proto for each in found)
        return [FieldViolation(field_path(each.field), each.message or each.rule_id) for each in protos]
