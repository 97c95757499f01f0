"""What every resource needs: ids, telephone numbers, field masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import phonenumbers

from services.kit.failure import FieldViolation, InvalidRequest
from services.kit.ids import from_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from google.protobuf.field_mask_pb2 import FieldMask
    from google.protobuf.message import Message


def id_or_none(prefix: str, text: str) -> UUID | None:
    """The id in a text that the contract's validation has checked; None if it is empty."""
    return from_text(prefix, text) if text else None


def phone_from_proto(text: str, field: str) -> str:
    """A number that can exist, E.164; empty stays empty. Raises InvalidRequest."""
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException as error:
        raise InvalidRequest.of(field, "must be a telephone number with its country code") from error
    if not phonenumbers.is_possible_number(number):
        raise InvalidRequest.of(field, "must be a telephone number that can exist")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def paths_from_proto(mask: FieldMask, message: Message, *, writable: Iterable[str]) -> frozenset[str]:
    """Which fields of `message` an update changes: those named, all for "*", those that are set for an empty mask.

    Raises InvalidRequest for names that are not `writable`.
    """
    allowed = frozenset(writable)
    if not mask.paths:
        return allowed & {field.name for field, _ in message.ListFields()}
    if list(mask.paths) == ["*"]:
        return allowed
    wrong = [path for path in mask.paths if path not in allowed]
    if wrong:
        names = ", ".join(sorted(allowed))
        raise InvalidRequest(*(FieldViolation("update_mask", f"has {path!r}, but may name {names}") for path in wrong))
    return frozenset(mask.paths)
