"""Windows begin at whole hours and days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.notification.domain.limits import Counter, Limits
from services.notification.domain.message import MessageKind

LIMITS = Limits(codes_per_phone_hour=1, messages_per_phone_hour=2, messages_per_merchant_day=3)
NOW = datetime(2026, 11, 22, 12, 34, 56, 789, tzinfo=UTC)


def test_windows() -> None:
    code = LIMITS.of_phone(MessageKind.PHONE_VERIFICATION, NOW)
    bill = LIMITS.of_phone(MessageKind.BILL_ISSUED, NOW)
    day = LIMITS.of_merchant(NOW)
    assert (code.counter, code.limit, code.start) == (Counter.PHONE_CODES, 1, datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert (bill.counter, bill.limit, bill.start) == (Counter.PHONE, 2, code.start)
    assert (day.counter, day.limit, day.start) == (Counter.MERCHANT, 3, datetime(2026, 11, 22, tzinfo=UTC))
    assert code.left(NOW) == timedelta(hours=1) - timedelta(minutes=34, seconds=56, microseconds=789)
