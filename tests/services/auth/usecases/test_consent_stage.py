"""A challenge that asks whether a third party's client may, after both factors."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.auth.domain.errors.sign_in import ChallengeExpired, FactorOutOfTurn
from services.auth.domain.login import Opened
from services.auth.domain.names import SignInName
from services.auth.usecases import logins
from tests.services.auth.partners import Partners, query_of
from tests.services.auth.people import audited, claims
from tests.services.auth.shops import open_shop

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.partners import Partner
    from tests.services.auth.people import People, Person


@pytest.fixture
def partners(deps: Deps, people: People) -> Partners:
    return Partners(deps, people)


@pytest.fixture
def partner(deps: Deps, people: People, partners: Partners) -> Partner:
    owner = people.sign_up()
    return partners.register(owner, open_shop(deps, owner))


def asked(deps: Deps, people: People, partners: Partners, partner: Partner, person: Person) -> Opened:
    """The challenge after both factors."""
    handle = partners.handle(partner)
    opened = logins.begin_login(deps, name=SignInName(account_id=person.account_id), handle=handle, device_name="Test")
    opened = logins.answer_password(deps, token=opened.token, password=person.password)
    answered = logins.answer_code(deps, token=opened.token, code=people.totp(person))
    assert isinstance(answered, Opened)
    return answered


def test_who_asks_and_for_what(
    deps: Deps, people: People, partners: Partners, partner: Partner, clock: FixedClock
) -> None:
    person = people.sign_up()
    opened = asked(deps, people, partners, partner, person)
    assert opened.factors == ()
    assert opened.consent is not None
    assert (opened.consent.client_id, opened.consent.client_name, opened.consent.publisher_name) == (
        partner.client_id,
        "Ledger Sync",
        "Corner Shop",
    )
    proven = clock.now()
    clock.advance(timedelta(minutes=2))
    granted = logins.decide_consent(deps, token=opened.token, allowed=True)
    status, tokens = partners.redeem(granted.code, partner)
    assert status == 200, tokens
    # The sign-in was when the factors were shown, not when the person had decided.
    said = claims(tokens["access_token"])
    assert (said["auth_time"], said["amr"]) == (int(proven.timestamp()), ["pwd", "otp", "mfa"])
    # Remembered: the next sign-in asks nothing.
    handle = partners.handle(partner)
    assert partners.allowed(person, handle).code
    assert audited(deps, person.account_id)["consent.given"] == 1


def test_denied_it_brings_no_code(deps: Deps, people: People, partners: Partners, partner: Partner) -> None:
    person = people.sign_up()
    opened = asked(deps, people, partners, partner, person)
    denied = logins.decide_consent(deps, token=opened.token, allowed=False)
    assert denied.code == ""
    assert query_of(denied.redirect_to) == {
        "error": "access_denied",
        "state": "a state",
        "iss": "https://edge.test",
    }
    for allowed in (True, False):
        with pytest.raises(ChallengeExpired):
            logins.decide_consent(deps, token=opened.token, allowed=allowed)


def test_consent_comes_after_both_factors(
    deps: Deps, people: People, partners: Partners, partner: Partner, clock: FixedClock
) -> None:
    person = people.sign_up()
    opened = people.challenge(person)
    with pytest.raises(FactorOutOfTurn):
        logins.decide_consent(deps, token=opened.token, allowed=True)
    waiting = asked(deps, people, partners, partner, person)
    with pytest.raises(FactorOutOfTurn):
        logins.answer_code(deps, token=waiting.token, code=people.totp(person))
    with pytest.raises(ChallengeExpired):
        logins.decide_consent(deps, token="x" * 43, allowed=True)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(ChallengeExpired):
        logins.decide_consent(deps, token=waiting.token, allowed=True)
