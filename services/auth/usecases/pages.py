"""Pages whose sort key is an id."""

from __future__ import annotations

from services.kit.paging import row_after

__all__ = ["row_after"]
