"""Whom to tell what a merchant has to know: its owners, by what they have verified."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.auth.domain.errors.merchants import MerchantNotFound
from services.auth.domain.names import MerchantId
from services.auth.domain.roles import Role
from services.auth.store import merchants as store
from services.auth.usecases import contacts, merchants
from tests.services.auth.shops import add_staff, open_shop

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.services.auth.people import People, Person


def _verify_email(deps: Deps, person: Person) -> None:
    with deps.db.transaction(account=person.account_id) as tx:
        tx.exec_driver_sql("UPDATE accounts SET email_verify_time = now() WHERE id = %s", (str(person.account_id),))


def test_owners_are_told_and_nobody_else(people: People, deps: Deps) -> None:
    first, second, manager = (people.sign_up(verified=True) for _ in range(3))
    shop = open_shop(deps, first)
    add_staff(deps, shop, manager, role=Role.MANAGER)
    people.clock.advance(timedelta(seconds=1))
    add_staff(deps, shop, second, role=Role.OWNER)
    open_shop(deps, people.sign_up(verified=True))
    found = contacts.get_contacts(deps, merchant_id=shop)
    assert [(one.account_id, one.phone, one.email) for one in found] == [
        (person.account_id, person.phone.e164, "") for person in (first, second)
    ]


def test_what_was_never_verified_is_not_used(people: People, deps: Deps) -> None:
    written, verified = people.sign_up(email="a@mail.test"), people.sign_up(email="b@mail.test")
    _verify_email(deps, verified)
    shop = open_shop(deps, written)
    assert contacts.get_contacts(deps, merchant_id=shop) == []
    add_staff(deps, shop, verified, role=Role.OWNER)
    (found,) = contacts.get_contacts(deps, merchant_id=shop)
    assert (found.account_id, found.phone, found.email) == (verified.account_id, "", "b@mail.test")
    assert "mail.test" not in repr(found)


def test_a_test_tenants_are_the_live_ones(people: People, deps: Deps) -> None:
    owner = people.sign_up(verified=True)
    shop = open_shop(deps, owner)
    with deps.db.transaction(merchant=shop) as tx:
        live = store.load_for_update(tx, shop)
        assert live is not None
        tenant = merchants.ensure_test_tenant(tx, deps, merchant=live)
    (found,) = contacts.get_contacts(deps, merchant_id=tenant)
    assert found.account_id == owner.account_id


def test_no_merchant(deps: Deps) -> None:
    with pytest.raises(MerchantNotFound):
        contacts.get_contacts(deps, merchant_id=MerchantId(deps.ids.new()))
