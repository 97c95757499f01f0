"""Pages whose sort key is an id."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from services.kit.paging import PageTokenInvalid

if TYPE_CHECKING:
    from services.kit.paging import Page


def row_after(page: Page) -> UUID | None:
    """The id of the last row of the page before, None on the first page. Raises PageTokenInvalid."""
    if page.after is None:
        return None
    try:
        (text,) = page.after
        return UUID(text)
    except ValueError as error:
        raise PageTokenInvalid from error
