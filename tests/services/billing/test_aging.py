"""Aging and home, where bills are due in instalments."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billmesh.billing.v1 import bill_pb2
from billmesh.billing.v1 import report_service_pb2 as pb

from tests.services.billing.test_reports import day_of, minor, moved, on, stub
from tests.services.billing.world import cash, line, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World


def test_instalments_are_due_one_by_one(world: World) -> None:
    today = world.clock.now().date()
    parts = [
        bill_pb2.Instalment(due_date=on(today + timedelta(days=days)), amount=rupees(amount))
        for days, amount in ((10, 236), (50, 236), (90, 118))
    ]
    bill = world.bill(line(rupees(100), "5"), instalments=parts)
    world.pay(bill, cash(rupees(136)))
    world.credit(bill, {1: "0.5"})
    later = moved(world, world.clock.now() + timedelta(days=70))
    report = stub(later).GetAging(pb.GetAgingRequest())
    # 41 of the first are left, due since 60 days; the second since 20; the third is to come.
    assert [(bucket.from_days, bucket.bill_count, minor(bucket.outstanding)) for bucket in report.buckets] == [
        (0, 1, 11_800),
        (1, 1, 23_600),
        (31, 1, 4_100),
    ]
    (customer,) = report.customers
    assert (customer.bill_count, minor(customer.outstanding), minor(customer.overdue)) == (1, 39_500, 27_700)
    assert day_of(customer.oldest_due_date) == today + timedelta(days=10)
    (rupee,) = stub(later).GetHomeSummary(pb.GetHomeSummaryRequest()).currencies
    assert (minor(rupee.outstanding), rupee.open_bill_count) == (39_500, 1)
    assert (minor(rupee.overdue), rupee.overdue_bill_count) == (27_700, 1)
