"""Row-level security: what a query may see is decided by whom its transaction acts for, whatever it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import ProgrammingError

from services.auth.domain.recovery import new_wait
from services.auth.domain.roles import Role
from services.auth.store import recoveries
from services.auth.usecases import authenticators, emails, passkeys
from tests.fakes.passkeys import SoftAuthenticator
from tests.services.auth.people import new_email
from tests.services.auth.shops import add_staff, open_shop

if TYPE_CHECKING:
    from uuid import UUID

    from services.auth.usecases.deps import Deps
    from tests.services.auth.people import People, Person

PEOPLES = (
    "accounts",
    "authenticators",
    "sessions",
    "phone_verifications",
    "email_verifications",
    "recovery_codes",
    "passkeys",
    "passkey_registrations",
    "recovery_waits",
)
MERCHANTS = ("merchants", "members")


def seen(deps: Deps, table: str, *, merchant: UUID | None = None, account: UUID | None = None) -> int:
    with deps.db.transaction(merchant=merchant, account=account) as tx:
        return int(tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608 - of the tuples above


def fill(deps: Deps, person: Person) -> int:
    """A row in each of the tables that a sign-up leaves empty; how many recovery codes."""
    account_id = person.account_id
    emails.start_verification(deps, account_id=account_id)
    begun = passkeys.begin_registration(deps, account_id=account_id)
    answer = SoftAuthenticator("https://edge.test").create(begun.options)
    passkeys.finish_registration(deps, account_id=account_id, token=begun.token, answer=answer, display_name="Key")
    passkeys.begin_registration(deps, account_id=account_id)
    with deps.db.transaction(account=account_id) as tx:
        recoveries.save_wait(tx, account_id, wait=new_wait(deps.clock.now()))
    return len(authenticators.regenerate_recovery_codes(deps, account_id=account_id))


@pytest.mark.parametrize("table", PEOPLES + MERCHANTS)
def test_nobody_sees_nothing(people: People, deps: Deps, table: str) -> None:
    person = people.sign_up(verified=True, email=new_email())
    people.redeem(person.code)
    fill(deps, person)
    open_shop(deps, person)
    assert seen(deps, table) == 0
    assert seen(deps, table, merchant=deps.ids.new(), account=deps.ids.new()) == 0


@pytest.mark.parametrize("table", PEOPLES)
def test_a_person_sees_their_own(people: People, deps: Deps, table: str) -> None:
    person, other = (people.sign_up(verified=True, email=new_email()) for _ in range(2))
    codes = 0
    for one in (person, other):
        people.tokens(one)
        codes = fill(deps, one)
    assert seen(deps, table, account=person.account_id) == (codes if table == "recovery_codes" else 1)
    assert seen(deps, table, merchant=deps.ids.new()) == 0


def test_a_merchant_sees_its_members_and_a_person_their_merchants(people: People, deps: Deps) -> None:
    owner, cashier = people.sign_up(), people.sign_up()
    shop = open_shop(deps, owner)
    open_shop(deps, owner)
    add_staff(deps, shop, cashier, role=Role.CASHIER)
    assert seen(deps, "members", merchant=shop) == 2
    assert seen(deps, "merchants", merchant=shop) == 1
    assert (seen(deps, "members", account=owner.account_id), seen(deps, "merchants", account=owner.account_id)) == (
        2,
        2,
    )
    assert (seen(deps, "members", account=cashier.account_id), seen(deps, "merchants", account=cashier.account_id)) == (
        1,
        1,
    )


def test_nobody_writes_for_another(people: People, deps: Deps) -> None:
    person = people.sign_up()
    shop, other = open_shop(deps, person), open_shop(deps, person)
    with pytest.raises(ProgrammingError, match="row-level security"), deps.db.transaction(merchant=shop) as tx:
        tx.exec_driver_sql("UPDATE members SET merchant_id = %s", (str(other),))
    # A person alone may neither let themselves in nor rise.
    viewer = people.sign_up()
    add_staff(deps, shop, viewer, role=Role.VIEWER)
    with deps.db.transaction(account=viewer.account_id) as tx:
        assert tx.exec_driver_sql("UPDATE members SET role = 'owner'").rowcount == 0
    forged = (
        "INSERT INTO members (merchant_id, id, account_id, role, state, create_time)"
        " VALUES (%s, %s, %s, 'owner', 'ACTIVE', now())"
    )
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        deps.db.transaction(account=viewer.account_id) as tx,
    ):
        tx.exec_driver_sql(forged, (str(other), str(deps.ids.new()), str(viewer.account_id)))
