"""Pages of lists that are sorted by id, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

from services.kit.paging import PageTokenInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from services.kit.paging import Page

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A page; `next_page_token` is empty on the last one."""

    items: Sequence[T]
    next_page_token: str


def position(page: Page) -> UUID | None:
    """The id below which the page begins; None for the first page. Raises PageTokenInvalid."""
    if page.after is None:
        return None
    try:
        (text,) = page.after
        return UUID(text)
    except ValueError as error:
        raise PageTokenInvalid from error


def cut(rows: Sequence[T], page: Page, *, key: Callable[[T], UUID]) -> Listed[T]:
    """The page out of `rows`, which are one more than it holds if another page follows."""
    items = rows[: page.size]
    return Listed(items, page.next_token(str(key(items[-1]))) if len(rows) > page.size else "")
