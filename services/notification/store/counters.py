"""Counts of messages in windows of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit.sql import run

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.notification.domain.limits import Window

# One statement, so that no number of parallel senders gets past the limit: a full window updates no row.
_COUNT = """
INSERT INTO counters AS present (counter, key, window_start, count) VALUES (%s, %s, %s, 1)
ON CONFLICT (counter, key, window_start) DO UPDATE SET count = present.count + 1 WHERE present.count < %s
"""


def count(tx: Connection, key: bytes, window: Window) -> bool:  # no tenant: a phone's count spans merchants
    """Counts one more; False, and nothing counted, if the window is full. Holds the row until the transaction ends."""
    if window.limit < 1:
        return False
    return run(tx, _COUNT, (window.counter.value, key, window.start, window.limit)).rowcount == 1


def forget_counts(tx: Connection, *, before: datetime) -> None:  # no tenant: the chore clears windows that have passed
    """Deletes windows that began before `before`."""
    run(tx, "DELETE FROM counters WHERE window_start < %s", (before,))
