"""Bills that are paid in parts, through the service."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import bill_pb2, bill_service_pb2, public_bill_service_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from google.type import date_pb2

from tests.services.billing.world import cash, euros, line, refused, rupees

if TYPE_CHECKING:
    from google.type import money_pb2

    from tests.services.billing.world import World


def _part(world: World, days: int, amount: money_pb2.Money) -> bill_pb2.Instalment:
    """Due so many days from now."""
    day = (world.clock.now() + timedelta(days=days)).date()
    return bill_pb2.Instalment(due_date=date_pb2.Date(year=day.year, month=day.month, day=day.day), amount=amount)


def _in_three(world: World) -> bill_pb2.Bill:
    """118.00 INR in three parts: 50, 50 and 18, due after 10, 20 and 30 days."""
    parts = [_part(world, 10, rupees(50)), _part(world, 20, rupees(50)), _part(world, 30, rupees(18))]
    return world.bill(instalments=parts)


def _later(world: World, days: int) -> World:
    """The same world after so many days, with new tokens."""
    world.clock.advance(timedelta(days=days))
    return replace(world)


def _left(bill: bill_pb2.Bill) -> list[int]:
    return [part.outstanding.units for part in bill.instalments]


def _overdue(world: World) -> list[str]:
    return [bill.id for bill in world.bills.ListBills(bill_service_pb2.ListBillsRequest(overdue=True)).bills]


def test_payments_fill_the_earliest_first(world: World) -> None:
    bill = _in_three(world)
    assert (_left(bill), bill.due_date) == ([50, 50, 18], bill.instalments[-1].due_date)
    world.pay(bill, cash(rupees(70)))
    assert _left(world.get(bill)) == [0, 30, 18]
    world.pay(bill, cash(rupees(48)))
    assert _left(world.get(bill)) == [0, 0, 0]


def test_a_bill_is_overdue_as_soon_as_a_part_is(world: World) -> None:
    bill = _in_three(world)
    assert _overdue(world) == []
    world = _later(world, 11)
    assert _overdue(world) == [bill.id]
    world.pay(bill, cash(rupees(49)))
    assert _overdue(world) == [bill.id]
    world.pay(bill, cash(rupees(1)))
    assert _overdue(world) == []
    world = _later(world, 10)
    assert _overdue(world) == [bill.id]


def test_requests_for_money_ask_for_the_next_part(world: World) -> None:
    world.configure(upi_vpa="asha@okbank")
    bill = _in_three(world)
    request = public_bill_service_pb2.GetPublicBillRequest(token=bill.public_url.rpartition("/")[2])
    shown = world.public.GetPublicBill(request)
    assert (shown.upi.amount, shown.totals.outstanding) == (rupees(50), rupees(118))
    assert "am=50.00" in shown.upi.link
    assert list(shown.instalments) == list(bill.instalments)
    world.pay(bill, cash(rupees(70)))
    assert world.public.GetPublicBill(request).upi.amount == rupees(30)
    page = world.public.GetBillPage(public_bill_service_pb2.GetBillPageRequest(token=request.token)).data.decode()
    assert "Next instalment: ₹30.00" in page
    assert page.count("₹48.00") == 2
    assert re.findall(r'"number">(\S+)</td></tr>\n</tbody>', page)[0] == "₹18.00"
    world.pay(bill, cash(rupees(48)))
    page = world.public.GetBillPage(public_bill_service_pb2.GetBillPageRequest(token=request.token)).data.decode()
    # It says that it is paid, and no amount beside that, which would be of nothing.
    assert "Paid. Thank you!" in page
    assert 'class="amount"' not in page
    assert "Instalments" not in page


def test_they_are_written_and_cleared_on_drafts(world: World) -> None:
    draft = world.draft()
    parts = [_part(world, 10, rupees(100)), _part(world, 20, rupees(18))]

    def update(*paths: str, **fields: object) -> bill_pb2.Bill:
        bill = bill_pb2.Bill(id=draft.id, **fields)  # type: ignore[arg-type] # fields of a bill
        return world.bills.UpdateBill(bill_service_pb2.UpdateBillRequest(bill=bill, update_mask=FieldMask(paths=paths)))

    assert _left(update("instalments", instalments=parts)) == [100, 18]
    stale = refused(lambda: update("lines", lines=[line(rupees(200))]))
    assert (stale.code, stale.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INSTALMENTS_MISMATCH")
    assert stale.metadata["total"] == "236.00 INR"
    cleared = update("instalments", "lines", lines=[line(rupees(200))])
    assert (list(cleared.instalments), cleared.HasField("due_date")) == ([], False)


def test_taxes_that_change_before_issue_are_noticed(world: World) -> None:
    world.configure(tax_id="29AABCT1332L1ZA")
    draft = world.draft(instalments=[_part(world, 10, rupees(100)), _part(world, 20, rupees(18))])
    world.configure(gst_composition=True)
    assert refused(lambda: world.issue(draft)).reason == "INSTALMENTS_MISMATCH"


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([(10, rupees(118))], "bill.instalments"),
        ([(10, rupees(100)), (20, rupees(17))], "bill.instalments"),
        ([(20, rupees(100)), (10, rupees(18))], "bill.instalments[1].due_date"),
        ([(10, rupees(118)), (20, rupees(0))], "bill.instalments[1].amount"),
        ([(10, rupees(100)), (20, euros(18))], "bill.instalments[1].amount"),
        ([(day, rupees(1)) for day in range(37)], "bill.instalments"),
    ],
)
def test_broken_instalments_are_named(world: World, parts: list[tuple[int, money_pb2.Money]], field: str) -> None:
    instalments = [_part(world, days, amount) for days, amount in parts]
    answer = refused(lambda: world.draft(instalments=instalments))
    assert (answer.code, answer.fields) == (grpc.StatusCode.INVALID_ARGUMENT, (field,))


def test_a_part_needs_its_day(world: World) -> None:
    parts = [bill_pb2.Instalment(amount=rupees(100)), _part(world, 20, rupees(18))]
    assert refused(lambda: world.draft(instalments=parts)).fields == ("bill.instalments[0].due_date",)
