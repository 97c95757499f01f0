"""Kept answers to requests, whosever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit.sql import run

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_DELETE = """
DELETE FROM idempotency WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM idempotency WHERE create_time < %(before)s LIMIT %(most)s FOR UPDATE SKIP LOCKED))
"""


def delete_answers(tx: Connection, *, before: datetime, most: int) -> int:  # no tenant: all of them
    """Removes up to `most` answers from before that moment; how many."""
    return run(tx, _DELETE, {"before": before, "most": most}).rowcount
