"""Recovery: a new password with the second factor at once, without it only after three days in which one may say no."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.auth import authenticator_apps
from services.auth.domain import totp
from services.auth.domain.attempts import LIMITS, Attempts, Purpose
from services.auth.domain.errors.people import PasswordTooWeak, VerificationCodeWrong, VerificationExpired
from services.auth.domain.errors.sign_in import AuthenticatorsLocked, FactorRefused, TooManyAttempts
from services.auth.domain.login import Factor
from services.auth.domain.names import Email, SignInName
from services.auth.domain.totp import AuthenticatorState
from services.auth.store import attempts, recoveries
from services.auth.usecases import accounts, authenticators, emails, logins, passkeys, recovery, verifications
from services.auth.usecases.deps import digest
from services.auth.usecases.factors import SecondFactor, subject
from services.auth.usecases.recovery import Finished, Form, Started
from tests.fakes.passkeys import SoftAuthenticator
from tests.services.auth.people import audited, enqueued, new_phone, note_all, noticed, wrong

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People, Person

NEW = "an entirely new secret"
THREE_DAYS = timedelta(hours=72)


def code_of(deps: Deps, started: Started) -> str:
    with deps.db.transaction() as tx:
        found = recoveries.load(tx, digest=digest(started.token))
    assert found is not None
    return recovery.recovery_code_of(deps.vault, found.id)


def finish(deps: Deps, started: Started, second: SecondFactor | None = None, **values: str) -> Finished:
    given = {"token": started.token, "code": code_of(deps, started), "new_password": NEW} | values
    return recovery.finish_recovery(deps, form=Form(**given, second_factor=second))


def recover(deps: Deps, person: Person, second: SecondFactor | None = None, **values: str) -> Finished:
    return finish(deps, recovery.start_recovery(deps, name=SignInName(phone=person.phone)), second, **values)


def by_totp(people: People, person: Person) -> SecondFactor:
    return SecondFactor(factor=Factor.TOTP, code=people.totp(person))


@pytest.fixture
def person(people: People) -> Person:
    return people.sign_up(verified=True)


def test_with_the_authenticator_at_once(people: People, deps: Deps, person: Person) -> None:
    tokens = people.tokens(person)
    assert recover(deps, person, by_totp(people, person)) == Finished()
    assert people.refresh(tokens["refresh_token"])[1]["error"] == "invalid_grant"
    with pytest.raises(FactorRefused):
        people.challenge(person)
    person.password = NEW
    people.sign_in(person)
    note_all(deps, person.account_id)
    noted = audited(deps, person.account_id)
    assert (noted["recovery.started"], noted["recovery.finished"]) == (1, 1)
    assert noticed(deps, person.account_id) == ["PASSWORD_CHANGED"]
    assert len(authenticators.list_authenticators(deps, account_id=person.account_id)) == 1


def test_with_a_recovery_code_and_by_mail(people: People, deps: Deps) -> None:
    person = people.sign_up(email="recover@mail.test")
    code = verifications.code_of(deps.vault, emails.start_verification(deps, account_id=person.account_id))
    emails.confirm_email(deps, account_id=person.account_id, code=code)
    codes = authenticators.regenerate_recovery_codes(deps, account_id=person.account_id)
    for number in range(2):
        started = recovery.start_recovery(deps, name=SignInName(email=Email("Recover@mail.test")))
        second = SecondFactor(factor=Factor.RECOVERY_CODE, code=codes[0])
        if number:
            with pytest.raises(FactorRefused):
                finish(deps, started, second)
        else:
            assert finish(deps, started, second) == Finished()
    person.password = NEW
    people.sign_in(person)


def test_a_wrong_second_factor_changes_nothing_and_counts(people: People, deps: Deps, person: Person) -> None:
    tokens = people.tokens(person)
    with pytest.raises(FactorRefused):
        recover(deps, person, SecondFactor(factor=Factor.TOTP, code=wrong(people.totp(person))))
    assert people.refresh(tokens["refresh_token"])[0] == 200
    people.sign_in(person)
    assert audited(deps, person.account_id)["sign_in.factor_refused"] == 1


def test_its_tries_are_those_of_sign_ins(people: People, deps: Deps, person: Person) -> None:
    started = recovery.start_recovery(deps, name=SignInName(phone=person.phone))
    right = people.totp(person)
    for _ in range(3):
        with pytest.raises(FactorRefused):
            finish(deps, started, SecondFactor(factor=Factor.TOTP, code=wrong(right)))
    opened = people.challenge(person)
    for _ in range(2):
        with pytest.raises(FactorRefused):
            logins.answer_code(deps, token=opened.token, code=wrong(right))
    with pytest.raises(TooManyAttempts):
        finish(deps, started, SecondFactor(factor=Factor.TOTP, code=right))
    with pytest.raises(TooManyAttempts):
        logins.answer_code(deps, token=opened.token, code=right)


def test_the_code_of_the_message(people: People, deps: Deps, clock: FixedClock, person: Person) -> None:
    started = recovery.start_recovery(deps, name=SignInName(phone=person.phone))
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(VerificationCodeWrong) as refused:
            finish(deps, started, code=wrong(code_of(deps, started)))
        assert refused.value.metadata == {"tries_left": str(left)}
    with pytest.raises(VerificationExpired):
        finish(deps, started)
    with pytest.raises(VerificationExpired):
        finish(deps, started, token="x" * 43)
    started = recovery.start_recovery(deps, name=SignInName(phone=person.phone))
    clock.advance(timedelta(minutes=10))
    with pytest.raises(VerificationExpired):
        finish(deps, started)
    started = recovery.start_recovery(deps, name=SignInName(phone=person.phone))
    finish(deps, started, by_totp(people, person))
    with pytest.raises(VerificationExpired):
        finish(deps, started, by_totp(people, person))


@pytest.mark.parametrize("password", ["short", "iloveyou", "Asha Rao"])
def test_a_weak_password_is_refused_and_costs_no_try(people: People, deps: Deps, person: Person, password: str) -> None:
    started = recovery.start_recovery(deps, name=SignInName(phone=person.phone))
    for _ in range(6):
        with pytest.raises(PasswordTooWeak):
            finish(deps, started, by_totp(people, person), new_password=password)
    finish(deps, started, by_totp(people, person))


def test_without_a_second_factor_one_waits_three_days(
    people: People, deps: Deps, clock: FixedClock, person: Person
) -> None:
    tokens = people.tokens(person)
    device = SoftAuthenticator("https://edge.test")
    begun = passkeys.begin_registration(deps, account_id=person.account_id)
    passkeys.finish_registration(
        deps,
        account_id=person.account_id,
        token=begun.token,
        answer=device.create(begun.options),
        display_name="Key",
    )
    codes = authenticators.regenerate_recovery_codes(deps, account_id=person.account_id)
    available = clock.now() + THREE_DAYS
    assert recover(deps, person) == Finished(waiting_until=available)
    # Nothing has changed, and the person is told at once.
    assert people.refresh(tokens["refresh_token"])[0] == 200
    me = accounts.get_me(deps, account_id=person.account_id)
    assert (me.recovery_available_time, me.recovery_codes_left) == (available, 10)
    (notice,) = enqueued(deps, "auth.send_security_notice", account_id=person.account_id, event="RECOVERY_STARTED")
    assert notice["available_time"] == available.isoformat()
    clock.advance(THREE_DAYS - timedelta(hours=1))
    assert recover(deps, person) == Finished(waiting_until=available)
    assert noticed(deps, person.account_id).count("RECOVERY_STARTED") == 1
    clock.advance(timedelta(hours=1))
    finished = recover(deps, person)
    assert finished.enrolment is not None
    shown = finished.enrolment.enrolment
    # All that was is gone; the new authenticator signs in, and is confirmed by it.
    old = people.totp(person)
    person.password = NEW
    opened = people.challenge(person)
    for code, factor in ((old, Factor.TOTP), (codes[0], Factor.RECOVERY_CODE)):
        with pytest.raises(FactorRefused):
            logins.answer_code(deps, token=opened.token, code=code, factor=factor)
    with pytest.raises(FactorRefused):
        logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))
    clock.advance(totp.PENDING_FOR + timedelta(minutes=1))
    opened = people.challenge(person)
    code = authenticator_apps.code_at(shown.secret, totp.step_of(clock.now()))
    logins.answer_code(deps, token=opened.token, code=code)
    (kept,) = authenticators.list_authenticators(deps, account_id=person.account_id)
    assert (kept.id, kept.state) == (shown.authenticator.id, AuthenticatorState.CONFIRMED)
    assert people.refresh(tokens["refresh_token"])[1]["error"] == "invalid_grant"
    assert audited(deps, person.account_id)["recovery.factors_reset"] == 1
    assert noticed(deps, person.account_id)[-1] == "FACTORS_RESET"
    assert accounts.get_me(deps, account_id=person.account_id).recovery_available_time is None


@pytest.mark.parametrize("how", ["sign in", "cancel", "recover with the second factor"])
def test_whoever_has_both_factors_ends_it(
    people: People, deps: Deps, clock: FixedClock, person: Person, how: str
) -> None:
    recover(deps, person)
    clock.advance(timedelta(hours=71))
    if how == "sign in":
        people.sign_in(person)
    elif how == "cancel":
        recovery.cancel_recovery(deps, account_id=person.account_id)
    else:
        recover(deps, person, by_totp(people, person))
    assert accounts.get_me(deps, account_id=person.account_id).recovery_available_time is None
    assert noticed(deps, person.account_id)[:2] == ["RECOVERY_STARTED", "RECOVERY_CANCELLED"]
    clock.advance(timedelta(hours=2))
    assert recover(deps, person) == Finished(waiting_until=clock.now() + THREE_DAYS)


def test_a_password_alone_does_not_end_it(people: People, deps: Deps, person: Person) -> None:
    waiting = recover(deps, person).waiting_until
    people.challenge(person)
    assert accounts.get_me(deps, account_id=person.account_id).recovery_available_time == waiting


def test_a_wait_that_nobody_came_back_for_begins_anew(
    people: People, deps: Deps, clock: FixedClock, person: Person
) -> None:
    recover(deps, person)
    clock.advance(THREE_DAYS + timedelta(days=7))
    assert recover(deps, person) == Finished(waiting_until=clock.now() + THREE_DAYS)
    assert noticed(deps, person.account_id) == ["RECOVERY_STARTED", "RECOVERY_STARTED"]


def test_it_takes_the_lock_away(people: People, deps: Deps, clock: FixedClock, person: Person) -> None:
    locked = Attempts((), LIMITS[Purpose.TOTP].in_a_row or 0)
    with deps.db.transaction() as tx:
        whom = subject(deps.vault, str(person.account_id))
        attempts.load_for_update(tx, purpose=Purpose.TOTP, subject=whom, now=clock.now())
        attempts.save(tx, purpose=Purpose.TOTP, subject=whom, counted=locked, now=clock.now())
    opened = people.challenge(person)
    with pytest.raises(AuthenticatorsLocked):
        logins.answer_code(deps, token=opened.token, code=people.totp(person))
    with pytest.raises(FactorRefused):
        recover(deps, person, SecondFactor(factor=Factor.TOTP, code=wrong(people.totp(person))))
    recover(deps, person, by_totp(people, person))
    person.password = NEW
    people.sign_in(person)


def test_an_unverified_phone_recovers_nothing(people: People, deps: Deps) -> None:
    person = people.sign_up()
    for phone in (person.phone, new_phone()):
        started = recovery.start_recovery(deps, name=SignInName(phone=phone))
        # Not even with the code, which nobody was sent.
        with pytest.raises(VerificationCodeWrong):
            finish(deps, started, by_totp(people, person))
    people.sign_in(person)


def test_three_an_hour_about_one_name(people: People, deps: Deps, clock: FixedClock, person: Person) -> None:
    for phone in (person.phone, new_phone()):
        for _ in range(3):
            recovery.start_recovery(deps, name=SignInName(phone=phone))
        with pytest.raises(TooManyAttempts):
            recovery.start_recovery(deps, name=SignInName(phone=phone))
    clock.advance(timedelta(minutes=20))
    recovery.start_recovery(deps, name=SignInName(phone=person.phone))
