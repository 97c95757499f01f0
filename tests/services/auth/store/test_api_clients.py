"""A transaction that names a client sees that one and the name of its merchant, and nothing else of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import ProgrammingError

from services.auth.store import api_clients
from services.auth.usecases import api_clients as usecases
from services.auth.usecases.deps import JobDeps
from tests.services.auth.fakes import FakeMessages, FakePersonLinks
from tests.services.auth.shops import open_shop

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.usecases.deps import Deps
    from tests.services.auth.partners import Partners
    from tests.services.auth.people import People


def seen(tx: Connection, table: str) -> int:
    return int(tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608 - of this file


def test_the_one_that_is_named(deps: Deps, people: People, partners: Partners) -> None:
    owner = people.sign_up()
    shop, other = open_shop(deps, owner), open_shop(deps, owner)
    partner = partners.register(owner, shop)
    partners.register(owner, shop)
    partners.register(owner, other)
    with deps.db.transaction() as tx:
        assert seen(tx, "api_clients") == seen(tx, "merchants") == 0
        found = api_clients.find(tx, client_id=partner.id)
        assert found is not None
        assert (found[0].merchant_id, found[1]) == (shop, "Corner Shop")
        assert seen(tx, "api_clients") == seen(tx, "merchants") == 1
        assert seen(tx, "members") == 0
        # Seeing is all.
        assert tx.exec_driver_sql("UPDATE api_clients SET scopes = '{account}'").rowcount == 0
        assert tx.exec_driver_sql("DELETE FROM api_clients").rowcount == 0
    with deps.db.transaction(merchant=other) as tx:
        assert seen(tx, "api_clients") == 1
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        deps.db.transaction(merchant=other) as tx,
    ):
        tx.exec_driver_sql("UPDATE api_clients SET merchant_id = %s", (str(shop),))


def test_consents_are_their_persons(deps: Deps, people: People, partners: Partners) -> None:
    owner, person = people.sign_up(), people.sign_up()
    partner = partners.register(owner, open_shop(deps, owner))
    for each in (owner, person):
        partners.code(each, partner)
    with deps.db.transaction(account=person.account_id) as tx:
        assert api_clients.find(tx, client_id=partner.id)
        assert seen(tx, "consents") == 1
    with deps.db.transaction() as tx:
        assert seen(tx, "consents") == 0


def test_a_client_that_is_gone_is_forgotten(deps: Deps, people: People, partners: Partners) -> None:
    owner, person = people.sign_up(), people.sign_up()
    shop = open_shop(deps, owner)
    partner, other = partners.register(owner, shop), partners.register(owner, shop)
    for each in (partner, other):
        partners.redeem(partners.code(person, each), each)
    usecases.delete_api_client(deps, merchant_id=shop, account_id=owner.account_id, client_id=partner.id)
    job = JobDeps(
        db=deps.db,
        clock=deps.clock,
        vault=deps.vault,
        messages=FakeMessages(),
        person_links=FakePersonLinks(),
        public_url=deps.issuer,
    )
    for _ in range(2):
        usecases.forget_client(job, client_id=str(partner.id))
    with deps.db.transaction(account=person.account_id) as tx:
        ended = tx.exec_driver_sql("SELECT client_id FROM sessions WHERE end_reason = 'client_deleted'").scalars().all()
        consents = tx.exec_driver_sql("SELECT client_id FROM consents").scalars().all()
    assert ended == [partner.client_id]
    assert consents == [other.id]
