"""Keyset pages. A token is the last row's sort key, bound to the other arguments of the list."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

from services.kit.failure import Failure, FieldViolation, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from google.protobuf.message import Message

T = TypeVar("T")
_BINDING_BYTES = 8
_ROWS_AT_ONCE = 1_000


class PageTokenInvalid(Failure):
    """The token is damaged or of another list."""

    kind = Kind.INVALID
    reason = "PAGE_TOKEN_INVALID"

    def __init__(self) -> None:
        super().__init__(
            "The page token does not belong to this list.",
            fields=(FieldViolation("page_token", "must be the next_page_token of the same list"),),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """How many rows, and after which sort key; None for the first page. Fetch `size` + 1 to see whether more follow."""

    size: int
    after: tuple[str, ...] | None
    binding: bytes

    def key(self, parts: int) -> tuple[str, ...] | None:
        """`after`, of so many parts, none of which the database would choke on. Raises PageTokenInvalid.

        Tokens are not signed: whoever makes one up gets a refusal, not a fault.
        """
        if self.after is not None and (len(self.after) != parts or any("\0" in part for part in self.after)):
            raise PageTokenInvalid
        return self.after

    def next_token(self, *key: str) -> str:
        """The token of the page after the row with this sort key."""
        return base64.urlsafe_b64encode(self.binding + json.dumps(key).encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A page; `next_page_token` is empty on the last one."""

    items: Sequence[T]
    next_page_token: str


def cut(rows: Sequence[T], page: Page, *, key: Callable[[T], tuple[object, ...]]) -> Listed[T]:
    """The page out of `rows`, which are one more than it holds if another page follows.

    `key` is a row's sort key, of parts whose `str` leads back to them.
    """
    items = rows[: page.size]
    follows = len(rows) > page.size
    return Listed(items, page.next_token(*(str(part) for part in key(items[-1]))) if follows else "")


def row_after(page: Page) -> UUID | None:
    """The id of the last row of the page before, in lists sorted by it; None on the first. Raises PageTokenInvalid."""
    key = page.key(1)
    return None if key is None else as_id(key[0])


def day_and_row_after(page: Page) -> tuple[date, UUID] | None:
    """As `row_after`, in lists sorted by a day and the id. Raises PageTokenInvalid."""
    key = page.key(2)
    if key is None:
        return None
    try:
        return date.fromisoformat(key[0]), as_id(key[1])
    except ValueError as error:
        raise PageTokenInvalid from error


def as_id(text: str) -> UUID:
    """A part of a key that is an id. Raises PageTokenInvalid."""
    try:
        return UUID(text)
    except ValueError as error:
        raise PageTokenInvalid from error


def page(request: Message, *, default: int = 50, maximum: int = 500) -> Page:
    """Reads `page_size` (0: `default`; above `maximum`: `maximum`) and `page_token`. Raises PageTokenInvalid.

    A negative size is refused by the contract's validation before.
    """
    size: int = request.page_size  # type: ignore[attr-defined] # every list request has both, a contract test sees to it
    token: str = request.page_token  # type: ignore[attr-defined]
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("page_size")
    bare.ClearField("page_token")
    name = request.DESCRIPTOR.full_name.encode()
    binding = hashlib.sha256(name + b"\0" + bare.SerializeToString(deterministic=True)).digest()[:_BINDING_BYTES]
    return Page(min(size or default, maximum), _after(token, binding), binding)


def _after(token: str, binding: bytes) -> tuple[str, ...] | None:
    if not token:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        key = json.loads(raw[_BINDING_BYTES:])
    except (binascii.Error, ValueError) as error:
        raise PageTokenInvalid from error
    if raw[:_BINDING_BYTES] != binding or not isinstance(key, list) or not all(isinstance(part, str) for part in key):
        raise PageTokenInvalid
    return tuple(key)


def every(read: Callable[[T | None, int], Sequence[T]]) -> Iterator[T]:
    """All rows, a thousand of them here at a time. `read` gets so many rows after one, the first ones after None."""
    last = None
    while True:
        rows = read(last, _ROWS_AT_ONCE)
        yield from rows
        if len(rows) < _ROWS_AT_ONCE:
            return
        last = rows[-1]
