"""Windows begin at whole hours and days; what is counted apart, and what together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.notification.domain.limits import Allowance, Counter, Limits
from services.notification.domain.message import Channel, MessageKind

LIMITS = Limits(
    sms=Allowance(codes_per_hour=1, notices_per_hour=4, messages_per_hour=2, messages_per_merchant_day=3),
    email=Allowance(codes_per_hour=10, notices_per_hour=40, messages_per_hour=20, messages_per_merchant_day=30),
)
NOW = datetime(2026, 11, 22, 12, 34, 56, 789, tzinfo=UTC)


def test_windows() -> None:
    code = LIMITS.of_recipient(Channel.SMS, MessageKind.PHONE_VERIFICATION, NOW)
    bill = LIMITS.of_recipient(Channel.SMS, MessageKind.BILL_ISSUED, NOW)
    day = LIMITS.of_merchant(Channel.SMS, NOW)
    assert (code.counter, code.limit, code.start) == (Counter.PHONE_CODES, 1, datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert (bill.counter, bill.limit, bill.start) == (Counter.PHONE, 2, code.start)
    assert (day.counter, day.limit, day.start) == (Counter.MERCHANT, 3, datetime(2026, 11, 22, tzinfo=UTC))
    assert code.left(NOW) == timedelta(hours=1) - timedelta(minutes=34, seconds=56, microseconds=789)


def test_every_channel_and_purpose_has_a_counter_of_its_own() -> None:
    kinds = (MessageKind.RECOVERY_CODE, MessageKind.SECURITY_NOTICE, MessageKind.MEMBER_INVITED)
    windows = [LIMITS.of_recipient(channel, kind, NOW) for channel in Channel for kind in kinds]
    windows += [LIMITS.of_merchant(channel, NOW) for channel in Channel]
    assert len({window.counter for window in windows}) == len(windows)
    assert [window.limit for window in windows] == [1, 4, 2, 10, 40, 20, 3, 30]
    sign_up = LIMITS.of_recipient(Channel.EMAIL, MessageKind.SIGN_UP_ATTEMPT, NOW)
    assert sign_up.counter is Counter.EMAIL_CODES
