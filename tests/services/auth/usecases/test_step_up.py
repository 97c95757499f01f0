"""Step-up: both factors again, or a passkey, and the session counts as new."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from services.auth.domain.errors.sign_in import (
    ChallengeExpired,
    FactorRefused,
    SessionNotFound,
    TooManyAttempts,
)
from services.auth.domain.login import Factor, SteppedUp
from services.auth.domain.names import SessionId
from services.auth.usecases import logins, passkeys, sessions, step_up
from services.kit.failure import Failure
from services.kit.ids import from_text
from tests.fakes.passkeys import SoftAuthenticator
from tests.services.auth.people import audited, claims, wrong

if TYPE_CHECKING:
    from services.auth.domain.login import Opened
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People, Person


@pytest.fixture
def person(people: People) -> Person:
    return people.sign_up()


@pytest.fixture
def tokens(people: People, person: Person) -> dict[str, Any]:
    """Of the session to step up."""
    return people.tokens(person)


def session_of(tokens: dict[str, Any]) -> SessionId:
    return SessionId(from_text("ses", claims(tokens["access_token"])["sid"]))


def begin(deps: Deps, person: Person, tokens: dict[str, Any]) -> Opened:
    return step_up.begin_step_up(deps, account_id=person.account_id, session_id=session_of(tokens))


def test_the_next_refresh_tells_of_it(
    people: People, deps: Deps, clock: FixedClock, person: Person, tokens: dict[str, Any]
) -> None:
    clock.advance(timedelta(hours=1))
    opened = begin(deps, person, tokens)
    assert opened.factors == (Factor.PASSWORD, Factor.PASSKEY)
    logins.answer_password(deps, token=opened.token, password=person.password)
    stepped_up = logins.answer_code(deps, token=opened.token, code=people.totp(person))
    assert stepped_up == SteppedUp(auth_time=clock.now())
    before, (status, after) = claims(tokens["access_token"]), people.refresh(tokens["refresh_token"])
    assert status == 200, after
    said = claims(after["access_token"])
    assert said["sid"] == before["sid"]
    assert before["auth_time"] < said["auth_time"]
    assert said["auth_time"] == int(clock.now().timestamp())
    assert audited(deps, person.account_id)["sign_in.stepped_up"] == 1
    with pytest.raises(ChallengeExpired):
        logins.answer_code(deps, token=opened.token, code=people.totp(person))


def test_a_passkey_alone_steps_up(people: People, deps: Deps, person: Person, tokens: dict[str, Any]) -> None:
    device = SoftAuthenticator("https://edge.test")
    begun = passkeys.begin_registration(deps, account_id=person.account_id)
    answer = device.create(begun.options)
    passkeys.finish_registration(
        deps, account_id=person.account_id, token=begun.token, answer=answer, display_name="Key"
    )
    opened = begin(deps, person, tokens)
    answered = logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))
    assert isinstance(answered, SteppedUp)
    assert claims(people.refresh(tokens["refresh_token"])[1]["access_token"])["amr"] == ["hwk", "user", "mfa"]


def test_the_password_alone_changes_nothing(
    people: People, deps: Deps, clock: FixedClock, person: Person, tokens: dict[str, Any]
) -> None:
    clock.advance(timedelta(hours=1))
    opened = begin(deps, person, tokens)
    logins.answer_password(deps, token=opened.token, password=person.password)
    after = claims(people.refresh(tokens["refresh_token"])[1]["access_token"])
    assert after["auth_time"] == claims(tokens["access_token"])["auth_time"]


def test_only_a_living_session_of_ones_own(people: People, deps: Deps, person: Person, tokens: dict[str, Any]) -> None:
    other = people.sign_up()
    with pytest.raises(SessionNotFound):
        begin(deps, other, tokens)
    with pytest.raises(SessionNotFound):
        step_up.begin_step_up(deps, account_id=person.account_id, session_id=None)
    opened = begin(deps, person, tokens)
    logins.answer_password(deps, token=opened.token, password=person.password)
    sessions.revoke_session(deps, account_id=person.account_id, session_id=session_of(tokens))
    with pytest.raises(ChallengeExpired):
        logins.answer_code(deps, token=opened.token, code=people.totp(person))
    with pytest.raises(SessionNotFound):
        begin(deps, person, tokens)


def test_wrong_codes_add_up_with_those_of_sign_ins(
    people: People, deps: Deps, person: Person, tokens: dict[str, Any]
) -> None:
    challenges = [begin(deps, person, tokens) for _ in range(4)]
    for opened in challenges:
        logins.answer_password(deps, token=opened.token, password=person.password)
    challenges += [people.challenge(person) for _ in range(4)]
    right = people.totp(person)

    def guess(opened: Opened) -> str:
        try:
            logins.answer_code(deps, token=opened.token, code=wrong(right))
        except Failure as failure:
            return failure.reason
        return "OK"

    with ThreadPoolExecutor(8) as threads:
        outcomes = sorted(threads.map(guess, challenges))
    assert outcomes == ["FACTOR_REFUSED"] * 5 + ["TOO_MANY_ATTEMPTS"] * 3
    with pytest.raises(TooManyAttempts):
        logins.answer_code(deps, token=challenges[0].token, code=right)


def test_the_password_of_another_does_not_help(
    people: People, deps: Deps, person: Person, tokens: dict[str, Any]
) -> None:
    opened = begin(deps, person, tokens)
    with pytest.raises(FactorRefused):
        logins.answer_password(deps, token=opened.token, password="another's long one")  # noqa: S106
