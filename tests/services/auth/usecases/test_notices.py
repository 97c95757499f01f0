"""What people are sent about their account: codes by mail, recovery codes, and news of its security."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from services.auth.clients import SecurityEvent, SecurityNews
from services.auth.domain.names import AccountId, Email, Phone, SignInName
from services.auth.store import recoveries
from services.auth.usecases import accounts, emails, jobs, passwords, phones, recovery, verifications
from services.auth.usecases.deps import JobDeps, digest
from services.kit.errors import PeerUnavailable
from tests.services.auth.fakes import FakeMessages, FakePersonLinks
from tests.services.auth.people import PASSWORD, enqueued, new_email, new_phone, noticed

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People, Person


@pytest.fixture
def messages() -> FakeMessages:
    return FakeMessages()


@pytest.fixture
def job_deps(deps: Deps, messages: FakeMessages) -> JobDeps:
    return JobDeps(
        db=deps.db,
        clock=deps.clock,
        vault=deps.vault,
        messages=messages,
        person_links=FakePersonLinks(),
        public_url="https://edge.test",
    )


@pytest.fixture
def person(people: People, deps: Deps) -> Person:
    """With a verified phone and address."""
    signed_up = people.sign_up(verified=True, email=new_email(), locale="fi")
    code = verifications.code_of(deps.vault, emails.start_verification(deps, account_id=signed_up.account_id))
    emails.confirm_email(deps, account_id=signed_up.account_id, code=code)
    return signed_up


def email_of(deps: Deps, account_id: AccountId) -> Email:
    return Email(accounts.get_me(deps, account_id=account_id).email)


def deliver(deps: Deps, job_deps: JobDeps, person: Person, event: str) -> None:
    for arguments in enqueued(deps, "auth.send_security_notice", account_id=person.account_id, event=event):
        jobs.send_security_notice(job_deps, **arguments)


def test_news_go_to_phone_and_mail_once(
    deps: Deps, job_deps: JobDeps, messages: FakeMessages, clock: FixedClock, person: Person
) -> None:
    happened = clock.now()
    passwords.change_password(
        deps, account_id=person.account_id, session_id=None, current=PASSWORD, new="another long secret"
    )
    clock.advance(timedelta(minutes=3))
    deliver(deps, job_deps, person, "PASSWORD_CHANGED")
    deliver(deps, job_deps, person, "PASSWORD_CHANGED")
    assert [(sent["to"], sent["locale"]) for sent in messages.sent] == [
        (person.phone, "fi"),
        (email_of(deps, person.account_id), "fi"),
    ]
    assert {repr(sent["news"]) for sent in messages.sent} == {
        repr(
            SecurityNews(event=SecurityEvent.PASSWORD_CHANGED, time=happened, link="https://edge.test/account/security")
        )
    }


def test_what_is_not_verified_is_told_nothing(
    people: People, deps: Deps, job_deps: JobDeps, messages: FakeMessages
) -> None:
    stranger = people.sign_up(email=new_email())
    passwords.change_password(
        deps, account_id=stranger.account_id, session_id=None, current=PASSWORD, new="another long secret"
    )
    deliver(deps, job_deps, stranger, "PASSWORD_CHANGED")
    assert messages.sent == []


def test_the_former_phone_and_address_are_told_too(
    people: People, deps: Deps, job_deps: JobDeps, messages: FakeMessages, person: Person
) -> None:
    former_phone, former_email = person.phone, email_of(deps, person.account_id)
    new = new_phone()
    people.verify(person, new)
    deliver(deps, job_deps, person, "PHONE_CHANGED")
    accounts.update_me(deps, account_id=person.account_id, etag_revision=None, changes={"email": new_email()})
    deliver(deps, job_deps, person, "EMAIL_CHANGED")
    told: dict[str, set[Phone | Email]] = {}
    for sent in messages.sent:
        told.setdefault(sent["news"].event, set()).add(sent["to"])
    assert told == {
        "PHONE_CHANGED": {new, former_phone, former_email},
        "EMAIL_CHANGED": {new, former_email},
    }
    # The queue holds neither.
    kept = str(enqueued(deps, "auth.send_security_notice", account_id=person.account_id))
    assert former_phone.e164 not in kept
    assert former_email.address not in kept


def test_a_waiting_recovery_says_until_when(
    deps: Deps, job_deps: JobDeps, messages: FakeMessages, clock: FixedClock, person: Person
) -> None:
    code = recovery_code(deps, job_deps, messages, SignInName(phone=person.phone))
    messages.sent.clear()
    form = recovery.Form(token=code[0], code=code[1], new_password=PASSWORD, second_factor=None)
    finished = recovery.finish_recovery(deps, form=form)
    deliver(deps, job_deps, person, "RECOVERY_STARTED")
    assert {sent["to"] for sent in messages.sent} == {person.phone, email_of(deps, person.account_id)}
    for sent in messages.sent:
        assert (sent["news"].event, sent["news"].available_time) == ("RECOVERY_STARTED", finished.waiting_until)


def recovery_code(
    deps: Deps, job_deps: JobDeps, messages: FakeMessages, name: SignInName
) -> tuple[str, str, dict[str, Any]]:
    started = recovery.start_recovery(deps, name=name)
    for _ in range(2):
        jobs.send_recovery_code(job_deps, **enqueued(deps, "auth.send_recovery_code")[-1])
    (sent,) = messages.sent
    return started.token, sent["code"], sent


def test_a_recovery_code_goes_where_it_was_asked_for(
    deps: Deps, job_deps: JobDeps, messages: FakeMessages, person: Person
) -> None:
    email = email_of(deps, person.account_id)
    names: list[tuple[SignInName, Phone | Email]] = [
        (SignInName(phone=person.phone), person.phone),
        (SignInName(email=Email(email.address.upper())), email),
    ]
    for name, to in names:
        _, code, sent = recovery_code(deps, job_deps, messages, name)
        assert (sent["to"], sent["locale"], sent["valid_for"]) == (to, "fi", timedelta(minutes=10))
        assert (len(code), code.isdigit()) == (6, True)
        messages.sent.clear()


def test_nobodys_recovery_sends_nothing(
    people: People, deps: Deps, job_deps: JobDeps, messages: FakeMessages, clock: FixedClock, person: Person
) -> None:
    for phone in (new_phone(), people.sign_up().phone):
        recovery.start_recovery(deps, name=SignInName(phone=phone))
        jobs.send_recovery_code(job_deps, **enqueued(deps, "auth.send_recovery_code")[-1])
    recovery.start_recovery(deps, name=SignInName(phone=person.phone))
    clock.advance(timedelta(minutes=9, seconds=30))
    jobs.send_recovery_code(job_deps, **enqueued(deps, "auth.send_recovery_code")[-1])
    assert messages.sent == []


def test_codes_by_mail(people: People, deps: Deps, job_deps: JobDeps, messages: FakeMessages) -> None:
    person = people.sign_up(email=new_email(), locale="hi-IN")
    emails.start_verification(deps, account_id=person.account_id)
    (arguments,) = enqueued(deps, "auth.send_email_code", account_id=person.account_id)
    messages.away = True
    with pytest.raises(PeerUnavailable):
        jobs.send_email_code(job_deps, **arguments)
    messages.away = False
    for _ in range(2):
        jobs.send_email_code(job_deps, **arguments)
    (sent,) = messages.sent
    assert (sent["email"], sent["locale"]) == (email_of(deps, person.account_id), "hi-IN")
    emails.confirm_email(deps, account_id=person.account_id, code=sent["code"])
    messages.sent.clear()
    jobs.send_email_code(job_deps, **arguments)
    assert messages.sent == []
    # The two kinds of code are not each other's.
    started = phones.start_verification(deps, account_id=person.account_id, phone=None)
    assert verifications.code_of(deps.vault, started) != sent["code"]


def test_what_is_over_is_swept(deps: Deps, job_deps: JobDeps, clock: FixedClock, person: Person) -> None:
    started = recovery.start_recovery(deps, name=SignInName(phone=person.phone))
    clock.advance(timedelta(days=2))
    jobs.sweep(job_deps)
    with deps.db.transaction() as tx:
        assert recoveries.load(tx, digest=digest(started.token)) is None
        assert tx.exec_driver_sql("SELECT count(*) FROM throttles").scalar_one() == 0


def test_a_device_that_was_not_seen_before(people: People, deps: Deps) -> None:
    person = people.sign_up()
    people.redeem(person.code)
    people.tokens(person)
    assert noticed(deps, person.account_id) == []
    for _ in range(2):
        people.redeem(people.sign_in(person, device_name="Another phone"))
    assert noticed(deps, person.account_id) == ["NEW_DEVICE"]
