"""The way of a bill, from the first draft to the last rupee."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import bill_pb2

from tests.services.billing.world import card, cash, line, rupees, upi

if TYPE_CHECKING:
    from tests.services.billing.world import World


def test_a_split_payment_settles_a_bill(world: World) -> None:
    bill = world.bill(line(rupees(1000)), line(rupees(59), "2.5", price_includes_tax=True))
    assert bill.state == bill_pb2.BILL_STATE_ISSUED
    assert bill.totals.total == rupees(1327, 50)
    payment = world.pay(bill, upi(rupees(1000)), card(rupees(300)), cash(rupees(27, 50)))
    assert [leg.outstanding_after for leg in payment.legs] == [rupees(327, 50), rupees(27, 50), rupees(0)]
    assert payment.bill_state == bill_pb2.BILL_STATE_PAID
    paid = world.get(bill)
    assert paid.state == bill_pb2.BILL_STATE_PAID
    assert paid.totals.outstanding == rupees(0)
