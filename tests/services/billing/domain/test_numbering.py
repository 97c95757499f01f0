"""Bill numbers."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain.errors import NumberSeriesFull
from services.billing.domain.numbering import Series, financial_year, format_number


@pytest.mark.parametrize(
    ("day", "start", "year"),
    [
        (date(2026, 3, 31), 4, "25-26"),
        (date(2026, 4, 1), 4, "26-27"),
        (date(1999, 12, 31), 4, "99-00"),
        (date(2026, 1, 1), 1, "2026"),
        (date(2026, 12, 31), 1, "2026"),
        (date(2026, 6, 30), 7, "25-26"),
        (date(2026, 7, 1), 7, "26-27"),
    ],
)
def test_financial_years(day: date, start: int, year: str) -> None:
    assert financial_year(day, start_month=start) == year


@given(
    prefix=st.from_regex(r"[A-Z0-9]{1,3}", fullmatch=True),
    day=st.dates(),
    start=st.integers(1, 12),
    sequence=st.integers(1, 999_999),
)
def test_numbers_fit_the_gst_rule(prefix: str, day: date, start: int, sequence: int) -> None:
    number = format_number(Series(prefix, financial_year(day, start_month=start)), sequence)
    assert re.fullmatch(r"[A-Za-z0-9/-]{1,16}", number)


def test_a_series_ends() -> None:
    series = Series("BLR", "25-26")
    assert format_number(series, 42) == "BLR/25-26/000042"
    with pytest.raises(NumberSeriesFull) as refused:
        format_number(series, 1_000_000)
    assert refused.value.metadata == {"prefix": "BLR", "financial_year": "25-26"}
