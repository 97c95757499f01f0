"""Passkeys: registered, used as both factors or as the second, and everything that must not be taken for one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from services.auth.domain.errors.merchants import LimitReached
from services.auth.domain.errors.passkeys import PasskeyNotFound, PasskeyRefused, RegistrationExpired
from services.auth.domain.errors.sign_in import ChallengeExpired, FactorOutOfTurn, FactorRefused
from services.auth.domain.login import Factor, Granted, Opened
from services.auth.domain.names import PasskeyId, SignInName
from services.auth.usecases import logins, passkeys
from tests.fakes.passkeys import SoftAuthenticator, base64url, from_base64url
from tests.services.auth.people import audited, claims, new_phone, noticed

if TYPE_CHECKING:
    from services.auth.domain.passkey import Passkey
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People, Person

ORIGIN = "https://edge.test"


def register(deps: Deps, person: Person, device: SoftAuthenticator, **wrong: Any) -> Passkey:
    begun = passkeys.begin_registration(deps, account_id=person.account_id)
    answer = device.create(begun.options, **wrong)
    return passkeys.finish_registration(
        deps, account_id=person.account_id, token=begun.token, answer=answer, display_name="Laptop"
    )


@pytest.fixture
def device() -> SoftAuthenticator:
    return SoftAuthenticator(ORIGIN)


@pytest.fixture
def person(people: People, deps: Deps, device: SoftAuthenticator) -> Person:
    """Someone with a passkey on `device`."""
    signed_up = people.sign_up()
    register(deps, signed_up, device)
    return signed_up


def begin(people: People, deps: Deps, person: Person | None = None) -> Opened:
    name = SignInName(account_id=person.account_id) if person else None
    return logins.begin_login(deps, name=name, request=people.request())


def test_what_a_browser_is_told_to_make(people: People, deps: Deps, device: SoftAuthenticator) -> None:
    person = people.sign_up()
    first = json.loads(passkeys.begin_registration(deps, account_id=person.account_id).options)
    assert first["rp"] == {"id": "edge.test", "name": "Billmesh"}
    assert first["attestation"] == "none"
    assert first["authenticatorSelection"] == {
        "requireResidentKey": True,
        "residentKey": "required",
        "userVerification": "required",
    }
    assert first["excludeCredentials"] == []
    made = register(deps, person, device)
    second = json.loads(passkeys.begin_registration(deps, account_id=person.account_id).options)
    assert [known["id"] for known in second["excludeCredentials"]] == [base64url(made.credential.credential_id)]
    assert second["challenge"] != first["challenge"]
    # The same account to the authenticator, and to nobody else: the id is not in it.
    assert second["user"]["id"] == first["user"]["id"]
    handle = from_base64url(first["user"]["id"])
    assert len(handle) == 32
    assert person.account_id.bytes not in handle
    with pytest.raises(ValueError, match="InvalidStateError"):
        register(deps, person, device)


def test_a_passkey_alone_is_both_factors(people: People, deps: Deps, person: Person, device: SoftAuthenticator) -> None:
    opened = begin(people, deps)
    assert opened.factors == (Factor.PASSKEY,)
    granted = logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))
    assert isinstance(granted, Granted)
    status, tokens = people.redeem(granted.code)
    assert status == 200, tokens
    said = claims(tokens["access_token"])
    assert (said["amr"], said["acr"]) == (["hwk", "user", "mfa"], "urn:billmesh:aal2")
    (kept,) = passkeys.list_passkeys(deps, account_id=person.account_id)
    assert (kept.display_name, kept.credential.sign_count, kept.last_use_time) == ("Laptop", 1, deps.clock.now())
    assert audited(deps, person.account_id)["passkey.added"] == 1
    assert noticed(deps, person.account_id) == ["PASSKEY_ADDED"]


def test_in_place_of_the_password_or_after_it(
    people: People, deps: Deps, person: Person, device: SoftAuthenticator
) -> None:
    device.portable = True
    opened = begin(people, deps, person)
    assert opened.factors == (Factor.PASSWORD, Factor.PASSKEY)
    granted = logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))
    assert isinstance(granted, Granted)
    assert claims(people.redeem(granted.code)[1]["access_token"])["amr"] == ["swk", "user", "mfa"]
    opened = people.challenge(person)
    granted = logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))
    assert isinstance(granted, Granted)
    assert claims(people.redeem(granted.code)[1]["access_token"])["amr"] == ["pwd", "swk", "user", "mfa"]


def test_options_tell_nothing_of_whom_they_are_for(people: People, deps: Deps, person: Person) -> None:
    names = (SignInName(account_id=person.account_id), SignInName(phone=new_phone()), None)
    seen = []
    for name in names:
        opened = logins.begin_login(deps, name=name, request=people.request())
        options = json.loads(opened.passkey_options)
        assert len(from_base64url(options.pop("challenge"))) == 32
        seen.append(options)
    assert seen[0] == seen[1] == seen[2]
    assert seen[0]["allowCredentials"] == []
    assert (seen[0]["rpId"], seen[0]["userVerification"]) == ("edge.test", "required")


@pytest.mark.parametrize(
    "wrong",
    [
        {"rp_id": "evil.test"},
        {"challenge": base64url(b"c" * 32)},
        {"type": "webauthn.create"},
        {"user_handle": b"h" * 32},
    ],
)
def test_answers_that_are_wrong(
    people: People, deps: Deps, person: Person, device: SoftAuthenticator, wrong: dict[str, Any]
) -> None:
    opened = begin(people, deps)
    with pytest.raises(FactorRefused):
        logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options, **wrong))
    # The right one is still taken.
    logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))


@pytest.mark.parametrize("flaw", ["origin", "verifies_user", "present"])
def test_other_origins_and_absent_people(
    people: People, deps: Deps, person: Person, device: SoftAuthenticator, flaw: str
) -> None:
    setattr(device, flaw, "https://edge.test.evil.test" if flaw == "origin" else False)
    opened = begin(people, deps)
    with pytest.raises(FactorRefused):
        logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))
    begun = passkeys.begin_registration(deps, account_id=person.account_id)
    answer = SoftAuthenticator(device.origin, verifies_user=device.verifies_user, present=device.present).create(
        begun.options
    )
    with pytest.raises(PasskeyRefused):
        passkeys.finish_registration(
            deps, account_id=person.account_id, token=begun.token, answer=answer, display_name="X"
        )
    assert len(passkeys.list_passkeys(deps, account_id=person.account_id)) == 1


def test_an_answer_is_good_once(people: People, deps: Deps, person: Person, device: SoftAuthenticator) -> None:
    device.counts = False
    opened, other = begin(people, deps), begin(people, deps)
    answer = device.get(opened.passkey_options)
    with pytest.raises(FactorRefused):
        logins.answer_passkey(deps, token=other.token, answer=answer)
    logins.answer_passkey(deps, token=opened.token, answer=answer)
    with pytest.raises(ChallengeExpired):
        logins.answer_passkey(deps, token=opened.token, answer=answer)
    # Not for the same account's next stage either.
    waiting = people.challenge(person)
    with pytest.raises(FactorRefused):
        logins.answer_passkey(deps, token=waiting.token, answer=answer)


def test_another_persons_passkey_does_not_open_a_named_challenge(
    people: People, deps: Deps, person: Person, device: SoftAuthenticator
) -> None:
    victim = people.sign_up()
    for opened in (begin(people, deps, victim), people.challenge(victim)):
        with pytest.raises(FactorRefused):
            logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))
    unknown = logins.begin_login(deps, name=SignInName(phone=new_phone()), request=people.request())
    with pytest.raises(FactorRefused):
        logins.answer_passkey(deps, token=unknown.token, answer=device.get(unknown.passkey_options))


def test_a_count_that_does_not_grow_is_a_copy(
    people: People, deps: Deps, person: Person, device: SoftAuthenticator
) -> None:
    for _ in range(3):
        opened = begin(people, deps)
        logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))
    device.residents[-1].count = 1
    for _ in range(2):
        opened = begin(people, deps)
        with pytest.raises(FactorRefused):
            logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))
    assert audited(deps, person.account_id)["passkey.cloned"] == 2
    opened = begin(people, deps)
    logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))


def test_one_that_does_not_count_is_no_copy(people: People, deps: Deps) -> None:
    person, device = people.sign_up(), SoftAuthenticator(ORIGIN, counts=False)
    register(deps, person, device)
    for _ in range(3):
        opened = begin(people, deps)
        logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))


@pytest.mark.parametrize("answer", ["{}", "[]", "null", "not JSON", "[" * 8000, '{"id":"AA","rawId":"AA"}'])
def test_what_is_no_answer_at_all(people: People, deps: Deps, person: Person, answer: str) -> None:
    opened = begin(people, deps)
    with pytest.raises(FactorRefused):
        logins.answer_passkey(deps, token=opened.token, answer=answer)
    begun = passkeys.begin_registration(deps, account_id=person.account_id)
    with pytest.raises(PasskeyRefused):
        passkeys.finish_registration(
            deps, account_id=person.account_id, token=begun.token, answer=answer, display_name="X"
        )


def test_a_registration_is_good_once_and_for_its_own_account(
    people: People, deps: Deps, clock: FixedClock, device: SoftAuthenticator
) -> None:
    person, other = people.sign_up(), people.sign_up()
    begun = passkeys.begin_registration(deps, account_id=person.account_id)
    answer = device.create(begun.options)

    def finish(who: Person, token: str) -> Passkey:
        return passkeys.finish_registration(
            deps, account_id=who.account_id, token=token, answer=answer, display_name="Key"
        )

    with pytest.raises(RegistrationExpired):
        finish(other, begun.token)
    finish(person, begun.token)
    with pytest.raises(RegistrationExpired):
        finish(person, begun.token)
    # The same credential is not taken for another registration, by anyone.
    for who in (person, other):
        again = passkeys.begin_registration(deps, account_id=who.account_id)
        with pytest.raises(PasskeyRefused):
            finish(who, again.token)
        again = passkeys.begin_registration(deps, account_id=who.account_id)
        answer = SoftAuthenticator(ORIGIN).create(again.options, credential_id=device.residents[-1].credential_id)
        with pytest.raises(PasskeyRefused):
            finish(who, again.token)
    late = passkeys.begin_registration(deps, account_id=person.account_id)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(RegistrationExpired):
        finish(person, late.token)


def test_one_that_is_removed_signs_nobody_in(
    people: People, deps: Deps, person: Person, device: SoftAuthenticator
) -> None:
    (kept,) = passkeys.list_passkeys(deps, account_id=person.account_id)
    with pytest.raises(PasskeyNotFound):
        passkeys.delete_passkey(deps, account_id=people.sign_up().account_id, passkey_id=kept.id)
    passkeys.delete_passkey(deps, account_id=person.account_id, passkey_id=kept.id)
    with pytest.raises(PasskeyNotFound):
        passkeys.delete_passkey(deps, account_id=person.account_id, passkey_id=PasskeyId(uuid4()))
    opened = begin(people, deps)
    with pytest.raises(FactorRefused):
        logins.answer_passkey(deps, token=opened.token, answer=device.get(opened.passkey_options))
    # The device may register again: its credential is nobody's now.
    register(deps, person, device)


def test_twenty_are_the_most(people: People, deps: Deps) -> None:
    person = people.sign_up()
    for _ in range(19):
        register(deps, person, SoftAuthenticator(ORIGIN))
    waiting = passkeys.begin_registration(deps, account_id=person.account_id)
    answer = SoftAuthenticator(ORIGIN).create(waiting.options)
    passkeys.finish_registration(
        deps, account_id=person.account_id, token=waiting.token, answer=answer, display_name="The last"
    )
    with pytest.raises(LimitReached):
        passkeys.begin_registration(deps, account_id=person.account_id)


def test_no_name_takes_a_passkey_and_nothing_else(people: People, deps: Deps) -> None:
    opened = begin(people, deps)
    with pytest.raises(FactorOutOfTurn):
        logins.answer_password(deps, token=opened.token, password="anything at all")  # noqa: S106
    with pytest.raises(FactorOutOfTurn):
        logins.answer_code(deps, token=opened.token, code="123456")
