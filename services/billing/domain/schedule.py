"""Bills that come again and again: on which days."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from services.billing.domain.ids import BillId, ScheduleId

_MONTHS_A_YEAR = 12


class ScheduleUnit(StrEnum):
    """What lies between two copies."""

    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


class ScheduleState(StrEnum):
    """Whether copies are made."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTerms:
    """What a merchant writes. `interval` is 1 to 12; `end` is the last day on which a copy may be made."""

    template_id: BillId
    unit: ScheduleUnit
    interval: int
    first: date
    end: date | None
    auto_issue: bool

    def day(self, occurrence: int) -> date:
        """The day of a copy, counted from 0. Always reckoned from the first, so that a short month shifts nothing."""
        steps = occurrence * self.interval
        if self.unit is ScheduleUnit.WEEK:
            return self.first + timedelta(weeks=steps)
        months = steps * (_MONTHS_A_YEAR if self.unit is ScheduleUnit.YEAR else 1)
        years, month = divmod(self.first.month - 1 + months, _MONTHS_A_YEAR)
        year = self.first.year + years
        return date(year, month + 1, min(self.first.day, calendar.monthrange(year, month + 1)[1]))

    def first_from(self, occurrence: int, today: date) -> int:
        """The first copy, from `occurrence` on, whose day is not over."""
        return next(number for number in count(occurrence) if self.day(number) >= today)

    def is_over(self, occurrence: int) -> bool:
        """Whether the copy would come after the end."""
        return self.end is not None and self.day(occurrence) > self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class BillSchedule:
    """A schedule as it is stored."""

    id: ScheduleId
    terms: ScheduleTerms
    state: ScheduleState
    # The copy that is made next.
    occurrence: int
    last_bill_id: BillId | None
    # A reason of errors.proto; empty unless it paused by itself.
    pause_reason: str
    create_time: datetime
