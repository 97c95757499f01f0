"""Ranges of days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain.reports import Days, days_of
from services.kit.failure import InvalidRequest

_DAY = timedelta(days=1)
_DATES = st.dates(date(2023, 12, 1), date(2026, 3, 31))


@given(_DATES, st.integers(0, 800))
def test_whole_months_and_both_ends_are_the_range(first: date, more: int) -> None:
    days = Days(first, first + more * _DAY)
    start, end = days.whole_months
    every = [first + number * _DAY for number in range(more + 1)]
    inside = [day for day in every if start <= day < end]
    months = {(day.year, day.month) for day in every}
    whole = {(y, m) for y, m in months if {d for d in every if (d.year, d.month) == (y, m)} == set(_days_of(y, m))}
    assert {(day.year, day.month) for day in inside} == whole
    assert [day for day in every if day < start] + inside + [day for day in every if day >= end] == every
    if inside:
        assert start.day == end.day == 1


def _days_of(year: int, month: int) -> list[date]:
    first = date(year, month, 1)
    return [day for day in (first + number * _DAY for number in range(31)) if day.month == month]


def test_a_range_that_is_left_out_is_this_month() -> None:
    assert days_of(None, None, today=date(2026, 3, 10)) == Days(date(2026, 3, 1), date(2026, 3, 10))
    with pytest.raises(InvalidRequest):
        days_of(date(2026, 3, 11), None, today=date(2026, 3, 10))
