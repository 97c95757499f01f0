"""How a use case says no. Pure: nothing here knows gRPC; services.kit.errors turns it into a rich status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from datetime import timedelta


class Kind(StrEnum):
    """What a failure means to the caller; each is one gRPC code."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    EXISTS = "EXISTS"
    PRECONDITION = "PRECONDITION"
    CONFLICT = "CONFLICT"
    DENIED = "DENIED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    EXHAUSTED = "EXHAUSTED"
    UNAVAILABLE = "UNAVAILABLE"
    DEADLINE = "DEADLINE"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One broken field.

    `field` is the path as the caller wrote it, in proto field names: "bill.lines[0].quantity". `description` is a
    sentence without the field's name at its start.
    """

    field: str
    description: str


class Failure(Exception):
    """Base of every expected refusal. A subclass fixes `kind` and `reason`; an instance carries the particulars.

    `reason` is a value of the service's `errors.proto` without its prefix. Whatever varies in the sentence is also in
    `metadata`, so that a caller never has to read the sentence.
    """

    kind: ClassVar[Kind]
    reason: ClassVar[str]

    def __init__(
        self,
        message: str,
        *,
        fields: tuple[FieldViolation, ...] = (),
        retry_after: timedelta | None = None,
        **metadata: str,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields
        self.retry_after = retry_after
        self.metadata = metadata


class InvalidRequest(Failure):
    """The request breaks a rule that the contract's own validation cannot state. Every broken field is listed."""

    kind = Kind.INVALID
    reason = "INVALID_REQUEST"

    def __init__(self, *fields: FieldViolation) -> None:
        named = ", ".join(violation.field for violation in fields)
        super().__init__(f"Not valid: {named}.", fields=fields)

    @classmethod
    def of(cls, field: str, description: str) -> InvalidRequest:
        """The common case of one broken field."""
        return cls(FieldViolation(field, description))
