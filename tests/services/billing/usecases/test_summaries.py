"""Summaries of days: computed again they are the same, and nothing that happens meanwhile is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from billmesh.billing.v1 import report_service_pb2 as pb

from services.billing.store import summaries as store
from services.billing.usecases import invariants, summaries
from tests.services.billing.test_reports import day_of, fresh, stub
from tests.services.billing.world import cash, line, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_DAYS = ("account_days", "sales_days", "collection_days", "customer_days", "item_days", "tax_days")


def test_a_refresh_is_idempotent_and_a_rebuild_makes_the_same(world: World) -> None:
    bill = world.bill(line(rupees(10)), line(rupees(20), tax_code="GST5"))
    world.pay(bill, cash(rupees(30)))

    def rows() -> list[Any]:
        return [
            sorted(world.query(f"SELECT t::text FROM billing.{name} t WHERE merchant_id = %s", str(world.merchant)))  # noqa: S608 - named here
            for name in _DAYS
        ]

    summaries.refresh(world.deps)
    first = rows()
    assert all(first)
    with world.deps.db.transaction(merchant=world.merchant) as tx:
        store.mark_day(tx, world.merchant, day_of(bill.issue_date), now=world.clock.now())
    summaries.refresh(world.deps)
    assert rows() == first
    for name in _DAYS:
        with world.superuser.cursor() as cursor:
            cursor.execute(f"DELETE FROM billing.{name} WHERE merchant_id = %s", (str(world.merchant),))  # noqa: S608 - as above
    assert summaries.rebuild(world.deps, world.merchant) == 1
    assert rows() == first
    assert summaries.rebuild(world.deps, world.neighbour().merchant) == 0


def test_what_happens_during_a_refresh_is_not_lost(world: World) -> None:
    world.bill()
    with world.deps.db.transaction(merchant=world.merchant) as tx:
        # Another bill that has not committed when the days are taken.
        store.mark_day(tx, world.merchant, world.clock.now().date(), now=world.clock.now())
        summaries.refresh_merchant(world.deps, world.merchant)
    assert len(world.query("SELECT 1 FROM billing.report_marks WHERE merchant_id = %s", str(world.merchant))) == 1
    summaries.refresh_merchant(world.deps, world.merchant)
    assert not world.query("SELECT 1 FROM billing.report_marks WHERE merchant_id = %s", str(world.merchant))


def test_two_workers_do_not_get_into_each_others_way(world: World) -> None:
    world.bill()
    with world.deps.db.transaction(merchant=world.merchant) as tx:
        assert store.lock_summaries(tx, world.merchant, wait=False)
        summaries.refresh_merchant(world.deps, world.merchant)
        assert not stub(world).GetSales(pb.GetSalesRequest()).rows
    assert fresh(world).GetSales(pb.GetSalesRequest()).rows


@pytest.mark.parametrize("table", [*_DAYS, "report_marks", "book_checks", "ledger_alarms"])
def test_a_transaction_sees_only_its_merchant(world: World, table: str) -> None:
    world.pay(world.bill(), cash(rupees(2)))
    summaries.refresh_merchant(world.deps, world.merchant)
    with world.superuser.cursor() as cursor:
        cursor.execute("UPDATE billing.bills SET state = 'PAID' WHERE merchant_id = %s", (str(world.merchant),))
    invariants.check(world.deps, world.merchant)
    # Leaves a mark.
    world.bill()
    read = f"SELECT DISTINCT merchant_id FROM {table}"  # noqa: S608 - a constant
    with world.deps.db.transaction(merchant=world.merchant) as tx:
        assert tx.exec_driver_sql(read).scalars().all() == [world.merchant]
    for other in (world.neighbour().merchant, None):
        with world.deps.db.transaction(merchant=other) as tx:
            assert tx.exec_driver_sql(read).scalars().all() == []
