"""Remembered answers to requests; the kit writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit.sql import run

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_FORGET = """
DELETE FROM idempotency WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM idempotency WHERE create_time < %(before)s LIMIT %(limit)s
))
"""


def forget_answers(tx: Connection, *, before: datetime, limit: int) -> int:  # no tenant: a chore over all
    """Erases at most `limit` answers older than `before`; returns how many."""
    return run(tx, _FORGET, {"before": before, "limit": limit}).rowcount
