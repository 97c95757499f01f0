"""Work that may fail or be slow leaves through here: enqueued in the transaction of the change that asks for it.

Procrastinate keeps the queue in the service's own schema; services.kit.worker runs it. A job runs at least once: after
a crash it runs again, so every task is idempotent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from services.kit.sql import later

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

# The usual queue has the name of the service, which is that of its schema: whoever listens to a queue hears of the jobs
# that come into it in the whole database.
_ENQUEUE = """
SELECT procrastinate_defer_jobs_v1(
    ARRAY[ROW(coalesce(%s, current_schema()), %s, 0, %s, NULL, %s::jsonb, %s)::procrastinate_job_to_defer_v1])
"""


def enqueue(
    tx: Connection,
    task: str,
    arguments: Mapping[str, object],
    *,
    lock: str | None = None,
    at: datetime | None = None,
    queue: str | None = None,
) -> None:
    """Adds a job to the queue if, and only if, `tx` commits.

    `lock`: jobs with the same lock run one after another, in order. `at`: not before this moment. `queue`: one that the
    worker serves besides the usual one, for jobs that must not wait behind others.
    """
    later(tx, _ENQUEUE, (queue, task, lock, json.dumps(arguments), at))
