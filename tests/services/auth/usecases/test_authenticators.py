"""Authenticators beyond the first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from services.auth import authenticator_apps
from services.auth.domain import totp
from services.auth.domain.errors.authenticators import (
    AuthenticatorAlreadyConfirmed,
    AuthenticatorNotFound,
    LastAuthenticator,
    TooManyAuthenticators,
)
from services.auth.domain.errors.sign_in import FactorRefused
from services.auth.domain.names import AuthenticatorId
from services.auth.domain.totp import AuthenticatorState
from services.auth.usecases import authenticators, logins
from services.kit.failure import Failure
from services.kit.idempotency import RequestIdReused
from tests.services.auth.people import Person

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People


def add(people: People, deps: Deps, person: Person, name: str = "Work phone") -> Person:
    """The same person with another, confirmed authenticator."""
    shown = authenticators.create_authenticator(
        deps, account_id=person.account_id, display_name=name, request_id=uuid4()
    )
    added = Person(person.account_id, person.phone, shown.enrolment.secret, shown.enrolment.authenticator.id)
    confirmed = authenticators.confirm_authenticator(
        deps,
        account_id=person.account_id,
        authenticator_id=AuthenticatorId(added.authenticator_id),
        code=people.totp(added),
    )
    assert confirmed.state is AuthenticatorState.CONFIRMED
    return added


def test_each_of_five_signs_in(people: People, deps: Deps) -> None:
    person = people.sign_up()
    everyone = [person, *(add(people, deps, person, f"Phone {number}") for number in range(4))]
    with pytest.raises(TooManyAuthenticators):
        add(people, deps, person)
    for one in everyone:
        people.sign_in(one)
    names = [found.display_name for found in authenticators.list_authenticators(deps, account_id=person.account_id)]
    assert names == ["Authenticator", "Phone 0", "Phone 1", "Phone 2", "Phone 3"]


def test_a_pending_one_signs_nobody_in_and_lapses(people: People, deps: Deps, clock: FixedClock) -> None:
    person = people.sign_up()
    shown = authenticators.create_authenticator(
        deps, account_id=person.account_id, display_name="Lost", request_id=uuid4()
    )
    pending = Person(person.account_id, person.phone, shown.enrolment.secret, shown.enrolment.authenticator.id)
    opened = people.challenge(person)
    with pytest.raises(FactorRefused):
        logins.answer_code(deps, token=opened.token, code=people.totp(pending))
    clock.advance(timedelta(hours=2))
    assert len(authenticators.list_authenticators(deps, account_id=person.account_id)) == 1
    with pytest.raises(AuthenticatorNotFound):
        authenticators.confirm_authenticator(
            deps,
            account_id=person.account_id,
            authenticator_id=AuthenticatorId(pending.authenticator_id),
            code=people.totp(pending),
        )
    for number in range(4):
        add(people, deps, person, f"Phone {number}")


def test_the_confirming_code_does_not_sign_in_as_well(people: People, deps: Deps, clock: FixedClock) -> None:
    person = people.sign_up()
    added = add(people, deps, person)
    opened = people.challenge(person)
    code = authenticator_apps.code_at(added.secret, totp.step_of(clock.now()))
    with pytest.raises(FactorRefused):
        logins.answer_code(deps, token=opened.token, code=code)
    with pytest.raises(AuthenticatorAlreadyConfirmed):
        authenticators.confirm_authenticator(
            deps,
            account_id=person.account_id,
            authenticator_id=AuthenticatorId(added.authenticator_id),
            code=people.totp(added),
        )


def test_a_repeated_request_shows_the_same_secret_while_it_is_pending(people: People, deps: Deps) -> None:
    person = people.sign_up()
    request_id = uuid4()

    def create(name: str = "Work phone") -> authenticators.Shown:
        return authenticators.create_authenticator(
            deps, account_id=person.account_id, display_name=name, request_id=request_id
        )

    with ThreadPoolExecutor(4) as threads:
        secrets = {shown.enrolment.secret for shown in threads.map(lambda _: create(), range(4))}
    assert len(secrets) == 1
    with pytest.raises(RequestIdReused):
        create("Other")
    shown = create()
    added = Person(person.account_id, person.phone, shown.enrolment.secret, shown.enrolment.authenticator.id)
    authenticators.confirm_authenticator(
        deps,
        account_id=person.account_id,
        authenticator_id=shown.enrolment.authenticator.id,
        code=people.totp(added),
    )
    with pytest.raises(AuthenticatorAlreadyConfirmed):
        create()


def test_the_last_confirmed_one_stays(people: People, deps: Deps) -> None:
    person = people.sign_up()
    first = AuthenticatorId(person.authenticator_id)
    with pytest.raises(LastAuthenticator):
        authenticators.delete_authenticator(deps, account_id=person.account_id, authenticator_id=first)
    added = AuthenticatorId(add(people, deps, person).authenticator_id)

    def delete(authenticator_id: AuthenticatorId) -> str:
        try:
            authenticators.delete_authenticator(deps, account_id=person.account_id, authenticator_id=authenticator_id)
        except Failure as failure:
            return failure.reason
        return "OK"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(delete, (first, added))) == ["LAST_AUTHENTICATOR", "OK"]


def test_anothers_is_not_found(people: People, deps: Deps) -> None:
    mine, theirs = people.sign_up(), people.sign_up()
    with pytest.raises(AuthenticatorNotFound):
        authenticators.delete_authenticator(
            deps, account_id=mine.account_id, authenticator_id=AuthenticatorId(theirs.authenticator_id)
        )
