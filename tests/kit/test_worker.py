"""How long a job that failed waits, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import procrastinate.jobs
import pytest

from services.kit.failure import Failure, Kind
from services.kit.worker import _Backoff


class _Away(Failure):
    kind = Kind.UNAVAILABLE
    reason = "PEER_UNAVAILABLE"

    def __init__(self, seconds: int) -> None:
        super().__init__("Away.", retry_after=timedelta(seconds=seconds))


def _wait(attempts: int, error: Exception) -> timedelta | None:
    job = procrastinate.jobs.Job(
        id=1, queue="q", lock=None, queueing_lock=None, task_name="t", task_kwargs={}, attempts=attempts
    )
    decision = _Backoff().get_retry_decision(exception=error, job=job)
    if decision is None:
        return None
    assert decision.retry_at is not None
    return decision.retry_at - datetime.now(UTC)


@pytest.mark.parametrize(
    ("attempts", "error", "seconds"),
    [
        (0, ValueError(), 1),
        (3, ValueError(), 8),
        (50, ValueError(), 600),
        # As long as the failure says, if that is longer; no shorter.
        (0, _Away(30), 30),
        (3, _Away(1), 8),
        (50, _Away(1), 600),
        (50, _Away(3600), 3600),
    ],
)
def test_waits_grow(attempts: int, error: Exception, seconds: int) -> None:
    wait = _wait(attempts, error)
    assert wait is not None
    assert round(wait / timedelta(seconds=1)) == seconds


def test_a_peer_may_be_away_for_a_night() -> None:
    waits = [_wait(attempts, _Away(1)) for attempts in range(60)]
    assert sum((wait for wait in waits if wait is not None), timedelta()) > timedelta(hours=8)
    assert _wait(60, _Away(1)) is None
