"""One dedupe key is one message; limits hold against any number of senders; nothing half-done remains."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.kit.errors import PeerUnavailable
from services.kit.failure import InvalidRequest
from services.notification.domain.content import SecurityEvent, SecurityNotice, SignUpAttempt
from services.notification.domain.errors import (
    ContentNotAllowed,
    DedupeKeyReused,
    EmailInvalid,
    EmailLimitReached,
    MerchantLimitReached,
    PhoneInvalid,
    PhoneLimitReached,
)
from services.notification.domain.message import MessageState
from services.notification.usecases.sending import Order, send_message
from tests.services.notification.conftest import (
    World,
    bill_issued,
    email_verification,
    new_email,
    new_phone,
    verification,
)


def rows(world: World) -> int:
    return int(
        world.query("SELECT count(*) FROM notification.messages WHERE merchant_id = %s", str(world.tenant))[0][0]
    )


def test_message_and_job_are_written_together(world: World) -> None:
    message = world.send()
    assert message.state is MessageState.QUEUED
    assert [task for _, task, _ in world.jobs()] == ["notification.deliver"]


def test_nothing_in_the_database_can_be_read_without_the_keys(world: World) -> None:
    order = world.order(bill_issued(merchant_name="Readable Merchant"))
    world.send(order)
    dump = world.query(
        "SELECT m.*, t.* FROM notification.messages m JOIN notification.message_texts t ON t.message_id = m.id "
        "WHERE m.merchant_id = %s",
        str(world.tenant),
    )
    stored = b" ".join(bytes(v) if isinstance(v, memoryview) else str(v).encode() for row in dump for v in row)
    assert order.phone.encode() not in stored
    assert order.phone[3:].encode() not in stored
    assert b"Readable" not in stored


def test_a_repeat_returns_the_message_as_it_stands(world: World) -> None:
    order = world.order()
    first = world.send(order)
    world.work()
    repeated = world.send(order)
    assert repeated.id == first.id
    assert repeated.state is MessageState.ACCEPTED
    world.work()
    assert len(world.provider.taken) == 1


def test_fifty_at_once_are_one_message(world: World) -> None:
    order = world.order()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: world.send(order).id, range(50)))
    assert len(set(answers)) == 1
    assert rows(world) == 1
    world.work()
    assert len(world.provider.taken) == 1


def test_a_repeat_may_say_it_differently_and_changes_nothing(world: World) -> None:
    order = world.order()
    first = world.send(order)
    again = Order(**{name: getattr(order, name) for name in Order.__slots__} | {"content": bill_issued(due_date=None)})
    assert world.send(again).id == first.id


@pytest.mark.parametrize("change", ["phone", "kind"])
def test_a_key_of_another_message_is_refused(world: World, change: str) -> None:
    first = world.order(SignUpAttempt(link="https://edge.test/login"))
    world.send(first)
    if change == "phone":
        other = world.order(SignUpAttempt(link="https://edge.test/login"), dedupe_key=first.dedupe_key)
    else:
        other = world.order(verification(), dedupe_key=first.dedupe_key, phone=first.phone)
    with pytest.raises(DedupeKeyReused):
        world.send(other)


def test_callers_do_not_share_keys(world: World) -> None:
    one = world.order(dedupe_key="same")
    elsewhere = world.order(verification(), dedupe_key="same" + one.phone)
    assert world.send(one).id != world.send(elsewhere).id


def test_a_service_sends_only_its_own_kinds(world: World) -> None:
    with pytest.raises(ContentNotAllowed):
        world.send(world.order(verification(), sender="billing"))
    with pytest.raises(ContentNotAllowed):
        world.send(world.order(sender="auth"))


@pytest.mark.parametrize("phone", ["+9112345", "+999123456789012", "+0123456789"])
def test_an_impossible_phone_is_refused(world: World, phone: str) -> None:
    with pytest.raises(PhoneInvalid):
        world.send(world.order(phone=phone))


def test_a_message_that_is_late_already_is_refused(world: World) -> None:
    with pytest.raises(InvalidRequest):
        world.send(world.order(expire_time=world.clock.now()))
    assert rows(world) == 0


def test_a_phone_gets_no_more_than_its_hour_allows(world: World) -> None:
    phone = new_phone()
    for _ in range(5):
        world.send(world.order(phone=phone))
    with pytest.raises(PhoneLimitReached) as refused:
        world.send(world.order(phone=phone))
    assert rows(world) == 5
    assert refused.value.retry_after is not None
    assert timedelta(0) < refused.value.retry_after <= timedelta(hours=1)
    world.send(world.order())
    world.clock.advance(refused.value.retry_after)
    world.send(world.order(phone=phone))


def test_codes_have_room_of_their_own(world: World) -> None:
    phone = new_phone()
    for _ in range(5):
        world.send(world.order(phone=phone))
    for _ in range(3):
        world.send(world.order(verification(), phone=phone))
    with pytest.raises(PhoneLimitReached):
        world.send(world.order(verification(), phone=phone))


def test_a_merchant_gets_no_more_than_its_day_allows(world: World) -> None:
    for _ in range(20):
        world.send()
    with pytest.raises(MerchantLimitReached):
        world.send()
    assert rows(world) == 20


def test_limits_hold_against_parallel_senders(world: World) -> None:
    phone = new_phone()

    def attempt(_: int) -> str:
        try:
            return send_message(world.order(phone=phone), deps=world.deps).state.value
        except PhoneLimitReached as refused:
            return refused.reason

    with ThreadPoolExecutor(20) as pool:
        answers = Counter(pool.map(attempt, range(20)))
    assert answers == {"QUEUED": 5, "PHONE_LIMIT_REACHED": 15}
    assert rows(world) == 5


def test_a_full_phone_is_remembered_and_a_repeat_still_answered(world: World) -> None:
    phone = new_phone()
    orders = [world.order(phone=phone) for _ in range(6)]
    sent = [world.send(order) for order in orders[:5]]
    for _ in range(2):
        with pytest.raises(PhoneLimitReached):
            world.send(orders[5])
    assert len(world.shield.full) == 1
    assert world.send(orders[0]).id == sent[0].id


def test_counts_do_not_outlive_a_refusal_by_the_other_limit(world: World) -> None:
    for _ in range(20):
        world.send()
    phone = new_phone()
    with pytest.raises(MerchantLimitReached):
        world.send(world.order(phone=phone))
    index = world.deps.vault.index("phone", phone)
    assert world.query("SELECT count FROM notification.counters WHERE key = %s", index) == []


def notice(world: World) -> SecurityNotice:
    return SecurityNotice(
        event=SecurityEvent.PASSWORD_CHANGED, time=world.clock.now(), available_time=None, link="https://edge.test/me"
    )


def test_an_address_is_not_to_be_read_without_the_keys(world: World) -> None:
    order = world.mail()
    message = world.send(order)
    dump = world.query(
        "SELECT m.*, t.* FROM notification.messages m JOIN notification.message_texts t ON t.message_id = m.id "
        "WHERE m.id = %s",
        str(message.id),
    )
    stored = b" ".join(bytes(v) if isinstance(v, memoryview) else str(v).encode() for row in dump for v in row)
    local, _, domain = order.email.partition("@")
    assert local.encode() not in stored
    assert domain.encode() not in stored
    assert b"Mehta" not in stored
    assert message.masked_recipient == "a•••@m•••.test"
    assert order.email not in repr(message)


@pytest.mark.parametrize("email", ["asha", "asha@x@y.com", "अशा@example.com", "a@b.com\r\nBcc: c@d.com", " a@b.com"])
def test_an_impossible_address_is_refused(world: World, email: str) -> None:
    with pytest.raises(EmailInvalid):
        world.send(world.mail(email=email))


def test_a_proof_goes_to_what_it_proves(world: World) -> None:
    with pytest.raises(InvalidRequest):
        world.send(world.mail(verification()))
    with pytest.raises(InvalidRequest):
        world.send(world.order(email_verification()))


def test_one_address_is_one_recipient_however_it_is_written(world: World) -> None:
    order = world.mail(email_verification())
    first = world.send(order)
    assert world.send(world.mail(email_verification(), email=order.email.upper(), dedupe_key=order.dedupe_key)) == first
    with pytest.raises(DedupeKeyReused):
        world.send(world.mail(email_verification(), dedupe_key=order.dedupe_key))


def test_a_key_is_not_both_a_phones_and_an_addresses(world: World) -> None:
    order = world.order()
    world.send(order)
    with pytest.raises(DedupeKeyReused):
        world.send(world.mail(dedupe_key=order.dedupe_key))


def test_an_address_gets_no_more_than_its_hour_allows_whatever_its_tag(world: World) -> None:
    email = new_email()
    local, _, domain = email.partition("@")
    for number in range(5):
        world.send(world.mail(email=f"{local}+{number}@{domain}"))
    with pytest.raises(EmailLimitReached) as refused:
        world.send(world.mail(email=email))
    assert refused.value.retry_after is not None
    world.send(world.mail())
    world.clock.advance(refused.value.retry_after)
    world.send(world.mail(email=email))


def test_a_flood_of_codes_keeps_no_notice_away(world: World) -> None:
    """Whoever takes an account over would like its owner not to hear of it."""
    email, phone = new_email(), new_phone()
    for _ in range(3):
        world.send(world.mail(email_verification(), email=email))
        world.send(world.order(verification(), phone=phone))
    with pytest.raises(EmailLimitReached):
        world.send(world.mail(email_verification(), email=email))
    for _ in range(4):
        world.send(world.mail(notice(world), email=email))
        world.send(world.order(notice(world), phone=phone))
    with pytest.raises(EmailLimitReached):
        world.send(world.mail(notice(world), email=email))
    with pytest.raises(PhoneLimitReached):
        world.send(world.order(notice(world), phone=phone))


def test_a_merchant_mails_no_more_than_its_day_allows_and_texts_go_on(world: World) -> None:
    for _ in range(20):
        world.send(world.mail())
    with pytest.raises(MerchantLimitReached):
        world.send(world.mail())
    world.send()


def test_nothing_is_taken_over_while_nobody_knows_whether_it_may_leave(world: World) -> None:
    world.tenants.is_away = True
    with pytest.raises(PeerUnavailable):
        world.send()
    assert rows(world) == 0
