"""Nothing is lost and nothing doubled, wherever the line breaks or the process dies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.notification.domain.delivery import Accepted
from services.notification.domain.message import AttemptState, DeliveryError, Fault, Message, MessageState
from services.notification.usecases.delivery import deliver, forget_old, record_report, settle
from tests.fakes.sms import ProcessKilled
from tests.services.notification.conftest import SETTLE, World, bill_issued, new_phone, verification


def state(world: World, message: Message) -> MessageState:
    return world.detail(message).message.state


def attempt_states(world: World, message: Message) -> list[AttemptState]:
    return [attempt.state for attempt in world.attempts(message)]


def report(world: World, message: Message, reported: MessageState, *, attempt: int = 1, code: int = 0) -> None:
    error = DeliveryError(Fault.UNREACHABLE, code) if code else None
    provider_id = world.provider.taken[-1].provider_id
    record_report(message.tenant, message.id, attempt, Accepted(provider_id, reported, error), deps=world.deps)


def test_taken_at_once(world: World) -> None:
    order = world.order()
    message = world.send(order)
    world.work()
    (taken,) = world.provider.taken
    assert taken.phone == order.phone
    assert "Mehta Stores" in taken.text
    assert taken.callback_url.startswith("https://edge.test/v1/callbacks/twilio/status?message_id=msg_")
    assert "&attempt=1&merchant_id=mer_" in taken.callback_url
    assert state(world, message) is MessageState.ACCEPTED
    (attempt,) = world.attempts(message)
    assert (attempt.state, attempt.provider_id) == (AttemptState.ACCEPTED, taken.provider_id)
    # The job that would settle it finds nothing to settle.
    assert world.work_after(SETTLE) == 1
    assert (world.provider.calls, world.provider.looks) == (1, 0)


def test_refused_for_good(world: World) -> None:
    world.provider.plan.append(world.provider.refuse(Fault.NUMBER_INVALID, 21211))
    message = world.send()
    world.work()
    world.work_after(timedelta(days=1))
    found = world.detail(message)
    assert found.message.state is MessageState.FAILED
    assert found.message.error == DeliveryError(Fault.NUMBER_INVALID, 21211)
    assert [a.state for a in found.attempts] == [AttemptState.REFUSED]
    assert world.provider.calls == 1


def test_busy_is_tried_again_when_the_provider_asked(world: World) -> None:
    world.provider.plan.append(world.provider.busy(timedelta(seconds=90)))
    message = world.send()
    world.work()
    assert state(world, message) is MessageState.QUEUED
    world.work_after(timedelta(seconds=89))
    assert world.provider.calls == 1
    world.work_after(timedelta(seconds=1))
    assert world.provider.calls == 2
    assert state(world, message) is MessageState.ACCEPTED
    assert attempt_states(world, message) == [AttemptState.REFUSED, AttemptState.ACCEPTED]


def test_no_connection_is_tried_again_ever_less_often(world: World) -> None:
    world.provider.plan.extend([world.provider.not_reached] * 4)
    message = world.send()
    waits: list[float] = []
    world.work()
    while state(world, message) is MessageState.QUEUED:
        before = world.clock.now()
        while world.provider.calls == len(waits) + 1:
            world.work_after(timedelta(seconds=1))
        waits.append((world.clock.now() - before).total_seconds())
    assert waits == [2, 4, 8, 16]
    assert attempt_states(world, message) == [AttemptState.ABSENT] * 4 + [AttemptState.ACCEPTED]
    assert len(world.provider.taken) == 1


def test_what_cannot_be_sent_in_time_expires(world: World) -> None:
    world.provider.plan.extend([world.provider.busy()] * 100)
    message = world.send(world.order(expire_time=world.clock.now() + timedelta(minutes=5)))
    for _ in range(400):
        world.work_after(timedelta(seconds=1))
    found = world.detail(message).message
    assert (found.state, found.error) == (MessageState.FAILED, DeliveryError(Fault.EXPIRED))
    calls = world.provider.calls
    world.work_after(timedelta(days=1))
    assert world.provider.calls == calls


def test_a_worker_that_was_away_too_long_sends_nothing_stale(world: World) -> None:
    message = world.send(world.order(verification()))
    world.work_after(timedelta(minutes=11))
    assert world.provider.calls == 0
    assert state(world, message) is MessageState.FAILED


@pytest.mark.parametrize("way", ["take_and_lose_answer", "take_and_die"])
def test_a_lost_answer_is_looked_up_and_never_sent_again(world: World, way: str) -> None:
    world.provider.plan.append(getattr(world.provider, way))
    message = world.send()
    if way == "take_and_die":
        with pytest.raises(ProcessKilled):
            world.work()
        assert attempt_states(world, message) == [AttemptState.SENDING]
    else:
        world.work()
        assert state(world, message) is MessageState.UNCONFIRMED
    # The job of the dead worker runs again, more than once, before the attempt is settled.
    for _ in range(3):
        deliver(message.tenant, message.id, deps=world.deps)
    assert world.provider.calls == 1
    world.work_after(SETTLE)
    assert state(world, message) is MessageState.ACCEPTED
    assert attempt_states(world, message) == [AttemptState.ACCEPTED]
    world.work_after(timedelta(days=1))
    assert (world.provider.calls, len(world.provider.taken)) == (1, 1)


@pytest.mark.parametrize("way", ["lose", "die"])
def test_what_never_arrived_is_sent_again_once_that_is_known(world: World, way: str) -> None:
    world.provider.plan.append(getattr(world.provider, way))
    message = world.send()
    if way == "die":
        with pytest.raises(ProcessKilled):
            world.work()
        world.execute(
            "UPDATE notification.procrastinate_jobs SET status = 'failed' WHERE args->>'message_id' = %s "
            "AND task_name = 'notification.deliver'",
            str(message.id),
        )
    else:
        world.work()
    world.work_after(SETTLE - timedelta(seconds=1))
    assert world.provider.calls == 1
    world.work_after(timedelta(seconds=1))
    assert state(world, message) is MessageState.ACCEPTED
    assert attempt_states(world, message) == [AttemptState.ABSENT, AttemptState.ACCEPTED]
    assert (world.provider.calls, len(world.provider.taken)) == (2, 1)


def test_while_the_provider_cannot_be_asked_nothing_is_sent(world: World) -> None:
    world.provider.plan.append(world.provider.lose)
    world.provider.is_away = True
    message = world.send()
    world.work()
    for _ in range(60):
        world.work_after(timedelta(minutes=1))
    assert state(world, message) is MessageState.UNCONFIRMED
    assert world.provider.calls == 1
    assert 3 < world.provider.looks < 20
    world.provider.is_away = False
    for _ in range(20):
        world.work_after(timedelta(minutes=1))
    assert state(world, message) is MessageState.ACCEPTED
    assert len(world.provider.taken) == 1


def test_a_fate_that_nobody_can_tell_is_left_to_people(world: World) -> None:
    world.provider.plan.append(world.provider.lose)
    world.provider.is_away = True
    message = world.send()
    world.work()
    for _ in range(60):
        world.work_after(timedelta(hours=1))
    assert state(world, message) is MessageState.UNCONFIRMED
    assert world.jobs() == []
    assert world.provider.calls == 1


def test_a_report_settles_a_lost_answer(world: World) -> None:
    world.provider.plan.append(world.provider.take_and_die)
    message = world.send()
    with pytest.raises(ProcessKilled):
        world.work()
    report(world, message, MessageState.SENT)
    found = world.detail(message)
    assert found.message.state is MessageState.SENT
    assert found.attempts[0].provider_id == world.provider.taken[0].provider_id
    world.work_after(SETTLE)
    assert (world.provider.calls, world.provider.looks) == (1, 0)


def test_a_report_that_overtakes_the_answer_stands(world: World) -> None:
    message = world.send()

    def take_and_report(phone: str, text: str, callback_url: str) -> Accepted:
        outcome = world.provider.take(phone, text, callback_url)
        report(world, message, MessageState.DELIVERED)
        assert isinstance(outcome, Accepted)
        return outcome

    world.provider.plan.append(take_and_report)
    world.work()
    assert state(world, message) is MessageState.DELIVERED
    assert attempt_states(world, message) == [AttemptState.ACCEPTED]


def test_reports_move_a_message_forward_only(world: World) -> None:
    message = world.send()
    world.work()
    for reported, expected in (
        (MessageState.SENT, MessageState.SENT),
        (MessageState.SENT, MessageState.SENT),
        (MessageState.ACCEPTED, MessageState.SENT),
        (MessageState.DELIVERED, MessageState.DELIVERED),
        (MessageState.SENT, MessageState.DELIVERED),
        (MessageState.UNDELIVERED, MessageState.DELIVERED),
        (MessageState.FAILED, MessageState.DELIVERED),
    ):
        report(world, message, reported, code=30003 if reported is MessageState.UNDELIVERED else 0)
        assert state(world, message) is expected
    assert world.detail(message).message.error is None


def test_undelivered_says_why(world: World) -> None:
    message = world.send()
    world.work()
    report(world, message, MessageState.UNDELIVERED, code=30003)
    report(world, message, MessageState.SENT)
    found = world.detail(message).message
    assert (found.state, found.error) == (MessageState.UNDELIVERED, DeliveryError(Fault.UNREACHABLE, 30003))


def test_a_report_of_no_message_of_ours_changes_nothing(world: World) -> None:
    message = world.send()
    world.work()
    record_report(message.tenant, message.id, 7, Accepted("SMx", MessageState.FAILED), deps=world.deps)
    assert state(world, message) is MessageState.ACCEPTED


def test_a_report_after_all_stops_the_next_attempt(world: World) -> None:
    """The list did not show it in time, and it had been taken all the same: the second call is spared."""
    world.provider.plan.append(world.provider.busy(timedelta(minutes=5)))
    message = world.send()
    world.work()
    record_report(message.tenant, message.id, 1, Accepted("SM" + message.id.hex, MessageState.SENT), deps=world.deps)
    assert state(world, message) is MessageState.SENT
    world.work_after(timedelta(hours=1))
    assert world.provider.calls == 1


def test_twins_are_as_many_as_were_asked_for(world: World) -> None:
    """Two messages with one text to one phone, one lost on the way, one only its answer: two arrive."""
    phone, content = new_phone(), bill_issued()
    world.provider.plan.extend([world.provider.take_and_lose_answer, world.provider.lose])
    first = world.send(world.order(content, phone=phone))
    second = world.send(world.order(content, phone=phone))
    world.work()
    assert {state(world, first), state(world, second)} == {MessageState.UNCONFIRMED}
    world.work_after(SETTLE)
    assert {state(world, first), state(world, second)} == {MessageState.ACCEPTED}
    assert len(world.provider.taken) == 2
    ids = {world.attempts(message)[-1].provider_id for message in (first, second)}
    assert ids == {taken.provider_id for taken in world.provider.taken}


def test_a_look_up_waits_for_a_twin_that_is_being_sent(world: World) -> None:
    phone, content = new_phone(), bill_issued()
    world.provider.plan.append(world.provider.lose)
    first = world.send(world.order(content, phone=phone))
    world.work()
    second = world.send(world.order(content, phone=phone))

    def take_while_the_other_is_looked_up(phone: str, text: str, callback_url: str) -> Accepted:
        outcome = world.provider.take(phone, text, callback_url)
        settle(first.tenant, first.id, 1, deps=world.deps)
        assert attempt_states(world, first) == [AttemptState.UNKNOWN]
        assert isinstance(outcome, Accepted)
        return outcome

    world.provider.plan.append(take_while_the_other_is_looked_up)
    world.work()
    assert state(world, second) is MessageState.ACCEPTED
    world.work_after(SETTLE + timedelta(seconds=5))
    assert state(world, first) is MessageState.ACCEPTED
    assert len(world.provider.taken) == 2


def test_a_process_that_was_held_up_does_not_call(world: World) -> None:
    message = world.send()
    real = world.clock.now

    moments = iter([real(), real() + SETTLE])
    world.clock.now = lambda: next(moments, real() + SETTLE)  # type: ignore[method-assign] # time passes unseen here
    deliver(message.tenant, message.id, deps=world.deps)
    del world.clock.now
    assert world.provider.calls == 0
    assert attempt_states(world, message) == [AttemptState.ABSENT]
    assert state(world, message) is MessageState.QUEUED


def test_a_code_is_erased_once_it_is_sent(world: World) -> None:
    message = world.send(world.order(verification("918273")))
    kept = "SELECT count(*) FROM notification.message_texts WHERE message_id = %s"
    assert world.query(kept, str(message.id)) == [(1,)]
    world.work()
    assert "918273" in world.provider.taken[0].text
    assert world.query(kept, str(message.id)) == [(0,)]
    assert world.detail(message).text is None


def test_a_code_whose_answer_was_lost_is_kept_until_that_is_settled(world: World) -> None:
    world.provider.plan.append(world.provider.take_and_lose_answer)
    message = world.send(world.order(verification()))
    world.work()
    assert world.detail(message).text is None
    world.work_after(SETTLE)
    assert state(world, message) is MessageState.ACCEPTED
    assert world.query("SELECT 1 FROM notification.message_texts WHERE message_id = %s", str(message.id)) == []


def test_the_daily_chore_forgets_what_is_due_and_nothing_else(world: World) -> None:
    old, young = world.send(), world.send()
    world.execute(
        "UPDATE notification.message_texts SET purge_time = now() - interval '1 minute' WHERE message_id = %s",
        str(old.id),
    )
    forget_old(deps=world.deps)
    assert world.detail(old).text is None
    assert world.detail(young).text is not None
