"""Bills that come again and again."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import (
    bill_event_pb2,
    bill_event_service_pb2,
    bill_pb2,
    bill_schedule_pb2,
    bill_service_pb2,
    settings_pb2,
)
from billmesh.billing.v1 import bill_schedule_service_pb2 as pb
from billmesh.billing.v1.bill_event_service_pb2_grpc import BillEventServiceStub
from billmesh.billing.v1.bill_schedule_service_pb2_grpc import BillScheduleServiceStub
from google.type import date_pb2, decimal_pb2

from services.billing.domain.settings import MerchantProfile
from services.billing.usecases import schedules, tasks
from services.kit.errors import PeerUnavailable
from services.kit.ids import to_text
from tests.services.billing.world import at_once, line, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_WEEK = bill_schedule_pb2.SCHEDULE_UNIT_WEEK
_PAUSED = bill_event_pb2.BILL_EVENT_KIND_SCHEDULE_PAUSED
_MONTH = bill_schedule_pb2.SCHEDULE_UNIT_MONTH


def _stub(world: World) -> BillScheduleServiceStub:
    return BillScheduleServiceStub(world.staff(world.merchant))


def _date(day: date) -> date_pb2.Date:
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)


def _in(world: World, days: int) -> date_pb2.Date:
    return _date((world.clock.now() + timedelta(days=days)).date())


def _schedule(world: World, template: bill_pb2.Bill, **fields: Any) -> bill_schedule_pb2.BillSchedule:
    """Weekly from today on, unless said otherwise."""
    values: dict[str, Any] = {"template_bill_id": template.id, "unit": _WEEK, "first_date": _in(world, 0)} | fields
    request = pb.CreateBillScheduleRequest(schedule=bill_schedule_pb2.BillSchedule(**values), request_id=new_id())
    made: bill_schedule_pb2.BillSchedule = _stub(world).CreateBillSchedule(request)
    return made


def _get(world: World, schedule: bill_schedule_pb2.BillSchedule) -> bill_schedule_pb2.BillSchedule:
    found: bill_schedule_pb2.BillSchedule = _stub(world).GetBillSchedule(pb.GetBillScheduleRequest(id=schedule.id))
    return found


def _copies(world: World, template: bill_pb2.Bill) -> list[bill_pb2.Bill]:
    """The oldest first."""
    listed = world.bills.ListBills(bill_service_pb2.ListBillsRequest()).bills
    return [bill for bill in reversed(listed) if bill.id != template.id]


def _run(world: World, *, twice: bool = True) -> None:
    for _ in range(1 + twice):
        world.work(tasks.RUN_SCHEDULE)


def _later(world: World, days: int) -> World:
    """The same world after so many days, with new tokens."""
    world.clock.advance(timedelta(days=days))
    return replace(world)


def test_a_copy_is_made_on_each_day_and_once(world: World) -> None:
    template = world.draft(line(rupees(250)), note="Rent")
    schedule = _schedule(world, template)
    assert (schedule.interval, schedule.next_date) == (1, _in(world, 0))
    _run(world)
    (copy,) = _copies(world, template)
    assert (copy.state, copy.note, copy.totals.total) == (bill_pb2.BILL_STATE_DRAFT, "Rent", rupees(295))
    after = _get(world, schedule)
    assert (after.last_bill_id, after.next_date) == (copy.id, _in(world, 7))
    request = bill_event_service_pb2.ListBillEventsRequest(bill_id=copy.id)
    (created,) = BillEventServiceStub(world.staff(world.merchant)).ListBillEvents(request).events
    assert (created.reference_id, created.actor_id) == (schedule.id, "")
    world = _later(world, 6)
    _run(world)
    assert len(_copies(world, template)) == 1
    world = _later(world, 1)
    at_once(4, lambda _: _run(world, twice=False))
    assert len(_copies(world, template)) == 2


def test_days_that_were_slept_through_are_made_up_for(world: World) -> None:
    template = world.draft()
    _schedule(world, template)
    world = _later(world, 21)
    for _ in range(5):
        _run(world)
    assert len(_copies(world, template)) == 4


def test_copies_are_issued_at_once_if_wanted(world: World) -> None:
    template = world.bill()
    _schedule(world, template, auto_issue=True)
    _run(world)
    world.work(tasks.ISSUE_COPY)
    world.work(tasks.ISSUE_COPY)
    (copy,) = _copies(world, template)
    assert copy.state == bill_pb2.BILL_STATE_ISSUED
    assert copy.number[-6:] == "000002"
    assert world.trial_balance()["RECEIVABLE"] == 23_600


def test_without_stock_a_copy_stays_a_draft(world: World) -> None:
    quantity = decimal_pb2.Decimal(value="2")
    item = bill_pb2.BillLine(item_id=world.shelve(left="3"), quantity=quantity)
    template = world.bill(item, store_id=to_text("sto", uuid.UUID(int=7)))
    _schedule(world, template, auto_issue=True)
    _run(world)
    world.inventory.away = True
    with pytest.raises(PeerUnavailable):
        world.work(tasks.ISSUE_COPY)
    world.inventory.away = False
    world.work(tasks.RELEASE_STOCK)
    world.work(tasks.ISSUE_COPY)
    assert [copy.state for copy in _copies(world, template)] == [bill_pb2.BILL_STATE_DRAFT]


def test_a_schedule_ends_after_its_last_day(world: World) -> None:
    template = world.draft()
    schedule = _schedule(world, template, end_date=_in(world, 7))
    world = _later(world, 7)
    for _ in range(3):
        _run(world)
    assert len(_copies(world, template)) == 2
    ended = _get(world, schedule)
    assert ended.state == bill_schedule_pb2.SCHEDULE_STATE_ENDED
    assert not ended.HasField("next_date")
    resume = pb.ResumeBillScheduleRequest(id=schedule.id, request_id=new_id())
    assert refused(lambda: _stub(world).ResumeBillSchedule(resume)).reason == "SCHEDULE_ENDED"
    pause = pb.PauseBillScheduleRequest(id=schedule.id, request_id=new_id())
    assert refused(lambda: _stub(world).PauseBillSchedule(pause)).reason == "SCHEDULE_ENDED"


def test_days_of_a_pause_are_left_out(world: World) -> None:
    template = world.draft()
    schedule = _schedule(world, template)
    _run(world)
    pause = pb.PauseBillScheduleRequest(id=schedule.id, request_id=new_id())
    paused = _stub(world).PauseBillSchedule(pause)
    assert paused.state == bill_schedule_pb2.SCHEDULE_STATE_PAUSED
    assert _stub(world).PauseBillSchedule(pause) == paused
    world = _later(world, 15)
    _run(world)
    assert len(_copies(world, template)) == 1
    resume = pb.ResumeBillScheduleRequest(id=schedule.id, request_id=new_id())
    resumed = _stub(world).ResumeBillSchedule(resume)
    assert (resumed.state, resumed.next_date) == (bill_schedule_pb2.SCHEDULE_STATE_ACTIVE, _in(world, 6))
    assert _stub(world).ResumeBillSchedule(resume) == resumed
    world = _later(world, 6)
    _run(world)
    assert len(_copies(world, template)) == 2


def test_a_copy_that_cannot_be_made_pauses_and_says_why(world: World) -> None:
    austin = MerchantProfile(display_name="Lone Star", country_code="US", time_zone="America/Chicago", address="")
    world.merchants.profiles[world.merchant] = austin
    code = settings_pb2.TaxCode(code="TX", display_name="Texas", rate=decimal_pb2.Decimal(value="8.25"))
    world.configure(custom_tax_codes=[code])
    dollars = rupees(10)
    dollars.currency_code = "USD"
    template = world.draft(line(dollars, tax_code="TX"))
    schedule = _schedule(world, template, first_date=_in(world, 1))
    other = settings_pb2.TaxCode(code="NY", display_name="New York", rate=decimal_pb2.Decimal(value="8.875"))
    world.configure(custom_tax_codes=[other])
    world = _later(world, 2)
    _run(world)
    stuck = _get(world, schedule)
    assert (stuck.state, stuck.pause_reason) == (bill_schedule_pb2.SCHEDULE_STATE_PAUSED, "TAX_CODE_UNKNOWN")
    told = [(event.reference_id, event.text) for event in _events(world, template) if event.kind == _PAUSED]
    assert told == [(schedule.id, "TAX_CODE_UNKNOWN")]
    assert _copies(world, template) == []
    world.configure(custom_tax_codes=[other, code])
    request = pb.ResumeBillScheduleRequest(id=schedule.id, request_id=new_id())
    resumed = _stub(world).ResumeBillSchedule(request)
    assert (resumed.state, resumed.pause_reason) == (bill_schedule_pb2.SCHEDULE_STATE_ACTIVE, "")


def _events(world: World, template: bill_pb2.Bill) -> list[Any]:
    request = bill_event_service_pb2.ListBillEventsRequest(bill_id=template.id)
    return list(BillEventServiceStub(world.staff(world.merchant)).ListBillEvents(request).events)


def _give_up(world: World) -> int:
    """What the worker does with a job that failed for the last time."""
    with world.superuser.cursor() as cursor:
        cursor.execute(
            # The queue's triggers name things without their schema.
            "SET search_path = billing; UPDATE procrastinate_jobs SET status = 'failed', attempts = 60"
            " WHERE task_name = %s AND status = 'todo' AND args->>'merchant_id' = %s",
            (tasks.RUN_SCHEDULE, str(world.merchant)),
        )
        return cursor.rowcount


def test_one_whose_job_was_given_up_pauses_and_says_so(world: World) -> None:
    template = world.draft(line(rupees(10)))
    schedule, other = _schedule(world, template, first_date=_in(world, 1)), _schedule(world, template)
    schedules.pause_given_up(world.deps)
    assert _get(world, schedule).state == bill_schedule_pb2.SCHEDULE_STATE_ACTIVE
    assert _give_up(world) == 2
    _stub(world).DeleteBillSchedule(pb.DeleteBillScheduleRequest(id=other.id))
    world = _later(world, 2)
    for _ in range(2):
        schedules.pause_given_up(world.deps)
    stuck = _get(world, schedule)
    assert (stuck.state, stuck.pause_reason) == (bill_schedule_pb2.SCHEDULE_STATE_PAUSED, "INTERNAL")
    told = [(event.reference_id, event.text) for event in _events(world, template) if event.kind == _PAUSED]
    assert told == [(schedule.id, "INTERNAL")]
    resumed = _stub(world).ResumeBillSchedule(pb.ResumeBillScheduleRequest(id=schedule.id, request_id=new_id()))
    assert (resumed.state, resumed.pause_reason) == (bill_schedule_pb2.SCHEDULE_STATE_ACTIVE, "")
    # The new job is as good as any.
    schedules.pause_given_up(world.deps)
    assert _get(world, schedule) == resumed
    world = _later(world, 7)
    _run(world)
    assert len(_copies(world, template)) == 1


def test_one_that_waits_again_after_a_failure_goes_on(world: World) -> None:
    template = world.draft(line(rupees(10)))
    schedule = _schedule(world, template)
    assert _give_up(world) == 1
    schedules.pause_given_up(world.deps)
    _stub(world).ResumeBillSchedule(pb.ResumeBillScheduleRequest(id=schedule.id, request_id=new_id()))
    # Same day, same occurrence: a job that failed and one that waits.
    schedules.pause_given_up(world.deps)
    assert _get(world, schedule).state == bill_schedule_pb2.SCHEDULE_STATE_ACTIVE
    _run(world)
    assert len(_copies(world, template)) == 1


def test_a_day_begins_at_the_merchants_midnight(world: World) -> None:
    template = world.draft()
    _schedule(world, template, unit=_MONTH, first_date=_date(date(2030, 1, 31)))
    ((at,),) = world.query(
        "SELECT scheduled_at FROM billing.procrastinate_jobs WHERE task_name = %s AND args->>'merchant_id' = %s",
        tasks.RUN_SCHEDULE,
        str(world.merchant),
    )
    # India is five and a half hours ahead.
    assert at.astimezone(UTC) == datetime(2030, 1, 30, 18, 30, tzinfo=UTC)


def test_the_same_request_makes_one_schedule(world: World) -> None:
    template, request_id = world.draft(), new_id()
    schedule = bill_schedule_pb2.BillSchedule(template_bill_id=template.id, unit=_WEEK, first_date=_in(world, 0))
    request = pb.CreateBillScheduleRequest(schedule=schedule, request_id=request_id)
    assert _stub(world).CreateBillSchedule(request) == _stub(world).CreateBillSchedule(request)
    assert len(_stub(world).ListBillSchedules(pb.ListBillSchedulesRequest()).schedules) == 1


def test_a_template_stays_while_it_is_needed(world: World) -> None:
    template = world.draft()
    schedule = _schedule(world, template, first_date=_in(world, 1))
    delete = bill_service_pb2.DeleteBillRequest(id=template.id)
    assert refused(lambda: world.bills.DeleteBill(delete)).reason == "BILL_SCHEDULED"
    _stub(world).DeleteBillSchedule(pb.DeleteBillScheduleRequest(id=schedule.id))
    world.bills.DeleteBill(delete)
    assert refused(lambda: _get(world, schedule)).reason == "SCHEDULE_NOT_FOUND"
    _run(_later(world, 1))
    assert world.query("SELECT 1 FROM billing.bills WHERE merchant_id = %s", str(world.merchant)) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"unit": 0}, "schedule.unit"),
        ({"unit": 9}, "schedule.unit"),
        ({"interval": 13}, "schedule.interval"),
        ({"first_date": date_pb2.Date(year=2020, month=1, day=1)}, "schedule.first_date"),
        ({"first_date": date_pb2.Date(year=2026, month=2, day=30)}, "schedule.first_date"),
        ({"first_date": date_pb2.Date(year=9999, month=1, day=1)}, "schedule.first_date"),
        ({"end_date": date_pb2.Date(year=2020, month=1, day=1)}, "schedule.end_date"),
        ({"template_bill_id": "bill_1"}, "schedule.template_bill_id"),
    ],
)
def test_broken_schedules_are_named(world: World, fields: dict[str, Any], field: str) -> None:
    template = world.draft()
    answer = refused(lambda: _schedule(world, template, **fields))
    assert (answer.code, answer.fields) == (grpc.StatusCode.INVALID_ARGUMENT, (field,))


def test_pages_and_other_merchants(world: World) -> None:
    template = world.draft()
    made = {_schedule(world, template).id for _ in range(3)}
    first = _stub(world).ListBillSchedules(pb.ListBillSchedulesRequest(page_size=2))
    token = first.next_page_token
    rest = _stub(world).ListBillSchedules(pb.ListBillSchedulesRequest(page_size=2, page_token=token))
    assert {schedule.id for schedule in (*first.schedules, *rest.schedules)} == made
    assert (len(first.schedules), rest.next_page_token) == (2, "")
    neighbour = world.neighbour()
    assert list(_stub(neighbour).ListBillSchedules(pb.ListBillSchedulesRequest()).schedules) == []
    assert refused(lambda: _get(neighbour, first.schedules[0])).reason == "SCHEDULE_NOT_FOUND"
    assert refused(lambda: _schedule(neighbour, template)).reason == "BILL_NOT_FOUND"
    delete = pb.DeleteBillScheduleRequest(id=first.schedules[0].id)
    assert refused(lambda: _stub(neighbour).DeleteBillSchedule(delete)).reason == "SCHEDULE_NOT_FOUND"
    for refuse in (
        lambda: _stub(neighbour).PauseBillSchedule(pb.PauseBillScheduleRequest(id=delete.id, request_id=new_id())),
        lambda: _stub(neighbour).ResumeBillSchedule(pb.ResumeBillScheduleRequest(id=delete.id, request_id=new_id())),
    ):
        assert refused(refuse).reason == "SCHEDULE_NOT_FOUND"
