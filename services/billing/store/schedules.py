"""Schedules of bills that come again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.billing.domain.ids import BillId, MerchantId, ScheduleId
from services.billing.domain.schedule import BillSchedule, ScheduleState, ScheduleTerms, ScheduleUnit
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

_COLUMNS = """
    id, template_bill_id, unit, every, first_date, end_date, auto_issue, state, occurrence, last_bill_id, pause_reason,
    create_time
"""
_INSERT = f"""
INSERT INTO bill_schedules (merchant_id, {_COLUMNS})
VALUES (%(merchant_id)s, %(id)s, %(template_id)s, %(unit)s, %(every)s, %(first)s, %(end)s, %(auto_issue)s, %(state)s,
    %(occurrence)s, %(last_bill_id)s, %(pause_reason)s, %(create_time)s)
"""  # noqa: S608 - constants alone
_LOAD = f"SELECT {_COLUMNS} FROM bill_schedules WHERE merchant_id = %(merchant_id)s AND id = %(id)s"  # noqa: S608
_LIST = f"""
SELECT {_COLUMNS} FROM bill_schedules
WHERE merchant_id = %(merchant_id)s AND (%(before)s::uuid IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608
_UPDATE = """
UPDATE bill_schedules SET state = %(state)s, occurrence = %(occurrence)s, last_bill_id = %(last_bill_id)s,
    pause_reason = %(pause_reason)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s
"""
_DELETE = "DELETE FROM bill_schedules WHERE merchant_id = %(merchant_id)s AND id = %(id)s"
_USES = """
SELECT EXISTS (SELECT 1 FROM bill_schedules WHERE merchant_id = %(merchant_id)s AND template_bill_id = %(bill_id)s)
"""

# The queue is the service's own. A job that is tried again, or was made anew by a resumption, is not given up.
_GIVEN_UP = """
SELECT DISTINCT (args->>'merchant_id')::uuid AS merchant_id, (args->>'schedule_id')::uuid AS schedule_id,
    (args->>'occurrence')::integer AS occurrence
FROM procrastinate_jobs f WHERE task_name = %(task)s AND status = 'failed' AND NOT EXISTS (
    SELECT 1 FROM procrastinate_jobs l
    WHERE l.task_name = f.task_name AND l.status IN ('todo', 'doing') AND l.args = f.args)
"""


def insert_schedule(tx: Connection, merchant_id: MerchantId, schedule: BillSchedule) -> None:
    """Keeps a new schedule."""
    run(tx, _INSERT, _parameters(merchant_id, schedule))


def load_schedule(tx: Connection, merchant_id: MerchantId, schedule_id: ScheduleId) -> BillSchedule | None:
    """One schedule."""
    row = run(tx, _LOAD, {"merchant_id": merchant_id, "id": schedule_id}).one_or_none()
    return None if row is None else _schedule(row)


def lock_schedule(tx: Connection, merchant_id: MerchantId, schedule_id: ScheduleId) -> BillSchedule | None:
    """One schedule, held until `tx` ends."""
    row = run(tx, f"{_LOAD} FOR UPDATE", {"merchant_id": merchant_id, "id": schedule_id}).one_or_none()
    return None if row is None else _schedule(row)


def list_schedules(
    tx: Connection, merchant_id: MerchantId, *, before: UUID | None, limit: int
) -> Sequence[BillSchedule]:
    """Schedules, the newest first, from below the id `before`."""
    rows = run(tx, _LIST, {"merchant_id": merchant_id, "before": before, "limit": limit})
    return [_schedule(row) for row in rows]


def update_schedule(tx: Connection, merchant_id: MerchantId, schedule: BillSchedule) -> None:
    """Keeps how far a locked schedule has come."""
    run(tx, _UPDATE, _parameters(merchant_id, schedule))


def delete_schedule(tx: Connection, merchant_id: MerchantId, schedule_id: ScheduleId) -> bool:
    """Removes a schedule; False if there was none."""
    return run(tx, _DELETE, {"merchant_id": merchant_id, "id": schedule_id}).rowcount == 1


def find_given_up(tx: Connection, task: str) -> Sequence[tuple[MerchantId, ScheduleId, int]]:  # no tenant: all of them
    """Whose copies of which occurrence no job makes any more, since it failed too often."""
    rows = run(tx, _GIVEN_UP, {"task": task})
    return [(MerchantId(row.merchant_id), ScheduleId(row.schedule_id), row.occurrence) for row in rows]


def is_template(tx: Connection, merchant_id: MerchantId, bill_id: BillId) -> bool:
    """Whether a schedule copies the bill."""
    uses: bool = run(tx, _USES, {"merchant_id": merchant_id, "bill_id": bill_id}).scalar_one()
    return uses


def _parameters(merchant_id: MerchantId, schedule: BillSchedule) -> dict[str, Any]:
    terms = schedule.terms
    return {
        "merchant_id": merchant_id,
        "id": schedule.id,
        "template_id": terms.template_id,
        "unit": terms.unit.value,
        "every": terms.interval,
        "first": terms.first,
        "end": terms.end,
        "auto_issue": terms.auto_issue,
        "state": schedule.state.value,
        "occurrence": schedule.occurrence,
        "last_bill_id": schedule.last_bill_id,
        "pause_reason": schedule.pause_reason,
        "create_time": schedule.create_time,
    }


def _schedule(row: Any) -> BillSchedule:
    return BillSchedule(
        id=ScheduleId(row.id),
        terms=ScheduleTerms(
            template_id=BillId(row.template_bill_id),
            unit=ScheduleUnit(row.unit),
            interval=row.every,
            first=row.first_date,
            end=row.end_date,
            auto_issue=row.auto_issue,
        ),
        state=ScheduleState(row.state),
        occurrence=row.occurrence,
        last_bill_id=None if row.last_bill_id is None else BillId(row.last_bill_id),
        pause_reason=row.pause_reason,
        create_time=row.create_time,
    )
