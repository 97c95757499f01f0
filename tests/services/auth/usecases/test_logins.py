"""Sign-in: the factors, and what parallel tries must not do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from services.auth import authenticator_apps
from services.auth.domain import totp
from services.auth.domain.attempts import LIMITS, Attempts, Purpose
from services.auth.domain.errors.sign_in import (
    AuthenticatorsLocked,
    ChallengeExpired,
    ClientUnknown,
    FactorOutOfTurn,
    FactorRefused,
    RedirectUriNotRegistered,
    ScopeUnknown,
    TooManyAttempts,
)
from services.auth.domain.login import Factor, Granted
from services.auth.domain.names import AccountId, SignInName
from services.auth.store import attempts
from services.auth.usecases import logins
from services.auth.usecases.factors import subject
from services.kit.failure import Failure
from tests.services.auth.people import new_phone, wrong

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People, Person


def outcome(deps: Deps, token: str, code: str) -> str:
    try:
        logins.answer_code(deps, token=token, code=code)
    except Failure as failure:
        return failure.reason
    return "OK"


def test_password_then_code_then_authorization_code(people: People, deps: Deps) -> None:
    person = people.sign_up()
    opened = logins.begin_login(
        deps, name=SignInName(account_id=person.account_id), request=people.request(state="s=1")
    )
    assert opened.factors == (Factor.PASSWORD, Factor.PASSKEY)
    opened = logins.answer_password(deps, token=opened.token, password=person.password)
    assert opened.factors == (Factor.TOTP, Factor.RECOVERY_CODE, Factor.PASSKEY)
    granted = logins.answer_code(deps, token=opened.token, code=people.totp(person))
    assert isinstance(granted, Granted)
    query = parse_qs(urlsplit(granted.redirect_to).query)
    assert query == {"code": [granted.code], "state": ["s=1"], "iss": ["https://edge.test"]}
    assert granted.expire_time - deps.clock.now() == timedelta(seconds=60)


def test_a_verified_phone_signs_in(people: People, deps: Deps) -> None:
    person = people.sign_up(verified=True)
    opened = logins.begin_login(deps, name=SignInName(phone=person.phone), request=people.request())
    opened = logins.answer_password(deps, token=opened.token, password=person.password)
    logins.answer_code(deps, token=opened.token, code=people.totp(person))


def test_an_unverified_phone_and_unknown_names_are_all_the_same(people: People, deps: Deps) -> None:
    unverified = people.sign_up()
    pending = people.start()
    names = (
        SignInName(phone=unverified.phone),
        SignInName(phone=new_phone()),
        SignInName(account_id=pending.account_id),
        SignInName(account_id=AccountId(deps.ids.new())),
    )
    for name in names:
        opened = logins.begin_login(deps, name=name, request=people.request())
        assert opened.factors == (Factor.PASSWORD, Factor.PASSKEY)
        for _ in range(10):
            with pytest.raises(FactorRefused):
                logins.answer_password(deps, token=opened.token, password=unverified.password)
        with pytest.raises(TooManyAttempts):
            logins.answer_password(deps, token=opened.token, password=unverified.password)


def test_wrong_passwords_add_up_over_challenges_and_names(people: People, deps: Deps, clock: FixedClock) -> None:
    person = people.sign_up(verified=True)
    for number in range(10):
        name = SignInName(phone=person.phone) if number % 2 else SignInName(account_id=person.account_id)
        opened = logins.begin_login(deps, name=name, request=people.request())
        with pytest.raises(FactorRefused):
            logins.answer_password(deps, token=opened.token, password="not this one")  # noqa: S106
    with pytest.raises(TooManyAttempts) as refused:
        people.challenge(person)
    assert refused.value.retry_after == timedelta(minutes=15)
    clock.advance(timedelta(minutes=15))
    people.challenge(person)


def test_factors_come_in_turn(people: People, deps: Deps) -> None:
    person = people.sign_up()
    opened = logins.begin_login(deps, name=SignInName(account_id=person.account_id), request=people.request())
    with pytest.raises(FactorOutOfTurn):
        logins.answer_code(deps, token=opened.token, code=people.totp(person))
    opened = logins.answer_password(deps, token=opened.token, password=person.password)
    with pytest.raises(FactorOutOfTurn):
        logins.answer_password(deps, token=opened.token, password=person.password)


def test_a_challenge_ends(people: People, deps: Deps, clock: FixedClock) -> None:
    person = people.sign_up()
    opened = people.challenge(person)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(ChallengeExpired):
        logins.answer_code(deps, token=opened.token, code=people.totp(person))
    opened = people.challenge(person)
    logins.answer_code(deps, token=opened.token, code=people.totp(person))
    with pytest.raises(ChallengeExpired):
        logins.answer_code(deps, token=opened.token, code=people.totp(person))
    with pytest.raises(ChallengeExpired):
        logins.answer_code(deps, token="x" * 43, code="123456")


def test_what_a_client_may_ask_for(people: People, deps: Deps) -> None:
    name = SignInName(phone=new_phone())
    with pytest.raises(ClientUnknown):
        logins.begin_login(deps, name=name, request=people.request(client_id="unknown"))
    with pytest.raises(RedirectUriNotRegistered):
        logins.begin_login(deps, name=name, request=people.request(redirect_uri="http://127.0.0.1/callback/"))
    with pytest.raises(ScopeUnknown):
        logins.begin_login(deps, name=name, request=people.request(scopes=frozenset(("bills:read", "root"))))


def test_fifty_uses_of_one_code_are_one(people: People, deps: Deps) -> None:
    person = people.sign_up()
    challenges = [people.challenge(person) for _ in range(50)]
    code = people.totp(person)
    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(lambda opened: outcome(deps, opened.token, code), challenges))
    assert outcomes.count("OK") == 1
    assert set(outcomes) <= {"OK", "FACTOR_REFUSED", "TOO_MANY_ATTEMPTS"}


def test_the_sixth_guess_is_refused_even_if_right_over_parallel_challenges(
    people: People, deps: Deps, clock: FixedClock
) -> None:
    person = people.sign_up()
    challenges = [people.challenge(person) for _ in range(8)]
    right = people.totp(person)
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda opened: outcome(deps, opened.token, wrong(right)), challenges))
    assert sorted(outcomes) == ["FACTOR_REFUSED"] * 5 + ["TOO_MANY_ATTEMPTS"] * 3
    assert outcome(deps, challenges[0].token, right) == "TOO_MANY_ATTEMPTS"
    clock.advance(timedelta(minutes=15))
    people.sign_in(person)


def test_a_hundred_wrong_codes_in_a_row_lock(people: People, deps: Deps, clock: FixedClock) -> None:
    person = people.sign_up()
    whom = subject(deps.vault, str(person.account_id))
    with deps.db.transaction() as tx:
        tried = Attempts((), LIMITS[Purpose.TOTP].in_a_row or 0)
        almost = replace(tried, in_a_row=tried.in_a_row - 1)
        attempts.save(tx, purpose=Purpose.TOTP, subject=whom, counted=almost, now=clock.now())
    opened = people.challenge(person)
    assert outcome(deps, opened.token, wrong(_now(person, clock))) == "FACTOR_REFUSED"
    clock.advance(timedelta(days=30))
    opened = people.challenge(person)
    with pytest.raises(AuthenticatorsLocked):
        logins.answer_code(deps, token=opened.token, code=people.totp(person))


def test_the_code_before_the_last_used_one_is_used_up_too(people: People, deps: Deps, clock: FixedClock) -> None:
    person = people.sign_up()
    clock.advance(timedelta(seconds=60))
    step = totp.step_of(clock.now())
    opened = people.challenge(person)
    logins.answer_code(deps, token=opened.token, code=authenticator_apps.code_at(person.secret, step + 1))
    for used in (step - 1, step, step + 1):
        opened = people.challenge(person)
        assert outcome(deps, opened.token, authenticator_apps.code_at(person.secret, used)) == "FACTOR_REFUSED"


def _now(person: Person, clock: FixedClock) -> str:
    return authenticator_apps.code_at(person.secret, totp.step_of(clock.now()))
