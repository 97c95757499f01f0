"""Schedules of bills that come again: a job at each of their days makes one copy."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.billing.domain.audit import Action
from services.billing.domain.bill_event import EventKind
from services.billing.domain.drafting import input_of
from services.billing.domain.errors import BillLocked, BillNotFound
from services.billing.domain.ids import BillId, ScheduleId
from services.billing.domain.schedule import BillSchedule, ScheduleState, ScheduleTerms
from services.billing.domain.schedule_errors import ScheduleEnded, ScheduleNotFound
from services.billing.store import schedules as store
from services.billing.store.bills import load_bill, lock_bill
from services.billing.usecases import bill_events, bills, issuing, tasks
from services.billing.usecases import settings as settings_usecases
from services.kit import audit
from services.kit.failure import Failure, InvalidRequest, Kind
from services.kit.ids import to_text
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from services.billing.domain.bill import Bill
    from services.billing.domain.ids import MerchantId
    from services.billing.domain.settings import MerchantSettings
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page

_LOG = logging.getLogger(__name__)
# What a repeat cannot change.
_FINAL = frozenset((Kind.INVALID, Kind.NOT_FOUND, Kind.PRECONDITION, Kind.DENIED))
# Of a schedule whose job failed until it was given up.
_FAILED = "INTERNAL"


def get(deps: Deps, merchant_id: MerchantId, schedule_id: ScheduleId) -> BillSchedule:
    """A schedule. Raises ScheduleNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        return _found(store.load_schedule(tx, merchant_id, schedule_id))


def list_page(deps: Deps, merchant_id: MerchantId, *, page: Page) -> Listed[BillSchedule]:
    """A page, the newest first."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_schedules(tx, merchant_id, before=row_after(page), limit=page.size + 1)
    return cut(rows, page, key=lambda schedule: (schedule.id,))


def create(deps: Deps, merchant_id: MerchantId, *, terms: ScheduleTerms, once: Once[BillSchedule, M]) -> M:
    """Makes a schedule. Raises BillNotFound, InvalidRequest."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        # Held, so that nobody deletes it meanwhile.
        if lock_bill(tx, merchant_id, terms.template_id, deps.vault) is None:
            raise BillNotFound
        settings = settings_usecases.settings_of(tx, merchant_id)
        if terms.first < settings.business_day(deps.clock.now()):
            raise InvalidRequest.of("schedule.first_date", "must not be over")
        if terms.is_over(0):
            raise InvalidRequest.of("schedule.end_date", "must not be before first_date")
        schedule = BillSchedule(
            id=ScheduleId(deps.ids.new()),
            terms=terms,
            state=ScheduleState.ACTIVE,
            occurrence=0,
            last_bill_id=None,
            pause_reason="",
            create_time=deps.clock.now(),
        )
        store.insert_schedule(tx, merchant_id, schedule)
        _await(tx, merchant_id, schedule, settings)
        return once.record(tx, schedule)


def delete(deps: Deps, merchant_id: MerchantId, schedule_id: ScheduleId) -> None:
    """Removes a schedule. Raises ScheduleNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        if not store.delete_schedule(tx, merchant_id, schedule_id):
            raise ScheduleNotFound
        audit.note(tx, deps, Action.SCHEDULE_DELETED, merchant=merchant_id, target=to_text("sch", schedule_id))


def pause(deps: Deps, merchant_id: MerchantId, schedule_id: ScheduleId, *, once: Once[BillSchedule, M]) -> M:
    """Makes no copies until it is resumed. Raises ScheduleNotFound, ScheduleEnded."""

    def paused(tx: Connection, schedule: BillSchedule) -> BillSchedule:
        schedule = replace(schedule, state=ScheduleState.PAUSED)
        store.update_schedule(tx, merchant_id, schedule)
        return schedule

    return _change(deps, merchant_id, schedule_id, change=paused, once=once)


def resume(deps: Deps, merchant_id: MerchantId, schedule_id: ScheduleId, *, once: Once[BillSchedule, M]) -> M:
    """Goes on with the first day that is not over. Raises ScheduleNotFound, ScheduleEnded."""

    def resumed(tx: Connection, schedule: BillSchedule) -> BillSchedule:
        if schedule.state is ScheduleState.PAUSED:
            settings = settings_usecases.settings_of(tx, merchant_id)
            today = settings.business_day(deps.clock.now())
            occurrence = schedule.terms.first_from(schedule.occurrence, today)
            schedule = _moved(replace(schedule, state=ScheduleState.ACTIVE, pause_reason=""), occurrence)
            store.update_schedule(tx, merchant_id, schedule)
            _await(tx, merchant_id, schedule, settings)
        return schedule

    return _change(deps, merchant_id, schedule_id, change=resumed, once=once)


def run(deps: Deps, merchant_id: MerchantId, schedule_id: ScheduleId, occurrence: int) -> None:
    """Makes one copy of the template, if it is this one's turn and day. Idempotent."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        schedule = store.lock_schedule(tx, merchant_id, schedule_id)
        if schedule is None or schedule.state is not ScheduleState.ACTIVE or schedule.occurrence != occurrence:
            return
        settings = settings_usecases.settings_of(tx, merchant_id)
        if schedule.terms.day(occurrence) > settings.business_day(deps.clock.now()):
            _await(tx, merchant_id, schedule, settings)
            return
        try:
            with tx.begin_nested():
                copy = _copy(tx, deps, merchant_id, schedule)
        except Failure as failure:
            if failure.kind not in _FINAL:
                raise
            _pause(tx, deps, merchant_id, schedule, reason=failure.reason)
            return
        schedule = _moved(replace(schedule, last_bill_id=copy.id), occurrence + 1)
        store.update_schedule(tx, merchant_id, schedule)
        _await(tx, merchant_id, schedule, settings)
        if schedule.terms.auto_issue:
            tasks.issue_copy(tx, merchant_id, copy.id)


