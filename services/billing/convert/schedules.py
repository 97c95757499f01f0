"""Schedules between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import bill_schedule_pb2, bill_schedule_service_pb2

from services.billing.convert.money import date_from_proto, date_to_proto, timestamp
from services.billing.domain.ids import BillId
from services.billing.domain.schedule import ScheduleState, ScheduleTerms, ScheduleUnit
from services.kit.failure import InvalidRequest
from services.kit.ids import from_text, to_text

if TYPE_CHECKING:
    from datetime import date

    from services.billing.domain.schedule import BillSchedule
    from services.kit.paging import Listed

_UNITS = {unit: bill_schedule_pb2.ScheduleUnit.Value(f"SCHEDULE_UNIT_{unit.value}") for unit in ScheduleUnit}
_UNITS_BACK = {wire: unit for unit, wire in _UNITS.items()}
_STATES = {state: bill_schedule_pb2.ScheduleState.Value(f"SCHEDULE_STATE_{state.value}") for state in ScheduleState}
# Far enough for anybody, and every reckoning with days stays within the calendar.
_LAST_YEAR = 2200


def terms_from_proto(schedule: bill_schedule_pb2.BillSchedule) -> ScheduleTerms:
    """What a merchant writes. Raises InvalidRequest."""
    end = schedule.end_date
    return ScheduleTerms(
        template_id=BillId(from_text("bill", schedule.template_bill_id)),
        unit=_UNITS_BACK[schedule.unit],
        interval=schedule.interval or 1,
        first=_near(date_from_proto(schedule.first_date, "schedule.first_date"), "schedule.first_date"),
        end=date_from_proto(end, "schedule.end_date") if schedule.HasField("end_date") else None,
        auto_issue=schedule.auto_issue,
    )


def schedule_to_proto(schedule: BillSchedule) -> bill_schedule_pb2.BillSchedule:
    """A schedule."""
    terms = schedule.terms
    ended = schedule.state is ScheduleState.ENDED
    return bill_schedule_pb2.BillSchedule(
        id=to_text("sch", schedule.id),
        template_bill_id=to_text("bill", terms.template_id),
        unit=_UNITS[terms.unit],
        interval=terms.interval,
        first_date=date_to_proto(terms.first),
        end_date=date_to_proto(terms.end),
        auto_issue=terms.auto_issue,
        state=_STATES[schedule.state],
        next_date=None if ended else date_to_proto(terms.day(schedule.occurrence)),
        last_bill_id=to_text("bill", schedule.last_bill_id) if schedule.last_bill_id else "",
        pause_reason=schedule.pause_reason,
        create_time=timestamp(schedule.create_time),
    )


def page_to_proto(listed: Listed[BillSchedule]) -> bill_schedule_service_pb2.ListBillSchedulesResponse:
    """A page of schedules."""
    return bill_schedule_service_pb2.ListBillSchedulesResponse(
        schedules=[schedule_to_proto(schedule) for schedule in listed.items], next_page_token=listed.next_page_token
    )


def _near(day: date, field: str) -> date:
    if day.year > _LAST_YEAR:
        raise InvalidRequest.of(field, f"must be in {_LAST_YEAR} at the latest")
    return day
