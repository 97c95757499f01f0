"""Support staff look only where an owner lets them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.auth.domain.errors.merchants import OwnerRequired
from services.auth.domain.errors.people import AccountNotFound
from services.auth.domain.names import AccountId
from services.auth.domain.roles import Role
from services.auth.store import support_access as store
from services.auth.usecases import support_access
from tests.services.auth.shops import add_staff, open_shop

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People


def test_granted_for_a_while(people: People, deps: Deps, clock: FixedClock) -> None:
    owner = people.sign_up()
    shop, other = open_shop(deps, owner), open_shop(deps, owner)
    assert support_access.get_support_access(deps, merchant_id=shop) is None
    hour = timedelta(hours=1)
    grant = support_access.grant_support_access(deps, merchant_id=shop, account_id=owner.account_id, duration=hour)
    assert support_access.get_support_access(deps, merchant_id=shop) == grant
    assert support_access.get_support_access(deps, merchant_id=other) is None
    later = support_access.grant_support_access(deps, merchant_id=shop, account_id=owner.account_id, duration=2 * hour)
    assert support_access.get_support_access(deps, merchant_id=shop) == later
    clock.advance(2 * hour)
    assert support_access.get_support_access(deps, merchant_id=shop) is None


def test_revoked_at_once_and_twice(people: People, deps: Deps) -> None:
    owner = people.sign_up()
    shop = open_shop(deps, owner)
    support_access.grant_support_access(deps, merchant_id=shop, account_id=owner.account_id, duration=timedelta(days=7))
    for _ in range(2):
        support_access.revoke_support_access(deps, merchant_id=shop, account_id=owner.account_id)
        assert support_access.get_support_access(deps, merchant_id=shop) is None


def test_only_an_owner_grants(people: People, deps: Deps) -> None:
    owner, manager = people.sign_up(), people.sign_up()
    shop = open_shop(deps, owner)
    add_staff(deps, shop, manager, role=Role.MANAGER)
    with pytest.raises(OwnerRequired):
        support_access.grant_support_access(
            deps, merchant_id=shop, account_id=manager.account_id, duration=timedelta(hours=1)
        )
    with pytest.raises(OwnerRequired):
        support_access.revoke_support_access(deps, merchant_id=shop, account_id=manager.account_id)


def test_staff_are_appointed_and_dismissed(people: People, deps: Deps) -> None:
    person = people.sign_up()
    for is_staff in (True, False):
        support_access.appoint(deps, account_id=person.account_id, is_staff=is_staff)
        with deps.db.transaction(account=person.account_id) as tx:
            assert store.is_staff(tx, person.account_id) is is_staff
    with pytest.raises(AccountNotFound):
        support_access.appoint(deps, account_id=AccountId(deps.ids.new()), is_staff=True)