def pause_given_up(deps: Deps) -> None:
    """Pauses the schedules whose job was given up after its last try: they would wait for ever, and nobody knew."""
    with deps.db.transaction() as tx:
        given_up = store.find_given_up(tx, tasks.RUN_SCHEDULE)
    for merchant_id, schedule_id, occurrence in given_up:
        with deps.db.transaction(merchant=merchant_id) as tx:
            schedule = store.lock_schedule(tx, merchant_id, schedule_id)
            if schedule is None or schedule.state is not ScheduleState.ACTIVE or schedule.occurrence != occurrence:
                continue
            _pause(tx, deps, merchant_id, schedule, reason=_FAILED)
            _LOG.error("a schedule's job was given up", extra={"schedule": to_text("sch", schedule_id)})


def issue_copy(deps: Deps, merchant_id: MerchantId, bill_id: BillId) -> None:
    """Issues a copy; what refuses it for good leaves it a draft. Idempotent. Raises PeerUnavailable."""
    # The job's own repeats are one request.
    once = cast("Once[Bill, Any]", _Unrecorded(uuid5(bill_id, "issue")))
    try:
        issuing.issue(deps, merchant_id, bill_id, etag="", by=None, once=once)
    except BillLocked:
        return
    except Failure as failure:
        if failure.kind not in _FINAL:
            raise
        _LOG.warning("a scheduled bill stays a draft", extra={"why": failure.reason})


class _Unrecorded:
    """Stands in for a request's claim where the effect itself says whether it happened."""

    def __init__(self, request_id: UUID) -> None:
        self.request_id = request_id

    def replay(self, _: Connection) -> None:
        """Nothing was answered before."""

    def peek(self, _: Connection) -> None:
        """As `replay`."""

    def record(self, _: Connection, value: Bill) -> Bill:
        """Keeps nothing."""
        return value


def _change(
    deps: Deps,
    merchant_id: MerchantId,
    schedule_id: ScheduleId,
    *,
    change: Callable[[Connection, BillSchedule], BillSchedule],
    once: Once[BillSchedule, M],
) -> M:
    """Changes a schedule that has not ended. Raises ScheduleNotFound, ScheduleEnded."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        schedule = _found(store.lock_schedule(tx, merchant_id, schedule_id))
        answer = once.replay(tx)
        if answer is not None:
            return answer
        if schedule.state is ScheduleState.ENDED:
            raise ScheduleEnded
        return once.record(tx, change(tx, schedule))


def _pause(tx: Connection, deps: Deps, merchant_id: MerchantId, schedule: BillSchedule, *, reason: str) -> None:
    """Pauses a locked schedule by itself, and says so where its template's events are read."""
    store.update_schedule(tx, merchant_id, replace(schedule, state=ScheduleState.PAUSED, pause_reason=reason))
    reference = to_text("sch", schedule.id)
    template = schedule.terms.template_id
    bill_events.note(tx, deps, merchant_id, template, EventKind.SCHEDULE_PAUSED, reference=reference, text=reason)


def _copy(tx: Connection, deps: Deps, merchant_id: MerchantId, schedule: BillSchedule) -> Bill:
    template = bills.found(load_bill(tx, merchant_id, schedule.terms.template_id, deps.vault))
    draft = replace(input_of(template), due_date=None, instalments=())
    return bills.insert(tx, deps, merchant_id, draft=draft, items={}, reference=to_text("sch", schedule.id))


def _moved(schedule: BillSchedule, occurrence: int) -> BillSchedule:
    over = schedule.terms.is_over(occurrence)
    return replace(schedule, occurrence=occurrence, state=ScheduleState.ENDED if over else schedule.state)


def _await(tx: Connection, merchant_id: MerchantId, schedule: BillSchedule, settings: MerchantSettings) -> None:
    """Leaves a job for the beginning of the next copy's day in the merchant's zone."""
    if schedule.state is ScheduleState.ACTIVE:
        midnight = datetime.combine(
            schedule.terms.day(schedule.occurrence), time(), tzinfo=ZoneInfo(settings.time_zone)
        )
        tasks.run_schedule(tx, merchant_id, schedule.id, schedule.occurrence, at=midnight)


def _found(schedule: BillSchedule | None) -> BillSchedule:
    if schedule is None:
        raise ScheduleNotFound
    return schedule
