"""E-mail addresses: proved by a code, then a sign-in name; changed, not proved any more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.auth.domain.errors.people import (
    EmailMissing,
    EmailTaken,
    TooManyMessages,
    VerificationCodeWrong,
    VerificationExpired,
)
from services.auth.domain.errors.sign_in import FactorRefused
from services.auth.domain.names import Email, SignInName
from services.auth.usecases import accounts, emails, logins, verifications
from tests.services.auth.people import audited, enqueued, noticed, wrong

if TYPE_CHECKING:
    from services.auth.domain.verification import Verification
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People, Person


def start(deps: Deps, person: Person) -> tuple[Verification, str]:
    verification = emails.start_verification(deps, account_id=person.account_id)
    return verification, verifications.code_of(deps.vault, verification)


def verify(deps: Deps, person: Person) -> None:
    _, code = start(deps, person)
    emails.confirm_email(deps, account_id=person.account_id, code=code)


def change(deps: Deps, person: Person, email: str) -> None:
    accounts.update_me(deps, account_id=person.account_id, etag_revision=None, changes={"email": email})


def signs_in(people: People, deps: Deps, person: Person, address: str) -> bool:
    opened = logins.begin_login(deps, name=SignInName(email=Email(address)), request=people.request())
    try:
        logins.answer_password(deps, token=opened.token, password=person.password)
    except FactorRefused:
        return False
    return True


def test_a_verified_address_signs_in_however_it_is_written(people: People, deps: Deps) -> None:
    person = people.sign_up(email="Asha.Verified@Example.com")
    assert not signs_in(people, deps, person, "asha.verified@example.com")
    started, code = start(deps, person)
    assert started.to == Email("Asha.Verified@Example.com")
    assert len(enqueued(deps, "auth.send_email_code", account_id=person.account_id)) == 1
    me = emails.confirm_email(deps, account_id=person.account_id, code=code)
    assert me.email_verify_time == deps.clock.now()
    # An answer that was lost is given again.
    again = emails.confirm_email(deps, account_id=person.account_id, code=code)
    assert again.email_verify_time == me.email_verify_time
    assert audited(deps, person.account_id)["account.email_verified"] == 1
    assert signs_in(people, deps, person, "ASHA.VERIFIED@EXAMPLE.COM")
    assert not signs_in(people, deps, person, "ashaverified@example.com")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Asha@Example.COM", "asha@example.com"),
        ("cafe\u0301@example.com", "caf\u00e9@example.com"),
        ("asha@b\u00fccher.example", "asha@xn--bcher-kva.example"),
        (" asha@example.com", "asha@example.com"),
    ],
)
def test_the_same_address(one: str, other: str) -> None:
    assert Email(one).normalised == Email(other).normalised


def test_other_addresses() -> None:
    addresses = ("a.b@example.com", "ab@example.com", "ab+c@example.com", "ab@example.org", "ab@" + "x" * 70, "")
    assert len({Email(address).normalised for address in addresses}) == len(addresses)


def test_a_new_address_is_unverified_and_the_old_one_free(people: People, deps: Deps) -> None:
    person, other = people.sign_up(email="first@mail.test"), people.sign_up(email="first@mail.test")
    verify(deps, person)
    _, code = start(deps, other)
    with pytest.raises(EmailTaken):
        emails.confirm_email(deps, account_id=other.account_id, code=code)
    # Another case is no change; another address is.
    change(deps, person, "First@mail.test")
    assert accounts.get_me(deps, account_id=person.account_id).email_verify_time is not None
    change(deps, person, "second@mail.test")
    me = accounts.get_me(deps, account_id=person.account_id)
    assert (me.email, me.email_verify_time) == ("second@mail.test", None)
    assert not signs_in(people, deps, person, "first@mail.test")
    assert noticed(deps, person.account_id) == ["EMAIL_CHANGED"]
    emails.confirm_email(deps, account_id=other.account_id, code=code)
    assert signs_in(people, deps, other, "first@mail.test")


def test_a_code_is_for_the_address_it_went_to(people: People, deps: Deps) -> None:
    person = people.sign_up(email="mine@mail.test")
    _, code = start(deps, person)
    change(deps, person, "victim@mail.test")
    with pytest.raises(VerificationExpired):
        emails.confirm_email(deps, account_id=person.account_id, code=code)


def test_five_tries_ten_minutes_and_few_messages(people: People, deps: Deps, clock: FixedClock) -> None:
    person = people.sign_up(email="tries@mail.test")
    with pytest.raises(VerificationExpired):
        emails.confirm_email(deps, account_id=person.account_id, code="123456")
    started, code = start(deps, person)
    assert emails.start_verification(deps, account_id=person.account_id) == started
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(VerificationCodeWrong) as refused:
            emails.confirm_email(deps, account_id=person.account_id, code=wrong(code))
        assert refused.value.metadata == {"tries_left": str(left)}
    with pytest.raises(VerificationExpired):
        emails.confirm_email(deps, account_id=person.account_id, code=code)
    renewed, code = start(deps, person)
    assert renewed.id != started.id
    clock.advance(timedelta(minutes=10))
    with pytest.raises(VerificationExpired):
        emails.confirm_email(deps, account_id=person.account_id, code=code)
    for _ in range(3):
        emails.start_verification(deps, account_id=person.account_id)
        clock.advance(timedelta(minutes=10))
    with pytest.raises(TooManyMessages):
        emails.start_verification(deps, account_id=person.account_id)


def test_without_an_address(people: People, deps: Deps) -> None:
    with pytest.raises(EmailMissing):
        emails.start_verification(deps, account_id=people.sign_up().account_id)
