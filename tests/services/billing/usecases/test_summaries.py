"""Summaries of days: computed again they are the same, and nothing that happens meanwhile is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from billmesh.billing.v1 import customer_service_pb2
from billmesh.billing.v1 import report_service_pb2 as pb

from services.billing.store import summaries as store
from services.billing.usecases import invariants, summaries
from tests.services.billing.test_reports import day_of, fresh, minor, moved, on, stub, void
from tests.services.billing.world import cash, line, new_id, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_DAYS = ("account_days", "sales_days", "collection_days", "customer_days", "item_days", "tax_days")
# Around the ends of months, one of them in a leap year.
_EDGES = tuple(date(2028, month, day) for month, day in ((1, 31), (2, 1), (2, 15), (2, 29), (3, 1), (3, 31), (4, 1)))
_MONTHS = ("customer_months", "item_months")


def test_a_refresh_is_idempotent_and_a_rebuild_makes_the_same(world: World) -> None:
    bill = world.bill(line(rupees(10)), line(rupees(20), tax_code="GST5"))
    world.pay(bill, cash(rupees(30)))

    def rows() -> list[Any]:
        return [
            sorted(world.query(f"SELECT t::text FROM billing.{name} t WHERE merchant_id = %s", str(world.merchant)))  # noqa: S608 - named here
            for name in (*_DAYS, *_MONTHS)
        ]

    summaries.refresh(world.deps)
    first = rows()
    assert all(first)
    with world.deps.db.transaction(merchant=world.merchant) as tx:
        store.mark_day(tx, world.merchant, day_of(bill.issue_date), now=world.clock.now())
    summaries.refresh(world.deps)
    assert rows() == first
    for name in (*_DAYS, *_MONTHS):
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


@pytest.mark.parametrize("table", [*_DAYS, *_MONTHS, "report_marks", "book_checks", "ledger_alarms"])
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


# Figures of the months that are not those of their days, and the other way round.
_APART = """
SELECT * FROM (
    SELECT month, customer_id::text || currency AS key, bill_count::numeric, total_minor::numeric
    FROM billing.customer_months WHERE merchant_id = %(merchant)s AND (bill_count <> 0 OR total_minor <> 0)
    EXCEPT
    SELECT date_trunc('month', day)::date, customer_id::text || currency, sum(bill_count), sum(total_minor)
    FROM billing.customer_days WHERE merchant_id = %(merchant)s GROUP BY 1, 2
) AS customers
UNION ALL SELECT * FROM (
    SELECT month, coalesce(item_id::text, free_text) || unit_code || currency, quantity, net_minor + tax_minor
    FROM billing.item_months WHERE merchant_id = %(merchant)s AND (quantity <> 0 OR net_minor <> 0)
    EXCEPT
    SELECT date_trunc('month', day)::date, coalesce(item_id::text, description) || unit_code || currency,
        sum(quantity), sum(net_minor + tax_minor)
    FROM billing.item_days WHERE merchant_id = %(merchant)s GROUP BY 1, 2
) AS items
"""


def test_months_are_the_sums_of_their_days(world: World) -> None:
    ravi, asha = world.customer(display_name="Ravi"), world.customer(display_name="Asha")
    salt = line(rupees(7))
    salt.description = "Salt"
    sold: dict[date, int] = {}
    for number, day in enumerate(_EDGES, start=1):
        at = moved(world, datetime(day.year, day.month, day.day, 6, tzinfo=UTC))
        price = 10**number
        at.bill(line(rupees(price)), customer=ravi)
        at.bill(salt, customer=asha)
        void(at, at.bill(line(rupees(500)), customer=ravi))
        sold[day] = price * 118
        if number % 2:
            summaries.refresh(world.deps)
    reports = fresh(world)
    assert world.query_by_name(_APART, {"merchant": str(world.merchant)}) == []
    for first in _EDGES:
        for last in (day for day in _EDGES if day >= first):
            within = [day for day in _EDGES if first <= day <= last]
            asked = pb.GetTopCustomersRequest(start_date=on(first), end_date=on(last))
            customers = reports.GetTopCustomers(asked).customers
            assert [(row.display_name, row.bill_count, minor(row.total)) for row in customers] == [
                ("Ravi", len(within), sum(sold[day] for day in within)),
                ("Asha", len(within), 826 * len(within)),
            ]
            items = reports.GetTopItems(pb.GetTopItemsRequest(start_date=on(first), end_date=on(last))).items
            assert [(row.quantity.value, minor(row.total)) for row in items] == [
                (str(len(within)), sum(sold[day] for day in within)),
                (str(len(within)), 826 * len(within)),
            ]


def test_a_rebuild_mends_months(world: World) -> None:
    world.bill()
    summaries.refresh(world.deps)
    for statement in (
        "UPDATE billing.customer_months SET total_minor = 1 WHERE merchant_id = %s",
        "UPDATE billing.item_months SET quantity = 99, free_text = 'other' WHERE merchant_id = %s",
    ):
        with world.superuser.cursor() as cursor:
            cursor.execute(statement, (str(world.merchant),))
    key = {"merchant": str(world.merchant)}
    assert len(world.query_by_name(_APART, key)) == 2
    summaries.rebuild(world.deps, world.merchant)
    assert world.query_by_name(_APART, key) == []
    assert len(world.query("SELECT 1 FROM billing.item_months WHERE merchant_id = %s", str(world.merchant))) == 1


def test_what_was_sold_and_voided_in_a_range_is_left_out(world: World) -> None:
    bill = world.bill()
    reports = fresh(world)
    assert reports.GetTopCustomers(pb.GetTopCustomersRequest()).customers
    void(world, bill)
    reports = fresh(world)
    assert not reports.GetTopCustomers(pb.GetTopCustomersRequest()).customers
    assert not reports.GetTopItems(pb.GetTopItemsRequest()).items


def test_who_was_merged_counts_as_the_other(world: World) -> None:
    ravi, twin = world.customer(display_name="Ravi"), world.customer(display_name="R. Kumar")
    world.bill(customer=ravi)
    world.bill(line(rupees(300)), customer=twin)
    summaries.refresh(world.deps)
    request = customer_service_pb2.MergeCustomersRequest(id=ravi.id, duplicate_id=twin.id, request_id=new_id())
    world.customers.MergeCustomers(request)
    for reports in (stub(world), fresh(world)):
        customers = reports.GetTopCustomers(pb.GetTopCustomersRequest()).customers
        assert [(row.customer_id, row.display_name, row.bill_count, minor(row.total)) for row in customers] == [
            (ravi.id, "Ravi", 2, 47_200)
        ]
