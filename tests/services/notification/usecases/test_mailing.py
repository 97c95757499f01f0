"""E-mails: nothing is lost, a code is never sent twice, and nothing is sent more than three times."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from services.notification.clients.mailer import NoMailer
from services.notification.domain.content import MemberInvited, RecoveryCode, SecurityEvent, SecurityNotice
from services.notification.domain.delivery import Accepted
from services.notification.domain.message import (
    AttemptState,
    Channel,
    DeliveryError,
    Fault,
    Message,
    MessageState,
)
from services.notification.domain.template import TemplateKey
from services.notification.store.messages import find_message
from services.notification.usecases.delivery import deliver, settle
from services.notification.usecases.templates import TemplateChange, update_template
from tests.fakes.sms import ProcessKilled
from tests.services.notification.conftest import (
    MAIL_SETTLE,
    World,
    bill_issued,
    email_verification,
    new_email,
    verification,
)

# How an e-mail's server may leave us without a word.
SILENT = ["take_and_lose_answer", "take_and_die", "lose", "die"]


def state(world: World, message: Message) -> MessageState:
    with world.deps.db.transaction(merchant=message.tenant) as tx:
        found = find_message(tx, message.tenant, message.id)
    assert found is not None
    return found.state


def attempt_states(world: World, message: Message) -> list[AttemptState]:
    return [attempt.state for attempt in world.attempts(message)]


def work(world: World, *, kills: bool) -> None:
    if kills:
        with pytest.raises(ProcessKilled):
            world.work()
        # The dead worker's job runs again.
    world.work()


def recovery() -> RecoveryCode:
    return RecoveryCode(code="771204", valid_for=timedelta(minutes=10))


def notice(world: World) -> SecurityNotice:
    return SecurityNotice(
        event=SecurityEvent.RECOVERY_STARTED,
        time=world.clock.now(),
        available_time=world.clock.now() + timedelta(days=2),
        link="https://edge.test/security",
    )


def test_taken_at_once(world: World) -> None:
    order = world.mail()
    message = world.send(order)
    assert (message.channel, message.size, message.state) == (Channel.EMAIL, None, MessageState.QUEUED)
    world.work()
    (mail,) = world.mailer.taken
    assert mail.recipient == order.email
    assert mail.subject_line == "Bill BLR/26-27/000042 from Mehta Stores"
    assert "Mehta Stores: bill BLR/26-27/000042, ₹1,23,456.50" in mail.text
    assert mail.time == message.create_time
    assert state(world, message) is MessageState.ACCEPTED
    (attempt,) = world.attempts(message)
    assert attempt.provider_id == f"<{mail.name}@mail.test>"
    assert world.work_after(MAIL_SETTLE) == 1
    assert (world.mailer.calls, world.provider.calls) == (1, 0)


def test_an_invitation_and_a_notice(world: World) -> None:
    content = MemberInvited(merchant_name="Mehta Stores", inviter_name="Asha Rao", link="https://edge.test/invitations")
    world.send(world.mail(content, sender="auth", locale="hi-IN"))
    world.send(world.mail(notice(world)))
    world.work()
    invitation, warning = world.mailer.taken
    assert invitation.subject_line == "Billmesh पर Mehta Stores से जुड़ने का न्योता: Asha Rao"
    assert warning.subject_line == "Billmesh: someone asked to recover your account"
    assert "It can be finished from " in warning.text
    assert "UTC" in warning.text
    assert not any(line.endswith(" ") for line in warning.text.splitlines())


def test_a_merchants_own_wording_is_the_body(world: World) -> None:
    change = TemplateChange(text="Please pay {total} here: {link}", dlt_template_id=None, version=None)
    update_template(world.tenant, TemplateKey.parse("bill_issued.en"), change, deps=world.deps)
    world.send(world.mail())
    world.work()
    assert world.mailer.taken[0].text.startswith("Please pay ₹1,23,456.50 here: https://")


@pytest.mark.parametrize("way", SILENT)
def test_a_lost_answer_is_followed_by_the_same_mail_again(world: World, way: str) -> None:
    world.mailer.plan.append(getattr(world.mailer, way))
    message = world.send(world.mail())
    work(world, kills=way.endswith("die"))
    assert state(world, message) in {MessageState.UNCONFIRMED, MessageState.SENDING}
    for _ in range(3):
        deliver(message.tenant, message.id, deps=world.deps)
    world.work_after(MAIL_SETTLE - timedelta(seconds=1))
    assert world.mailer.calls == 1
    world.work_after(timedelta(seconds=1))
    assert world.mailer.calls == 2
    assert state(world, message) is MessageState.ACCEPTED
    assert attempt_states(world, message) == [AttemptState.UNKNOWN, AttemptState.ACCEPTED]
    # All copies are one mail, and a mailbox may see that.
    assert len({(mail.name, mail.text, mail.time) for mail in world.mailer.taken}) == 1


@pytest.mark.parametrize("way", SILENT)
@pytest.mark.parametrize("content", [email_verification(), recovery()], ids=lambda content: content.kind)
def test_a_code_is_never_sent_twice(world: World, way: str, content: RecoveryCode) -> None:
    world.mailer.plan.append(getattr(world.mailer, way))
    message = world.send(world.mail(content))
    work(world, kills=way.endswith("die"))
    for _ in range(100):
        world.work_after(timedelta(minutes=1))
    assert world.mailer.calls == 1
    assert state(world, message) is MessageState.UNCONFIRMED
    assert attempt_states(world, message) == [AttemptState.UNKNOWN]
    texts = world.query("SELECT 1 FROM notification.message_texts WHERE message_id = %s", str(message.id))
    assert texts == []


def test_no_more_than_three_copies(world: World) -> None:
    world.mailer.plan.extend([world.mailer.take_and_lose_answer] * 10)
    message = world.send(world.mail())
    world.work()
    for _ in range(100):
        world.work_after(timedelta(minutes=1))
    assert len(world.mailer.taken) == 3
    assert state(world, message) is MessageState.UNCONFIRMED
    assert attempt_states(world, message) == [AttemptState.UNKNOWN] * 3


def test_a_mail_that_may_have_left_is_not_sent_after_its_time(world: World) -> None:
    world.mailer.plan.append(world.mailer.take_and_lose_answer)
    message = world.send(world.mail(expire_time=world.clock.now() + timedelta(minutes=1)))
    world.work()
    world.work_after(MAIL_SETTLE)
    world.work_after(timedelta(days=1))
    assert world.mailer.calls == 1
    assert state(world, message) is MessageState.UNCONFIRMED


def test_an_answer_that_comes_after_all_stands(world: World) -> None:
    """The call outlived its settling time: the second attempt is on its way when the first one's answer comes."""
    message = world.send(world.mail())

    def slow(mail: object) -> Accepted:
        world.clock.advance(MAIL_SETTLE)
        settle(message.tenant, message.id, 1, deps=world.deps)
        assert state(world, message) is MessageState.QUEUED
        return Accepted("<one@mail.test>")

    world.mailer.plan.append(slow)
    world.work()
    assert state(world, message) is MessageState.ACCEPTED
    assert world.mailer.calls == 1
    assert attempt_states(world, message) == [AttemptState.ACCEPTED]


