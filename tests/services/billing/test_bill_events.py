"""What happened to a bill, and copies of bills."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg2.errors
import pytest
from billmesh.billing.v1 import bill_event_pb2, bill_pb2, bill_service_pb2, payment_service_pb2
from billmesh.billing.v1 import bill_event_service_pb2 as pb
from billmesh.billing.v1.bill_event_service_pb2_grpc import BillEventServiceStub
from google.type import date_pb2, decimal_pb2

from services.kit.ids import to_text
from tests.services.billing.world import cash, line, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World


def _events(world: World) -> BillEventServiceStub:
    return BillEventServiceStub(world.staff(world.merchant))


def _list(world: World, bill: bill_pb2.Bill, *, page_size: int = 0, page_token: str = "") -> pb.ListBillEventsResponse:
    request = pb.ListBillEventsRequest(bill_id=bill.id, page_size=page_size, page_token=page_token)
    answer: pb.ListBillEventsResponse = _events(world).ListBillEvents(request)
    return answer


def _kinds(world: World, bill: bill_pb2.Bill) -> list[str]:
    """What happened, the oldest first."""
    prefix = "BILL_EVENT_KIND_"
    events = reversed(_list(world, bill).events)
    return [bill_event_pb2.BillEventKind.Name(event.kind).removeprefix(prefix) for event in events]


def _note(world: World, bill: bill_pb2.Bill, text: str, request_id: str | None = None) -> bill_event_pb2.BillEvent:
    request = pb.AddBillNoteRequest(bill_id=bill.id, text=text, request_id=request_id or new_id())
    added: bill_event_pb2.BillEvent = _events(world).AddBillNote(request)
    return added


def _copy(world: World, bill: bill_pb2.Bill, request_id: str | None = None) -> bill_pb2.Bill:
    return world.bills.DuplicateBill(
        bill_service_pb2.DuplicateBillRequest(id=bill.id, request_id=request_id or new_id())
    )


def test_a_bills_life_is_told(world: World) -> None:
    draft = world.draft()
    world.clock.advance(timedelta(seconds=1))
    world.bills.UpdateBill(bill_service_pb2.UpdateBillRequest(bill=bill_pb2.Bill(id=draft.id, note="Thank you")))
    world.clock.advance(timedelta(seconds=1))
    bill = world.issue(draft)
    world.clock.advance(timedelta(seconds=1))
    payment = world.pay(bill, cash(rupees(18)))
    world.clock.advance(timedelta(seconds=1))
    verify = payment_service_pb2.VerifyPaymentRequest(id=payment.id, request_id=new_id())
    world.payments.VerifyPayment(verify)
    assert _kinds(world, bill) == ["CREATED", "UPDATED", "ISSUED", "PAYMENT_RECORDED", "PAYMENT_VERIFIED"]
    verified, recorded, issued, *_ = _list(world, bill).events
    assert (issued.amount, issued.reference_id) == (rupees(118), "")
    assert (recorded.amount, recorded.reference_id) == (rupees(18), payment.id)
    assert verified.reference_id == payment.id
    assert issued.actor_id.startswith("acc_")


def test_a_withdrawal_is_told(world: World) -> None:
    bill = world.bill()
    world.clock.advance(timedelta(seconds=1))
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Mistake"))
    assert _kinds(world, bill)[-1] == "VOIDED"


def test_what_is_taken_and_given_back_is_told(world: World) -> None:
    bill = world.bill()
    payment = world.pay(bill, cash(rupees(118)))
    world.clock.advance(timedelta(seconds=1))
    refund = world.refund(payment, rupees(18))
    world.clock.advance(timedelta(seconds=1))
    note = world.credit(bill)
    assert _kinds(world, bill)[-2:] == ["REFUNDED", "CREDITED"]
    credited, refunded, *_ = _list(world, bill).events
    assert (refunded.amount, refunded.reference_id) == (rupees(18), refund.id)
    assert (credited.amount, credited.reference_id) == (note.total, note.id)


def test_what_is_refused_is_not_told(world: World) -> None:
    bill = world.bill()
    refused(lambda: world.issue(bill))
    refused(lambda: world.pay(bill, cash(rupees(0))))
    assert sorted(_kinds(world, bill)) == ["CREATED", "ISSUED"]


def test_staff_write_notes(world: World) -> None:
    bill, request_id = world.bill(), new_id()
    note = _note(world, bill, "Ravi promised to pay on Friday", request_id)
    assert _note(world, bill, "Ravi promised to pay on Friday", request_id) == note
    assert [event for event in _list(world, bill).events if event.text] == [note]
    ((sealed,),) = world.query(
        "SELECT text FROM billing.bill_events WHERE merchant_id = %s AND text IS NOT NULL", str(world.merchant)
    )
    assert b"Ravi" not in bytes(sealed)
    assert refused(lambda: _note(world, bill, " \n")).fields == ("text",)
    assert refused(lambda: _note(world, bill, "x" * 2_001)).fields == ("text",)


def test_pages_of_events(world: World) -> None:
    bill = world.bill()
    for number in range(3):
        _note(world, bill, str(number))
    first = _list(world, bill, page_size=4)
    rest = _list(world, bill, page_size=4, page_token=first.next_page_token)
    assert (len(first.events), len(rest.events), rest.next_page_token) == (4, 1, "")
    assert len({event.id for event in (*first.events, *rest.events)}) == 5


def test_nobody_changes_what_happened(world: World) -> None:
    bill = world.bill()
    for statement in ("UPDATE billing.bill_events SET kind = 'NOTE'", "DELETE FROM billing.bill_events"):
        with pytest.raises(psycopg2.errors.RestrictViolation):
            world.query(f"{statement} WHERE merchant_id = %s", str(world.merchant))
    assert len(_list(world, bill).events) == 2


def test_another_merchants_bill_has_no_events(world: World) -> None:
    bill, neighbour = world.bill(), world.neighbour()
    for bill_id in (bill.id, to_text("bill", uuid.uuid4())):
        there = bill_pb2.Bill(id=bill_id)
        assert refused(lambda: _list(neighbour, there)).reason == "BILL_NOT_FOUND"  # noqa: B023 - called at once
        assert refused(lambda: _note(neighbour, there, "x")).reason == "BILL_NOT_FOUND"  # noqa: B023
        assert refused(lambda: _copy(neighbour, there)).reason == "BILL_NOT_FOUND"  # noqa: B023


def test_a_copy_charges_the_same(world: World) -> None:
    due = date_pb2.Date(year=2027, month=1, day=1)
    lines = line(rupees(99, 99), "1.5", discount=rupees(1)), line(rupees(50), tax_code="GST5")
    bill = world.bill(*lines, discount=rupees(5), due_date=due, note="Thanks", place_of_supply="27")
    world.pay(bill, cash(rupees(10)))
    copy = _copy(world, bill)
    assert copy.state == bill_pb2.BILL_STATE_DRAFT
    assert copy.id != bill.id
    assert (copy.number, copy.HasField("due_date"), copy.public_url) == ("", False, "")
    assert list(copy.lines) == list(bill.lines)
    assert (copy.discount, copy.note, copy.place_of_supply) == (bill.discount, bill.note, "27")
    assert (copy.totals.total, copy.totals.outstanding) == (bill.totals.total, bill.totals.total)
    ((created),) = _list(world, copy).events
    assert created.reference_id == bill.id
    assert world.issue(copy).number != bill.number


def test_the_same_request_makes_one_copy(world: World) -> None:
    bill, request_id = world.bill(), new_id()
    assert _copy(world, bill, request_id) == _copy(world, bill, request_id)


def test_a_copy_bears_todays_taxes(world: World) -> None:
    world.configure(tax_id="29AABCT1332L1ZA")
    bill = world.bill()
    world.configure(gst_composition=True)
    assert _copy(world, bill).totals.total == rupees(100)


def test_stock_items_are_copied_at_the_price_of_the_bill(world: World) -> None:
    item = bill_pb2.BillLine(item_id=world.shelve(left="10"), quantity=decimal_pb2.Decimal(value="2"))
    bill = world.bill(item, store_id=to_text("sto", uuid.UUID(int=7)))
    copy = _copy(world, bill)
    assert copy.lines[0].item_id == bill.lines[0].item_id
    assert copy.totals.total == bill.totals.total
