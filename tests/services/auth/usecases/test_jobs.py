"""What the worker does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.auth.domain.errors.people import AccountNotFound
from services.auth.usecases import accounts, jobs, phones
from services.auth.usecases.deps import JobDeps
from services.kit.errors import PeerUnavailable
from services.kit.ids import to_text
from tests.services.auth.fakes import FakeMessages, FakePersonLinks
from tests.services.auth.people import new_phone
from tests.services.auth.shops import open_shop
from tests.services.auth.usecases.test_members import invite

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People


@pytest.fixture
def messages() -> FakeMessages:
    return FakeMessages()


@pytest.fixture
def links() -> FakePersonLinks:
    return FakePersonLinks()


@pytest.fixture
def job_deps(deps: Deps, messages: FakeMessages, links: FakePersonLinks) -> JobDeps:
    return JobDeps(
        db=deps.db,
        clock=deps.clock,
        vault=deps.vault,
        messages=messages,
        person_links=links,
        public_url="https://edge.test",
    )


def test_the_code_is_sent_once_for_each_asking(
    people: People, deps: Deps, job_deps: JobDeps, messages: FakeMessages, clock: FixedClock
) -> None:
    person = people.sign_up(locale="hi-IN")
    started = phones.start_verification(deps, account_id=person.account_id, phone=None)
    arguments = {"account_id": str(person.account_id), "verification_id": str(started.id)}
    for _ in range(2):
        jobs.send_phone_code(job_deps, **arguments, number=1)
    jobs.send_phone_code(job_deps, **arguments, number=2)
    assert len(messages.sent) == 2
    sent = messages.sent[0]
    assert (sent["phone"], sent["locale"], sent["valid_for"]) == (person.phone, "hi-IN", timedelta(minutes=10))
    phones.confirm_phone(deps, account_id=person.account_id, code=sent["code"])
    jobs.send_phone_code(job_deps, **arguments, number=3)
    clock.advance(timedelta(minutes=10))
    jobs.send_phone_code(job_deps, **arguments, number=4)
    assert len(messages.sent) == 2


def test_the_owner_of_a_phone_is_told_of_a_sign_up_once_a_day(
    people: People, job_deps: JobDeps, messages: FakeMessages
) -> None:
    owner = people.sign_up(verified=True)
    for _ in range(3):
        jobs.notice_sign_up(job_deps, account_id=str(people.start(owner.phone).account_id))
    jobs.notice_sign_up(job_deps, account_id=str(people.start().account_id))
    jobs.notice_sign_up(job_deps, account_id=str(owner.account_id))
    (sent,) = messages.sent
    assert (sent["phone"], sent["link"]) == (owner.phone, "https://edge.test/sign-in")


def test_an_invitation_names_who_invites(people: People, deps: Deps, job_deps: JobDeps, messages: FakeMessages) -> None:
    owner = people.sign_up()
    shop = open_shop(deps, owner)
    phone = new_phone()
    member_id = invite(deps, shop, owner, phone)
    jobs.send_invitation(job_deps, merchant_id=str(shop), member_id=str(member_id))
    (sent,) = messages.sent
    assert (sent["to"], sent["merchant_name"], sent["inviter_name"]) == (phone, "Corner Shop", "Asha Rao")
    assert sent["key"] == f"{to_text('mbr', member_id)}:invited"


def test_a_verified_phone_is_linked(people: People, job_deps: JobDeps, links: FakePersonLinks) -> None:
    verified, unverified = people.sign_up(verified=True), people.sign_up()
    jobs.link_phone(job_deps, account_id=str(verified.account_id))
    jobs.link_phone(job_deps, account_id=str(unverified.account_id))
    assert links.linked == [(verified.account_id, verified.phone)]


def test_a_peer_that_is_away_is_asked_again_and_a_refusal_is_final(
    people: People, job_deps: JobDeps, messages: FakeMessages, deps: Deps
) -> None:
    person = people.sign_up()
    started = phones.start_verification(deps, account_id=person.account_id, phone=None)
    arguments = {"account_id": str(person.account_id), "verification_id": str(started.id)}
    messages.away = True
    with pytest.raises(PeerUnavailable):
        jobs.send_phone_code(job_deps, **arguments, number=1)
    messages.away = False
    messages.refuses = True
    jobs.send_phone_code(job_deps, **arguments, number=1)
    assert messages.sent == []


def test_the_sweep_takes_unfinished_sign_ups_and_leaves_people(
    people: People, deps: Deps, job_deps: JobDeps, clock: FixedClock
) -> None:
    person, abandoned = people.sign_up(), people.start()
    clock.advance(timedelta(hours=1))
    jobs.sweep(job_deps)
    accounts.get_me(deps, account_id=abandoned.account_id)
    clock.advance(timedelta(days=2))
    jobs.sweep(job_deps)
    with pytest.raises(AccountNotFound):
        accounts.get_me(deps, account_id=abandoned.account_id)
    people.sign_in(person)
