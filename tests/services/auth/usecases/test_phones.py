"""Phone verification."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.auth.domain.errors.people import PhoneTaken, TooManyMessages, VerificationCodeWrong, VerificationExpired
from services.auth.domain.names import SignInName
from services.auth.usecases import logins, phones, verifications
from tests.services.auth.people import new_phone, wrong
from tests.services.auth.usecases.test_accounts import jobs_of

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People


def test_the_right_code_verifies_and_links(people: People, deps: Deps) -> None:
    person = people.sign_up()
    started = phones.start_verification(deps, account_id=person.account_id, phone=None)
    assert started.to == person.phone
    code = verifications.code_of(deps.vault, started)
    assert len(code) == 6
    me = phones.confirm_phone(deps, account_id=person.account_id, code=code)
    assert me.phone_verify_time == deps.clock.now()
    # An answer may be lost: the same code again changes nothing.
    again = phones.confirm_phone(deps, account_id=person.account_id, code=code)
    assert again == me
    assert jobs_of(deps, "auth.link_phone", person.account_id) == 1


def test_five_wrong_codes_end_it(people: People, deps: Deps) -> None:
    person = people.sign_up()
    started = phones.start_verification(deps, account_id=person.account_id, phone=None)
    code = verifications.code_of(deps.vault, started)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(VerificationCodeWrong) as refused:
            phones.confirm_phone(deps, account_id=person.account_id, code=wrong(code))
        assert refused.value.metadata == {"tries_left": str(left)}
    with pytest.raises(VerificationExpired):
        phones.confirm_phone(deps, account_id=person.account_id, code=code)


def test_a_code_ends_after_ten_minutes(people: People, deps: Deps, clock: FixedClock) -> None:
    person = people.sign_up()
    with pytest.raises(VerificationExpired):
        phones.confirm_phone(deps, account_id=person.account_id, code="123456")
    started = phones.start_verification(deps, account_id=person.account_id, phone=None)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(VerificationExpired):
        phones.confirm_phone(deps, account_id=person.account_id, code=verifications.code_of(deps.vault, started))


def test_asking_again(people: People, deps: Deps, clock: FixedClock) -> None:
    person = people.sign_up()
    first = phones.start_verification(deps, account_id=person.account_id, phone=None)
    clock.advance(timedelta(seconds=29))
    assert phones.start_verification(deps, account_id=person.account_id, phone=None) == first
    assert jobs_of(deps, "auth.send_phone_code", person.account_id) == 1
    clock.advance(timedelta(seconds=1))
    second = phones.start_verification(deps, account_id=person.account_id, phone=None)
    assert (second.id, second.sends, second.expire_time) == (first.id, 2, first.expire_time)
    assert jobs_of(deps, "auth.send_phone_code", person.account_id) == 2
    clock.advance(timedelta(minutes=9))
    assert phones.start_verification(deps, account_id=person.account_id, phone=None).id != first.id


def test_an_account_gets_five_messages_an_hour(people: People, deps: Deps, clock: FixedClock) -> None:
    person = people.sign_up()
    for _ in range(5):
        phones.start_verification(deps, account_id=person.account_id, phone=new_phone())
    with pytest.raises(TooManyMessages) as refused:
        phones.start_verification(deps, account_id=person.account_id, phone=new_phone())
    assert refused.value.retry_after == timedelta(hours=1)
    clock.advance(timedelta(hours=1))
    phones.start_verification(deps, account_id=person.account_id, phone=new_phone())


def test_a_phone_gets_five_messages_a_day_from_whomever(people: People, deps: Deps) -> None:
    victim = new_phone()
    for _ in range(5):
        phones.start_verification(deps, account_id=people.sign_up().account_id, phone=victim)
    with pytest.raises(TooManyMessages):
        phones.start_verification(deps, account_id=people.sign_up().account_id, phone=victim)


def test_a_phone_is_one_accounts(people: People, deps: Deps) -> None:
    owner = people.sign_up(verified=True)
    other = people.sign_up(verified=True)
    started = phones.start_verification(deps, account_id=other.account_id, phone=owner.phone)
    code = verifications.code_of(deps.vault, started)
    with pytest.raises(PhoneTaken):
        phones.confirm_phone(deps, account_id=other.account_id, code=code)
    # Its own phone is still its sign-in name.
    opened = logins.begin_login(deps, name=SignInName(phone=other.phone), request=people.request())
    logins.answer_password(deps, token=opened.token, password=other.password)


def test_another_phone_replaces_the_first(people: People, deps: Deps) -> None:
    person = people.sign_up(verified=True)
    before, after = person.phone, new_phone()
    people.verify(person, after)
    opened = logins.begin_login(deps, name=SignInName(phone=after), request=people.request())
    logins.answer_password(deps, token=opened.token, password=person.password)
    # The old one is free again.
    people.verify(people.sign_up(), before)