def test_an_answer_that_comes_during_the_second_attempt_stands(world: World) -> None:
    message = world.send(world.mail())

    def slow(mail: object) -> Accepted:
        world.clock.advance(MAIL_SETTLE)
        settle(message.tenant, message.id, 1, deps=world.deps)
        world.mailer.plan.append(lambda _: Accepted("<one@mail.test>"))
        deliver(message.tenant, message.id, deps=world.deps)
        return Accepted("<one@mail.test>")

    world.mailer.plan.append(slow)
    world.work()
    world.work_after(MAIL_SETTLE)
    assert state(world, message) is MessageState.ACCEPTED
    assert world.mailer.calls == 2
    assert attempt_states(world, message) == [AttemptState.UNKNOWN, AttemptState.ACCEPTED]


def test_deciding_again_decides_nothing(world: World) -> None:
    world.mailer.plan.append(world.mailer.take_and_lose_answer)
    message = world.send(world.mail())
    world.work()
    world.clock.advance(MAIL_SETTLE)
    for _ in range(3):
        settle(message.tenant, message.id, 1, deps=world.deps)
    world.work()
    settle(message.tenant, message.id, 1, deps=world.deps)
    world.work()
    assert world.mailer.calls == 2


def test_refused_for_good(world: World) -> None:
    world.mailer.plan.append(world.mailer.refuse(Fault.ADDRESS_INVALID, 550))
    message = world.send(world.mail())
    world.work()
    world.work_after(timedelta(days=1))
    assert world.detail(message).message.error == DeliveryError(Fault.ADDRESS_INVALID, 550)
    assert state(world, message) is MessageState.FAILED
    assert world.mailer.calls == 1


