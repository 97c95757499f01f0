"""Recovery codes as they are written and typed, and how long someone without a second factor waits."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.recovery import (
    CODE_BITS,
    MOST_TRIES,
    Channel,
    Recovery,
    new_wait,
    normalised,
    spelled,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BITS = st.integers(min_value=0, max_value=2**CODE_BITS - 1)


@given(BITS, BITS)
def test_eighty_bits_are_sixteen_letters_and_no_two_are_alike(one: int, other: int) -> None:
    code = spelled(one)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", code)
    assert (spelled(other) == code) == (one == other)


@given(BITS)
def test_typing_it_in_other_ways_is_the_same(bits: int) -> None:
    code = spelled(bits)
    typed = (code.lower(), code.replace("-", ""), code.replace("-", " "), code.replace("0", "o").replace("1", "I"))
    assert {normalised(one) for one in typed} == {code.replace("-", "")}


def test_a_recovery_is_open_for_ten_minutes_five_tries_and_one_use() -> None:
    started = Recovery(
        digest=b"d",
        id=uuid4(),
        account_id=None,
        channel=Channel.PHONE,
        tries=MOST_TRIES - 1,
        expire_time=NOW + timedelta(minutes=10),
    )
    assert started.open(NOW + timedelta(minutes=9))
    assert not started.open(NOW + timedelta(minutes=10))
    for ended in ({"tries": MOST_TRIES}, {"use_time": NOW}):
        values = {name: getattr(started, name) for name in Recovery.__slots__} | ended
        assert not Recovery(**values).open(NOW)


@pytest.mark.parametrize(
    ("hours", "over", "stale"),
    [(0, False, False), (71, False, False), (72, True, False), (72 + 167, True, False), (72 + 168, False, True)],
)
def test_three_days_and_then_a_week(hours: int, over: bool, stale: bool) -> None:
    wait = new_wait(NOW)
    then = NOW + timedelta(hours=hours)
    assert (wait.over(then), wait.stale(then)) == (over, stale)
