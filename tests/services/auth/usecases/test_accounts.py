"""Sign-up, one's own account, and the password."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from services.auth import authenticator_apps
from services.auth.domain import totp
from services.auth.domain.account import AccountState
from services.auth.domain.errors.people import AccountChanged, AccountNotFound, PasswordTooWeak
from services.auth.domain.errors.sign_in import ChallengeExpired, FactorRefused
from services.auth.domain.login import Factor
from services.auth.domain.names import AccountId
from services.auth.usecases import accounts, logins
from services.kit.failure import InvalidRequest
from services.kit.idempotency import RequestIdReused
from tests.services.auth.people import new_phone

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People


def jobs_of(deps: Deps, task: str, account_id: AccountId) -> int:
    with deps.db.transaction() as tx:
        return int(
            tx.exec_driver_sql(
                "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND args->>'account_id' = %s",
                (task, str(account_id)),
            ).scalar_one()
        )


def test_a_sign_up_is_confirmed_by_its_first_code(people: People, deps: Deps) -> None:
    phone = new_phone()
    signed_up = people.start(phone, email="asha@example.com", locale="en-IN")
    assert signed_up.challenge.factors == (Factor.TOTP,)
    assert signed_up.challenge.expire_time - deps.clock.now() == timedelta(hours=1)
    assert signed_up.enrolment.secret in signed_up.otpauth_uri
    assert accounts.get_me(deps, account_id=signed_up.account_id).state is AccountState.PENDING
    person = people.sign_up(email="asha@example.com")
    me = accounts.get_me(deps, account_id=person.account_id)
    assert (me.state, me.email, me.locale, me.phone) == (AccountState.ACTIVE, "asha@example.com", "en", person.phone)
    assert me.phone_verify_time is None


def test_the_enrolment_code_is_used_up(people: People, deps: Deps) -> None:
    person = people.sign_up()
    used = people.totp(person)
    people.clock.advance(timedelta(seconds=-30))
    opened = people.challenge(person)
    with pytest.raises(FactorRefused):
        logins.answer_code(deps, token=opened.token, code=_code_now(people, person.secret))
    people.clock.advance(timedelta(seconds=30))
    logins.answer_code(deps, token=opened.token, code=used)


def _code_now(people: People, secret: str) -> str:
    return authenticator_apps.code_at(secret, totp.step_of(people.clock.now()))


def test_a_known_phone_signs_up_like_any_other(people: People, deps: Deps) -> None:
    owner = people.sign_up(verified=True)
    signed_up = people.start(owner.phone)
    assert signed_up.account_id != owner.account_id
    assert jobs_of(deps, "auth.notice_sign_up", signed_up.account_id) == 1
    # For an unknown one the same job is enqueued: it decides, long after the answer.
    unknown = people.start()
    assert jobs_of(deps, "auth.notice_sign_up", unknown.account_id) == 1


def test_the_same_request_is_one_sign_up(people: People, deps: Deps, clock: FixedClock) -> None:
    form = people.form(new_phone())
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: accounts.create_account(deps, form=form), range(8)))
    assert len({(a.account_id, a.enrolment.secret, a.challenge.token, a.otpauth_uri) for a in answers}) == 1
    with pytest.raises(RequestIdReused):
        accounts.create_account(deps, form=people.form(new_phone(), request_id=form.request_id))
    clock.advance(timedelta(hours=1))
    with pytest.raises(ChallengeExpired):
        accounts.create_account(deps, form=form)


def test_a_confirmed_secret_is_never_shown_again(people: People, deps: Deps) -> None:
    form = people.form(new_phone())
    signed_up = accounts.create_account(deps, form=form)
    code = _code_now(people, signed_up.enrolment.secret)
    logins.answer_code(deps, token=signed_up.challenge.token, code=code)
    with pytest.raises(ChallengeExpired):
        accounts.create_account(deps, form=form)


@pytest.mark.parametrize("password", ["short", "aaaaaaaa", "12345678", "Asha Rao", "abcdefgh", "x" * 1025])
def test_a_weak_password_is_refused(people: People, password: str) -> None:
    with pytest.raises(PasswordTooWeak) as refused:
        people.start(password=password)
    assert refused.value.fields[0].field == "password"


def test_changes_of_the_profile(people: People, deps: Deps) -> None:
    person = people.sign_up()
    me = accounts.update_me(
        deps,
        account_id=person.account_id,
        etag_revision=1,
        changes={"display_name": "Asha", "email": "a@example.com", "locale": ""},
    )
    assert (me.display_name, me.email, me.locale, me.revision) == ("Asha", "a@example.com", "en", 2)
    with pytest.raises(AccountChanged):
        accounts.update_me(deps, account_id=person.account_id, etag_revision=1, changes={"email": ""})
    me = accounts.update_me(deps, account_id=person.account_id, etag_revision=None, changes={"email": ""})
    assert me.email == ""
    with pytest.raises(InvalidRequest):
        accounts.update_me(deps, account_id=person.account_id, etag_revision=None, changes={"display_name": ""})


def test_a_gone_account_is_not_found(deps: Deps) -> None:
    nobody = AccountId(deps.ids.new())
    with pytest.raises(AccountNotFound):
        accounts.get_me(deps, account_id=nobody)


def test_request_ids_are_taken_by_anyone_but_open_nothing(people: People) -> None:
    request_id = uuid4()
    people.start(request_id=request_id)
    with pytest.raises(RequestIdReused):
        people.start(request_id=request_id, password="guessed something else")  # noqa: S106
