"""Bill numbers: series, financial years, and how they read on paper.

Indian GST asks for at most 16 characters out of letters, digits, "-" and "/", unique within a financial year; that form
serves everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.billing.domain.errors import NumberSeriesFull

if TYPE_CHECKING:
    from datetime import date

_LAST = 999_999
# One digit less, so that a longer prefix fits into 16 characters, and no credit note reads like a bill.
_LAST_CREDIT_NOTE = 99_999


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers run from 1 without a gap within one of these."""

    prefix: str
    # "25-26", or "2026" where the financial year is the calendar's.
    financial_year: str


def financial_year(on: date, *, start_month: int) -> str:
    """The financial year that `on` falls in; `start_month` is 1 to 12."""
    if start_month == 1:
        return str(on.year)
    first = on.year if on.month >= start_month else on.year - 1
    return f"{first % 100:02}-{(first + 1) % 100:02}"


def format_number(series: Series, sequence: int) -> str:
    """The number on paper, at most 16 characters: "BLR/25-26/000042". Raises NumberSeriesFull after 999,999."""
    if sequence > _LAST:
        raise NumberSeriesFull(series.prefix, series.financial_year)
    return f"{series.prefix}/{series.financial_year}/{sequence:06}"


def credit_note_series(series: Series) -> Series:
    """The series of the credit notes on the bills of a series."""
    return Series(f"{series.prefix}C", series.financial_year)


def format_credit_note_number(series: Series, sequence: int) -> str:
    """The number on paper, at most 16 characters: "BLRC/25-26/00042". Raises NumberSeriesFull after 99,999."""
    if sequence > _LAST_CREDIT_NOTE:
        raise NumberSeriesFull(series.prefix, series.financial_year)
    return f"{series.prefix}/{series.financial_year}/{sequence:05}"