def test_not_now_is_tried_again_ever_less_often(world: World) -> None:
    world.mailer.plan.extend([world.mailer.busy(), world.mailer.not_reached, world.mailer.busy()])
    message = world.send(world.mail())
    world.work()
    waits = []
    while state(world, message) is MessageState.QUEUED:
        before, calls = world.clock.now(), world.mailer.calls
        while world.mailer.calls == calls:
            world.work_after(timedelta(seconds=1))
        waits.append((world.clock.now() - before).total_seconds())
    assert waits == [2, 4, 8]
    assert len(world.mailer.taken) == 1


def test_a_code_that_surely_was_not_taken_is_tried_again(world: World) -> None:
    world.mailer.plan.extend([world.mailer.busy(), world.mailer.not_reached])
    message = world.send(world.mail(email_verification()))
    for _ in range(10):
        world.work_after(timedelta(seconds=1))
    assert state(world, message) is MessageState.ACCEPTED
    assert world.query("SELECT 1 FROM notification.message_texts WHERE message_id = %s", str(message.id)) == []


def test_what_cannot_be_sent_in_time_expires(world: World) -> None:
    world.mailer.plan.extend([world.mailer.not_reached] * 100)
    message = world.send(world.mail(email_verification()))
    for _ in range(60):
        world.work_after(timedelta(seconds=15))
    assert state(world, message) is MessageState.FAILED


def test_without_a_mail_server_mails_fail_and_sms_go_on(world: World) -> None:
    world.deps = replace(world.deps, mailer=NoMailer())
    mail, sms = world.send(world.mail()), world.send()
    world.work()
    assert state(world, mail) is MessageState.FAILED
    assert world.detail(mail).message.error == DeliveryError(Fault.CHANNEL_NOT_CONFIGURED)
    assert state(world, sms) is MessageState.ACCEPTED


def test_mails_have_a_queue_of_their_own(world: World) -> None:
    mail, sms = world.send(world.mail()), world.send()
    queues = world.query(
        "SELECT args->>'message_id', queue_name FROM notification.procrastinate_jobs "
        "WHERE args->>'message_id' = ANY (%s)",
        [str(mail.id), str(sms.id)],
    )
    assert dict(queues) == {str(mail.id): "email", str(sms.id): "notification"}


@pytest.mark.parametrize("by_email", [False, True])
def test_nothing_of_a_test_merchant_leaves(world: World, *, by_email: bool) -> None:
    world.tenants.test.add(world.tenant)
    order = world.mail() if by_email else world.order()
    message = world.send(order)
    assert message.state is MessageState.RECORDED
    assert world.jobs() == []
    deliver(message.tenant, message.id, deps=world.deps)
    world.work_after(timedelta(days=1))
    assert (world.mailer.calls, world.provider.calls) == (0, 0)
    assert world.send(order).id == message.id
    detail = world.detail(message)
    assert detail.message.state is MessageState.RECORDED
    assert detail.text is not None
    assert "Mehta Stores" in detail.text


def test_a_test_merchant_uses_up_nobodys_allowance(world: World) -> None:
    world.tenants.test.add(world.tenant)
    email = new_email()
    for _ in range(10):
        world.send(world.mail(email=email))
    counted = world.query(
        "SELECT counter, count FROM notification.counters WHERE key IN (%s, %s)",
        world.deps.vault.index("mailbox", email),
        world.tenant.bytes,
    )
    assert counted == [("MERCHANT_EMAIL", 10)]


def test_the_platforms_own_messages_ask_nobody(world: World) -> None:
    world.tenants.is_away = True
    counts = Counter(
        world.send(order).state
        for order in (world.order(verification()), world.mail(recovery()), world.mail(notice(world)))
    )
    assert counts == {MessageState.QUEUED: 3}


def test_every_kind_by_email_can_be_written_in_every_language(world: World) -> None:
    for locale in ("en-IN", "hi-IN", "fi-FI", "ta-IN", ""):
        for order in (
            world.mail(bill_issued(), locale=locale),
            world.mail(email_verification(), locale=locale),
            world.mail(recovery(), locale=locale),
            world.mail(notice(world), locale=locale),
        ):
            world.send(order)
    world.work()
    assert len(world.mailer.taken) == 20
    assert all("{" not in mail.text + mail.subject_line for mail in world.mailer.taken)
    assert all("482913" not in mail.subject_line for mail in world.mailer.taken)
