"""Counting tries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.attempts import LIMITS, NONE, Limit, Purpose

START = datetime(2026, 3, 1, tzinfo=UTC)
LIMIT = Limit(most=3, window=timedelta(minutes=15), in_a_row=7)


def test_waits_when_as_many_as_allowed_are_within_the_window() -> None:
    tried = NONE
    for minute in (0, 1, 2):
        assert tried.wait(LIMIT, START + timedelta(minutes=minute)) is None
        tried = tried.counted(LIMIT, START + timedelta(minutes=minute))
    assert tried.wait(LIMIT, START + timedelta(minutes=2)) == timedelta(minutes=13)
    assert tried.wait(LIMIT, START + timedelta(minutes=15)) is None
    # One more then, and the second one's turn comes a minute later.
    tried = tried.counted(LIMIT, START + timedelta(minutes=15))
    assert tried.wait(LIMIT, START + timedelta(minutes=15)) == timedelta(minutes=1)


def test_locks_after_so_many_in_a_row() -> None:
    tried = NONE
    for hour in range(7):
        assert not tried.locked(LIMIT)
        tried = tried.counted(LIMIT, START + timedelta(hours=hour))
    assert tried.locked(LIMIT)
    assert not tried.locked(Limit(most=3, window=LIMIT.window))


@given(st.lists(st.integers(min_value=0, max_value=120), max_size=40).map(sorted))
def test_never_more_than_allowed_in_any_window(minutes: list[int]) -> None:
    tried, taken = NONE, []
    for minute in minutes:
        now = START + timedelta(minutes=minute)
        if tried.wait(LIMIT, now) is None:
            tried = tried.counted(LIMIT, now)
            taken.append(now)
    for first, last in zip(taken, taken[LIMIT.most :], strict=False):
        assert last - first >= LIMIT.window


def test_codes_are_counted_apart_from_passwords() -> None:
    assert LIMITS[Purpose.TOTP] == Limit(most=5, window=timedelta(minutes=15), in_a_row=100)
    assert len({purpose.value for purpose in Purpose}) == len(LIMITS)
