"""Floods of sign-ups, sign-ins, answers and recoveries from one network: told to wait before anything is hashed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from services.auth.domain.errors.people import VerificationCodeWrong
from services.auth.domain.errors.sign_in import FactorRefused, TooManyAttempts
from services.auth.domain.login import Factor
from services.auth.domain.names import SignInName
from services.auth.domain.throttle import Rate, Rule, Scope
from services.auth.passwords import Cost, Passwords
from services.auth.throttle import PostgresCounters, Throttle
from services.auth.usecases import accounts, logins, passwords, recovery
from services.auth.usecases.recovery import Form
from services.kit.context import entered
from tests.services.auth.people import PASSWORD, People, call_from, new_phone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock

MOST = 2
WRONG = "not the right one"


class Counting(Passwords):
    """Counts what it hashes."""

    def __init__(self) -> None:
        super().__init__(workers=1, cost=Cost(memory_kib=8, passes=1))
        self.hashed = 0

    def hash(self, password: str) -> str:
        self.hashed += 1
        return super().hash(password)

    def matches(self, password: str, stored: str | None) -> bool:
        self.hashed += 1
        return super().matches(password, stored)


@pytest.fixture
def counting() -> Iterator[Counting]:
    made = Counting()
    yield made
    made.close()


@pytest.fixture
def strict(deps: Deps, clock: FixedClock, counting: Counting) -> Deps:
    """Two of each kind an hour from each network, and two sign-ins under each name."""
    rate = Rate(MOST, timedelta(hours=1))
    rules = {rule: {Scope.NETWORK: rate} for rule in Rule} | {Rule.BEGIN_LOGIN: {Scope.NAME: rate}}
    throttle = Throttle(PostgresCounters(deps.db), vault=deps.vault, clock=clock, rules=rules)
    return replace(deps, throttle=throttle, passwords=counting)


def test_from_one_network(people: People, deps: Deps, strict: Deps, counting: Counting) -> None:
    person = people.sign_up(verified=True)
    opened = logins.begin_login(deps, name=SignInName(account_id=person.account_id), request=people.request())
    waiting = people.challenge(person)
    started = recovery.start_recovery(deps, name=SignInName(phone=person.phone))
    form = Form(token=started.token, code="000000", new_password=PASSWORD, second_factor=None)
    calls: list[Callable[[], Any]] = [
        lambda: accounts.create_account(strict, form=people.form(new_phone())),
        lambda: logins.answer_password(strict, token=opened.token, password=WRONG),
        lambda: passwords.change_password(
            strict, account_id=person.account_id, session_id=None, current=WRONG, new="another long secret"
        ),
        lambda: logins.answer_code(strict, token=waiting.token, code="AAAABBBBCCCCDDDD", factor=Factor.RECOVERY_CODE),
        lambda: logins.answer_passkey(strict, token=waiting.token, answer="{}"),
        lambda: recovery.start_recovery(strict, name=SignInName(phone=new_phone())),
        lambda: recovery.finish_recovery(strict, form=form),
    ]
    for number, call in enumerate(calls):
        with entered(call_from(f"198.51.100.{number}")):
            for _ in range(MOST):
                with_answer(call)
            before = counting.hashed
            with pytest.raises(TooManyAttempts) as refused:
                call()
            assert refused.value.retry_after == timedelta(minutes=30)
            assert counting.hashed == before
    # Elsewhere nobody waits.
    with entered(call_from("203.0.113.1")):
        logins.answer_password(strict, token=opened.token, password=person.password)


def with_answer(call: Callable[[], Any]) -> None:
    """Right or wrong, but not too many."""
    with suppress(FactorRefused, VerificationCodeWrong):
        call()


def test_under_one_name_from_anywhere(people: People, strict: Deps) -> None:
    phone = new_phone()
    for number in range(MOST):
        with entered(call_from(f"198.51.100.{100 + number}")):
            logins.begin_login(strict, name=SignInName(phone=phone), request=people.request())
    with entered(call_from("198.51.100.200")), pytest.raises(TooManyAttempts):
        logins.begin_login(strict, name=SignInName(phone=phone), request=people.request())
    logins.begin_login(strict, name=SignInName(phone=new_phone()), request=people.request())


def test_wrong_passwords_stay_exact_beside_it(people: People, deps: Deps) -> None:
    person = people.sign_up()
    opened = logins.begin_login(deps, name=SignInName(account_id=person.account_id), request=people.request())
    for number in range(10):
        with entered(call_from(f"192.0.2.{number}")), pytest.raises(FactorRefused):
            logins.answer_password(deps, token=opened.token, password=WRONG)
    with entered(call_from("192.0.2.99")), pytest.raises(TooManyAttempts):
        logins.answer_password(deps, token=opened.token, password=person.password)
