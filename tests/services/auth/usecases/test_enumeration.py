"""Nobody finds out who has an account: not by what is answered, not by what is asked of the database, not by time."""

from __future__ import annotations

import logging
import statistics
import time
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from services.auth.domain.names import AccountId, Email, SignInName
from services.auth.usecases import accounts, emails, logins, recovery, verifications
from services.auth.usecases.recovery import Form
from services.kit.failure import Failure
from tests.fakes.passkeys import SoftAuthenticator
from tests.services.auth.people import PASSWORD, audited, enqueued, new_email, new_phone, note_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People, Person

TRIES = 60
WRONG = "not this one"


@contextmanager
def statements(deps: Deps) -> Iterator[list[str]]:
    """What the database is asked, in order."""
    engine = deps.db._engine
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def said(call: Callable[[], object]) -> tuple[str, dict[str, str]]:
    """The refusal, or the kind of answer."""
    try:
        return type(call()).__name__, {}
    except Failure as failure:
        return failure.reason + failure.message, failure.metadata


@pytest.fixture
def person(people: People, deps: Deps) -> Person:
    """Someone whose phone and address are verified."""
    signed_up = people.sign_up(verified=True, email=new_email())
    code = verifications.code_of(deps.vault, emails.start_verification(deps, account_id=signed_up.account_id))
    emails.confirm_email(deps, account_id=signed_up.account_id, code=code)
    return signed_up


def address_of(deps: Deps, person: Person) -> str:
    return accounts.get_me(deps, account_id=person.account_id).email


def names(deps: Deps, person: Person) -> list[tuple[SignInName, SignInName]]:
    """Known and unknown ones of each kind."""
    return [
        (SignInName(phone=person.phone), SignInName(phone=new_phone())),
        (SignInName(email=Email(address_of(deps, person).upper())), SignInName(email=Email(new_email()))),
        (SignInName(account_id=person.account_id), SignInName(account_id=AccountId(deps.ids.new()))),
    ]


def test_signing_in(people: People, deps: Deps, person: Person) -> None:
    device = SoftAuthenticator("https://edge.test")

    def attempt(name: SignInName) -> tuple[object, list[str]]:
        with statements(deps) as asked:
            opened = logins.begin_login(deps, name=name, request=people.request())
            guess = partial(logins.answer_password, deps, token=opened.token, password=WRONG)
            answers = [said(guess)]
            answers.append(said(lambda: logins.answer_code(deps, token=opened.token, code="123456")))
            if not device.residents:
                device.create('{"excludeCredentials":[],"rp":{"id":"edge.test"},"user":{"id":"AAAA"},"challenge":"AA"}')
            passkey = device.get(opened.passkey_options)
            answers.append(said(lambda: logins.answer_passkey(deps, token=opened.token, answer=passkey)))
            answers += [said(guess) for _ in range(10)]
        return (opened.factors, len(opened.token), len(opened.passkey_options), answers), asked

    for known, unknown in names(deps, person):
        assert attempt(known) == attempt(unknown)
        people.clock.advance(timedelta(minutes=16))


def test_recovering(people: People, deps: Deps, person: Person) -> None:
    def attempt(name: SignInName) -> tuple[object, list[str]]:
        with statements(deps) as asked:
            started = recovery.start_recovery(deps, name=name)
            form = Form(token=started.token, code="000000", new_password=PASSWORD, second_factor=None)
            answers = [said(lambda: recovery.finish_recovery(deps, form=form)) for _ in range(6)]
        return (len(started.token), answers), asked

    for known, unknown in names(deps, person)[:2]:
        assert attempt(known) == attempt(unknown)


def test_signing_up(people: People, deps: Deps, person: Person) -> None:
    def attempt(**values: Any) -> tuple[object, list[str]]:
        form = people.form(values.pop("phone", new_phone()), **values)
        with statements(deps) as asked:
            made = accounts.create_account(deps, form=form)
        shown = (made.challenge.factors, len(made.challenge.token), len(made.otpauth_uri), len(made.enrolment.secret))
        return shown, asked

    assert attempt(phone=person.phone) == attempt()
    assert attempt(email=address_of(deps, person)) == attempt(email=new_email())


def spread(times: list[float]) -> float:
    """How far tries lie from their median, half of them nearer."""
    middle = statistics.median(times)
    return statistics.median(abs(one - middle) for one in times)


@pytest.mark.parametrize("what", ["sign in", "recover"])
def test_the_time_it_takes(people: People, deps: Deps, person: Person, clock: FixedClock, what: str) -> None:
    """Known and unknown names in turn. Fails only on a difference that no noise explains; the ratio is logged."""

    def sign_in(name: SignInName) -> None:
        opened = logins.begin_login(deps, name=name, request=people.request())
        said(lambda: logins.answer_password(deps, token=opened.token, password=WRONG))

    def recover(name: SignInName) -> None:
        started = recovery.start_recovery(deps, name=name)
        form = Form(token=started.token, code="000000", new_password=PASSWORD, second_factor=None)
        said(lambda: recovery.finish_recovery(deps, form=form))

    attempt = sign_in if what == "sign in" else recover
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * TRIES):
        known = number % 2 == 0
        clock.advance(timedelta(minutes=11))
        name = SignInName(phone=person.phone if known else new_phone())
        began = time.perf_counter()
        attempt(name)
        times[known].append(time.perf_counter() - began)
    medians = {known: statistics.median(taken) for known, taken in times.items()}
    ratio = medians[True] / medians[False]
    logging.getLogger(__name__).info("%s: known/unknown = %.3f", what, ratio)
    noise = max(spread(taken) for taken in times.values())
    assert abs(medians[True] - medians[False]) < 3 * noise, f"known/unknown = {ratio:.2f}"


def test_what_was_tried_is_noted_of_people_alone(people: People, deps: Deps, person: Person) -> None:
    nobody = AccountId(deps.ids.new())
    for account_id in (person.account_id, nobody):
        opened = logins.begin_login(deps, name=SignInName(account_id=account_id), request=people.request())
        said(partial(logins.answer_password, deps, token=opened.token, password=WRONG))
        assert len(enqueued(deps, "auth.note", account_id=account_id)) == 1
        for _ in range(2):
            note_all(deps, account_id)
    assert audited(deps, person.account_id)["sign_in.factor_refused"] == 1
    assert audited(deps, nobody) == {}
