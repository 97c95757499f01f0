"""On which days bills come again."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain.schedule import ScheduleTerms, ScheduleUnit
from tests.services.billing.domain import makers


def _terms(unit: ScheduleUnit, first: date, interval: int = 1, end: date | None = None) -> ScheduleTerms:
    return ScheduleTerms(
        template_id=makers.BILL_ID, unit=unit, interval=interval, first=first, end=end, auto_issue=False
    )


@pytest.mark.parametrize(
    ("unit", "interval", "first", "expected"),
    [
        (ScheduleUnit.WEEK, 1, "2026-12-28", ["2026-12-28", "2027-01-04", "2027-01-11"]),
        (ScheduleUnit.WEEK, 2, "2026-03-22", ["2026-03-22", "2026-04-05", "2026-04-19"]),
        (ScheduleUnit.MONTH, 1, "2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        (ScheduleUnit.MONTH, 1, "2028-01-30", ["2028-01-30", "2028-02-29", "2028-03-30"]),
        (ScheduleUnit.MONTH, 3, "2026-11-30", ["2026-11-30", "2027-02-28", "2027-05-30"]),
        (ScheduleUnit.MONTH, 12, "2026-12-31", ["2026-12-31", "2027-12-31"]),
        (ScheduleUnit.YEAR, 1, "2028-02-29", ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
    ],
)
def test_days(unit: ScheduleUnit, interval: int, first: str, expected: list[str]) -> None:
    terms = _terms(unit, date.fromisoformat(first), interval)
    assert [terms.day(number).isoformat() for number in range(len(expected))] == expected


@given(
    unit=st.sampled_from(ScheduleUnit),
    interval=st.integers(1, 12),
    first=st.dates(date(2020, 1, 1), date(2100, 1, 1)),
    number=st.integers(0, 200),
)
def test_each_is_after_the_one_before(unit: ScheduleUnit, interval: int, first: date, number: int) -> None:
    terms = _terms(unit, first, interval)
    assert terms.day(number) < terms.day(number + 1)
    assert terms.first_from(0, terms.day(number)) == number


def test_the_first_that_is_not_over() -> None:
    terms = _terms(ScheduleUnit.MONTH, date(2026, 1, 31))
    assert terms.first_from(0, date(2026, 2, 28)) == 1
    assert terms.first_from(0, date(2026, 3, 1)) == 2
    assert terms.first_from(4, date(2026, 1, 1)) == 4


def test_the_end_is_the_last_day() -> None:
    terms = _terms(ScheduleUnit.MONTH, date(2026, 1, 31), end=date(2026, 2, 28))
    assert [terms.is_over(number) for number in range(3)] == [False, False, True]
    assert not _terms(ScheduleUnit.YEAR, date(2026, 1, 1)).is_over(50)
