"""Recovery codes: ten, each good once, tried as seldom as an authenticator's codes."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.auth.domain.errors.sign_in import FactorOutOfTurn
from services.auth.domain.login import Factor, Granted
from services.auth.usecases import accounts, authenticators, logins
from services.kit.failure import Failure
from tests.services.auth.people import audited, claims, noticed, wrong

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People, Person


def make(deps: Deps, person: Person) -> list[str]:
    return authenticators.regenerate_recovery_codes(deps, account_id=person.account_id)


def use(deps: Deps, token: str, code: str, factor: Factor = Factor.RECOVERY_CODE) -> str:
    try:
        logins.answer_code(deps, token=token, code=code, factor=factor)
    except Failure as failure:
        return failure.reason
    return "OK"


def left(deps: Deps, person: Person) -> int:
    return accounts.get_me(deps, account_id=person.account_id).recovery_codes_left


def test_ten_codes_each_good_once(people: People, deps: Deps) -> None:
    person = people.sign_up()
    assert left(deps, person) == 0
    codes = make(deps, person)
    assert len(set(codes)) == 10
    for code in codes:
        assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
    assert left(deps, person) == 10
    opened = people.challenge(person)
    granted = logins.answer_code(deps, token=opened.token, code=codes[3], factor=Factor.RECOVERY_CODE)
    assert isinstance(granted, Granted)
    assert claims(people.redeem(granted.code)[1]["access_token"])["amr"] == ["pwd", "otp", "mfa"]
    assert left(deps, person) == 9
    assert use(deps, people.challenge(person).token, codes[3]) == "FACTOR_REFUSED"
    assert use(deps, people.challenge(person).token, codes[4]) == "OK"
    assert audited(deps, person.account_id)["recovery_codes.used"] == 2
    assert noticed(deps, person.account_id) == ["RECOVERY_CODES_REPLACED"]


def test_however_it_is_typed(people: People, deps: Deps) -> None:
    person = people.sign_up()
    codes = make(deps, person)
    assert use(deps, people.challenge(person).token, codes[0].lower().replace("-", "")) == "OK"
    lookalike = codes[1].replace("0", "O").replace("1", "l").replace("-", " ")
    assert use(deps, people.challenge(person).token, lookalike) == "OK"


def test_new_codes_void_the_old_ones(people: People, deps: Deps) -> None:
    person, other = people.sign_up(), people.sign_up()
    old, new = make(deps, person), make(deps, person)
    assert left(deps, person) == 10
    assert use(deps, people.challenge(person).token, old[0]) == "FACTOR_REFUSED"
    assert use(deps, people.challenge(other).token, new[0]) == "FACTOR_REFUSED"
    assert use(deps, people.challenge(person).token, new[0]) == "OK"


def test_fifty_uses_of_one_recovery_code_are_one(people: People, deps: Deps) -> None:
    person = people.sign_up()
    code = make(deps, person)[0]
    challenges = [people.challenge(person) for _ in range(50)]
    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(lambda opened: use(deps, opened.token, code), challenges))
    assert outcomes.count("OK") == 1
    assert set(outcomes) <= {"OK", "FACTOR_REFUSED", "TOO_MANY_ATTEMPTS"}


def test_wrong_recovery_codes_and_wrong_codes_add_up(people: People, deps: Deps, clock: FixedClock) -> None:
    person = people.sign_up()
    codes = make(deps, person)
    challenges = [people.challenge(person) for _ in range(8)]
    right = people.totp(person)

    def guess(number: int) -> str:
        if number % 2:
            return use(deps, challenges[number].token, wrong(right), Factor.TOTP)
        return use(deps, challenges[number].token, "AAAA-BBBB-CCCC-DDDD")

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(guess, range(8)))
    assert sorted(outcomes) == ["FACTOR_REFUSED"] * 5 + ["TOO_MANY_ATTEMPTS"] * 3
    # The sixth is refused even if it is right, and costs nothing.
    assert use(deps, challenges[0].token, codes[0]) == "TOO_MANY_ATTEMPTS"
    assert use(deps, challenges[0].token, right, Factor.TOTP) == "TOO_MANY_ATTEMPTS"
    assert left(deps, person) == 10
    clock.advance(timedelta(minutes=15))
    assert use(deps, people.challenge(person).token, codes[0]) == "OK"


def test_a_sign_up_takes_none(people: People, deps: Deps) -> None:
    signed_up = people.start()
    with pytest.raises(FactorOutOfTurn):
        logins.answer_code(
            deps, token=signed_up.challenge.token, code="AAAA-BBBB-CCCC-DDDD", factor=Factor.RECOVERY_CODE
        )


def test_nothing_that_is_kept_is_a_code(people: People, deps: Deps) -> None:
    person = people.sign_up()
    codes = make(deps, person)
    with deps.db.transaction(account=person.account_id) as tx:
        kept = str(tx.exec_driver_sql("SELECT * FROM recovery_codes").all())
    for code in codes:
        assert code not in kept
        assert code.replace("-", "") not in kept
