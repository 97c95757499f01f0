"""Merchants and their test tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.auth.domain.errors.merchants import TestTenant as TenantForTests
from services.auth.domain.names import MerchantId
from services.auth.domain.roles import Role
from services.auth.store import members as member_store
from services.auth.store import merchants as store
from services.auth.usecases import members, merchants
from services.kit.paging import Page
from tests.services.auth.shops import add_staff, open_shop

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.services.auth.people import People

ALL = Page(500, None, b"")


def made(deps: Deps, shop: MerchantId) -> MerchantId:
    with deps.db.transaction(merchant=shop) as tx:
        live = store.load_for_update(tx, shop)
        assert live is not None
        return merchants.ensure_test_tenant(tx, deps, merchant=live)


def test_a_merchant_has_one_test_tenant(people: People, deps: Deps) -> None:
    shop = open_shop(deps, people.sign_up())
    tenant = made(deps, shop)
    assert made(deps, shop) == tenant
    assert tenant != shop
    found = merchants.get_profile(deps, merchant_id=tenant)
    assert (found.test_of, found.display_name, found.time_zone) == (shop, "Corner Shop (test)", "Asia/Kolkata")
    assert merchants.get_profile(deps, merchant_id=shop).test_of is None


def test_its_members_are_those_of_the_live_one(people: People, deps: Deps) -> None:
    owner, cashier, stranger = people.sign_up(), people.sign_up(), people.sign_up()
    shop = open_shop(deps, owner)
    add_staff(deps, shop, cashier, role=Role.CASHIER)
    tenant = made(deps, shop)
    for person, role in ((owner, Role.OWNER), (cashier, Role.CASHIER), (stranger, None)):
        with deps.db.transaction(account=person.account_id) as tx:
            assert member_store.load_role(tx, tenant, person.account_id) is role
        seen = merchants.list_merchants(deps, account_id=person.account_id, page=ALL).items
        assert {one.id for one in seen} == ({shop, tenant} if role else set())
        assert {one.role for one in seen} <= {role}
    read = merchants.get_merchant(deps, merchant_id=tenant, account_id=owner.account_id, asked=tenant)
    assert (read.role, read.test_of) == (Role.OWNER, shop)


def test_it_has_none_of_its_own(people: People, deps: Deps) -> None:
    owner = people.sign_up()
    shop = open_shop(deps, owner)
    tenant = made(deps, shop)
    (member,) = members.list_members(deps, merchant_id=shop, page=ALL).items
    assert members.list_members(deps, merchant_id=tenant, page=ALL).items == []
    with pytest.raises(TenantForTests):
        members.remove_member(deps, merchant_id=tenant, account_id=owner.account_id, member_id=member.id)
