"""The rules after a call, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.notification.domain.delivery import (
    Accepted,
    Busy,
    NoAnswer,
    NotReached,
    Outcome,
    Refused,
    absent,
    after_call,
    moved,
    next_look_up,
    unheard,
    wait_before,
)
from services.notification.domain.message import (
    Attempt,
    AttemptState,
    Channel,
    DeliveryError,
    Fault,
    Message,
    MessageId,
    MessageKind,
    MessageState,
    TenantId,
)
from services.notification.domain.phone import Phone
from services.notification.domain.text import Encoding, Size

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ERROR = DeliveryError(Fault.OTHER, 1)
MESSAGE = Message(
    id=MessageId(uuid4()),
    tenant=TenantId(uuid4()),
    kind=MessageKind.BILL_ISSUED,
    state=MessageState.SENDING,
    sender="billing",
    dedupe_key="k",
    subject="",
    channel=Channel.SMS,
    masked_recipient="",
    recipient_index=b"",
    locale="en",
    size=Size(Encoding.GSM7, 1),
    dlt_template_id="",
    create_time=NOW,
    update_time=NOW,
    expire_time=NOW + timedelta(hours=1),
    text_purge_time=NOW,
    attempt_count=1,
)
ATTEMPT = Attempt(number=1, state=AttemptState.SENDING, start_time=NOW)


@pytest.mark.parametrize(
    ("outcome", "message_state", "attempt_state", "wait"),
    [
        (Accepted("SM1"), MessageState.ACCEPTED, AttemptState.ACCEPTED, None),
        (Accepted("SM1", MessageState.FAILED, ERROR), MessageState.FAILED, AttemptState.ACCEPTED, None),
        (Refused(ERROR), MessageState.FAILED, AttemptState.REFUSED, None),
        (Busy(ERROR), MessageState.QUEUED, AttemptState.REFUSED, 2),
        (Busy(ERROR, timedelta(seconds=1)), MessageState.QUEUED, AttemptState.REFUSED, 2),
        (Busy(ERROR, timedelta(minutes=9)), MessageState.QUEUED, AttemptState.REFUSED, 540),
        (Busy(ERROR, timedelta(hours=1)), MessageState.FAILED, AttemptState.REFUSED, None),
        (NotReached(), MessageState.QUEUED, AttemptState.ABSENT, 2),
        (NoAnswer(ERROR), MessageState.UNCONFIRMED, AttemptState.UNKNOWN, None),
    ],
)
def test_after_call(
    outcome: Outcome, message_state: MessageState, attempt_state: AttemptState, wait: int | None
) -> None:
    step = after_call(MESSAGE, ATTEMPT, outcome, now=NOW)
    assert (step.message.state, step.attempt.state) == (message_state, attempt_state)
    assert step.try_again == (None if wait is None else NOW + timedelta(seconds=wait))
    assert (step.message.error is not None) == (message_state is MessageState.FAILED)
    assert (step.attempt.end_time is None) == attempt_state.is_open


@pytest.mark.parametrize("state", [AttemptState.ACCEPTED, AttemptState.ABSENT, AttemptState.REFUSED])
def test_a_closed_attempt_is_not_reopened(state: AttemptState) -> None:
    closed = replace(ATTEMPT, state=state)
    step = after_call(MESSAGE, closed, NoAnswer(ERROR), now=NOW)
    assert (step.message, step.attempt, step.try_again) == (MESSAGE, closed, None)


@pytest.mark.parametrize("outcome", [Refused(ERROR), Busy(ERROR), NotReached()])
def test_a_second_attempt_does_not_undo_what_the_first_achieved(outcome: Outcome) -> None:
    sent = replace(MESSAGE, state=MessageState.SENT)
    step = after_call(sent, replace(ATTEMPT, number=2), outcome, now=NOW)
    assert (step.message, step.try_again) == (sent, None)


def test_absent_and_too_late_is_expired() -> None:
    late = MESSAGE.expire_time + timedelta(seconds=1)
    step = absent(replace(MESSAGE, state=MessageState.UNCONFIRMED), ATTEMPT, now=late)
    assert (step.message.state, step.message.error) == (MessageState.FAILED, DeliveryError(Fault.EXPIRED))
    assert step.try_again is None


def test_waits_double_up_to_ten_minutes() -> None:
    assert [wait_before(n).total_seconds() for n in (1, 2, 3, 9, 10, 11, 1000)] == [2, 4, 8, 512, 600, 600, 600]


def test_look_ups_go_on_until_a_day_after_expiry() -> None:
    def next_at(now: datetime) -> datetime | None:
        return next_look_up(MESSAGE, ATTEMPT, now=now, settle=timedelta(seconds=30))

    assert next_at(NOW + timedelta(seconds=30)) == NOW + timedelta(seconds=60)
    assert next_at(NOW + timedelta(minutes=10)) == NOW + timedelta(minutes=15)
    day = NOW + timedelta(days=1)
    assert next_at(day) == day + timedelta(minutes=15)
    assert next_at(day + timedelta(hours=1, seconds=1)) is None


@pytest.mark.parametrize("state", MessageState)
@pytest.mark.parametrize("reported", MessageState)
def test_states_only_go_forward(state: MessageState, reported: MessageState) -> None:
    after = moved(replace(MESSAGE, state=state), reported, now=NOW).state
    if state.is_final:
        assert after is state
    if state.is_with_provider:
        assert after.is_with_provider
        assert after not in {MessageState.QUEUED, MessageState.SENDING, MessageState.UNCONFIRMED}
    if state is MessageState.SENT:
        assert after is not MessageState.ACCEPTED


def test_a_phone_hides_itself() -> None:
    phone = Phone("+919876543210", "IN")
    assert phone.masked == "+91••••••3210"
    assert "98765" not in repr(phone)


def test_an_email_that_may_have_arrived_is_sent_again() -> None:
    step = unheard(MESSAGE, ATTEMPT, copies=1, now=NOW)
    assert (step.message.state, step.attempt.state, step.try_again) == (MessageState.QUEUED, AttemptState.UNKNOWN, NOW)
    assert (step.attempt.error, step.attempt.end_time) == (DeliveryError(Fault.NO_ANSWER), NOW)


@pytest.mark.parametrize(
    ("kind", "copies", "now"),
    [
        (MessageKind.EMAIL_VERIFICATION, 1, NOW),
        (MessageKind.RECOVERY_CODE, 1, NOW),
        (MessageKind.BILL_ISSUED, 3, NOW),
        (MessageKind.BILL_ISSUED, 1, NOW + timedelta(hours=1)),
    ],
    ids=["a code", "a code of recovery", "three copies", "too late"],
)
def test_and_is_not_when_a_copy_does_harm(kind: MessageKind, copies: int, now: datetime) -> None:
    step = unheard(replace(MESSAGE, kind=kind), ATTEMPT, copies=copies, now=now)
    assert (step.message.state, step.try_again) == (MessageState.UNCONFIRMED, None)
