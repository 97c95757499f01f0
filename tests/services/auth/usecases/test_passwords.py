"""Changing the password."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from services.auth.domain.errors.people import PasswordTooWeak
from services.auth.domain.errors.sign_in import FactorRefused, TooManyAttempts
from services.auth.domain.names import SessionId
from services.auth.usecases import passwords
from services.kit.ids import from_text
from tests.services.auth.people import PASSWORD, claims

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.services.auth.people import People


def test_a_new_password_ends_other_sessions(people: People, deps: Deps) -> None:
    person = people.sign_up()
    here, there = people.tokens(person), people.tokens(person)
    session = SessionId(from_text("ses", claims(here["access_token"])["sid"]))
    with pytest.raises(PasswordTooWeak) as refused:
        passwords.change_password(deps, account_id=person.account_id, session_id=session, current=PASSWORD, new="short")
    assert refused.value.fields[0].field == "new_password"
    passwords.change_password(
        deps, account_id=person.account_id, session_id=session, current=PASSWORD, new="another long secret"
    )
    assert people.refresh(here["refresh_token"])[0] == 200
    assert people.refresh(there["refresh_token"])[1]["error"] == "invalid_grant"
    with pytest.raises(FactorRefused):
        people.challenge(person)
    person.password = "another long secret"  # noqa: S105
    people.challenge(person)


def test_the_current_password_cannot_be_guessed_for_ever(people: People, deps: Deps) -> None:
    person = people.sign_up()
    for _ in range(10):
        with pytest.raises(FactorRefused):
            passwords.change_password(
                deps, account_id=person.account_id, session_id=None, current="a guess", new="another long secret"
            )
    with pytest.raises(TooManyAttempts):
        passwords.change_password(
            deps, account_id=person.account_id, session_id=None, current=PASSWORD, new="another long secret"
        )


def test_two_changes_at_once_are_one(people: People, deps: Deps) -> None:
    person = people.sign_up()

    def change(number: int) -> bool:
        try:
            passwords.change_password(
                deps, account_id=person.account_id, session_id=None, current=PASSWORD, new=f"another secret {number}"
            )
        except FactorRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(change, range(4))) == 1
