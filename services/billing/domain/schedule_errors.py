"""What billing refuses about schedules, one class a reason of errors.proto."""

from __future__ import annotations

from services.kit.failure import Failure, Kind


class ScheduleNotFound(Failure):
    """No such schedule of this merchant."""

    kind = Kind.NOT_FOUND
    reason = "SCHEDULE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such schedule.")


class ScheduleEnded(Failure):
    """Its end date is over."""

    kind = Kind.PRECONDITION
    reason = "SCHEDULE_ENDED"

    def __init__(self) -> None:
        super().__init__("The schedule has ended.")


class BillScheduled(Failure):
    """A schedule copies the bill, so it cannot be deleted."""

    kind = Kind.PRECONDITION
    reason = "BILL_SCHEDULED"

    def __init__(self) -> None:
        super().__init__("A schedule copies this bill; delete the schedule first.")
