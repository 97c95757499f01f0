"""Credit notes: numbers, what they take off, credit, stock, and many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import bill_pb2, bill_service_pb2, credit_note_pb2, credit_note_service_pb2
from google.type import decimal_pb2

from services.billing.usecases import tasks
from services.kit.ids import from_text, to_text
from tests.harness import Refusal
from tests.services.billing.world import at_once, cash, line, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_get = credit_note_service_pb2.GetCreditNoteRequest
_list = credit_note_service_pb2.ListCreditNotesRequest


def test_a_credit_note_takes_off_what_is_asked_for(world: World) -> None:
    bill = world.bill(line(rupees(100), "3"), line(rupees(50)))
    note = world.credit(bill, {1: "1.5"})
    assert note.number == "INVC/26-27/00001"
    assert (note.net, note.total, note.rounding) == (rupees(150), rupees(177), rupees(0))
    assert [(tax.code, tax.base, tax.amount) for tax in note.taxes] == [
        ("CGST", rupees(150), rupees(13, 50)),
        ("SGST", rupees(150), rupees(13, 50)),
    ]
    assert (note.applied, note.to_customer_credit) == (rupees(177), rupees(0))
    (credited,) = note.lines
    assert (credited.bill_line, credited.quantity.value, credited.description) == (1, "1.5", "Rice")
    assert (credited.net, credited.total) == (rupees(150), rupees(177))
    now = world.get(bill)
    assert (now.state, now.totals.credited, now.totals.settled, now.totals.outstanding) == (
        bill_pb2.BILL_STATE_PARTLY_PAID,
        rupees(177),
        rupees(0),
        rupees(236),
    )
    assert world.credit_notes.GetCreditNote(_get(id=note.id)) == note
    rest = world.credit(bill)
    assert [(each.bill_line, each.quantity.value) for each in rest.lines] == [(1, "1.5"), (2, "1")]
    assert (rest.number, rest.total) == ("INVC/26-27/00002", rupees(236))
    assert world.get(bill).state == bill_pb2.BILL_STATE_PAID
    assert world.trial_balance() == {}
    assert refused(lambda: world.credit(bill)).reason == "NOTHING_TO_CREDIT"


def test_what_is_above_the_outstanding_amount_becomes_credit(world: World) -> None:
    customer = world.customer()
    bill = world.bill(line(rupees(100), "2"), customer=customer)
    world.pay(bill, cash(rupees(200)))
    note = world.credit(bill, {1: "1"})
    assert (note.applied, note.to_customer_credit) == (rupees(36), rupees(82))
    assert world.get(bill).state == bill_pb2.BILL_STATE_PAID
    assert world.credit_of(customer) == 8200
    assert world.trial_balance() == {
        "MONEY:CASH": 20000,
        "CUSTOMER_CREDIT": -8200,
        "SALES": -10000,
        "TAX:CGST": -900,
        "TAX:SGST": -900,
    }
    world.refund_credit(customer, rupees(82))
    assert world.credit_of(customer) == 0


def test_payments_and_people_see_what_is_credited(world: World) -> None:
    bill = world.bill(line(rupees(100), "2"))
    world.credit(bill, {1: "1"})
    payment = world.pay(bill, cash(rupees(150)))
    assert (payment.legs[0].settled, payment.legs[0].credited) == (rupees(118), rupees(32))
    assert payment.bill_state == bill_pb2.BILL_STATE_PAID


def test_a_bill_that_was_credited_is_never_void(world: World) -> None:
    bill = world.bill()
    payment = world.pay(bill, cash(rupees(118)))
    world.credit(bill)
    world.refund(payment, rupees(118))
    # Nothing is paid or taken off, but void would take back a second time what was sold.
    assert world.get(bill).state == bill_pb2.BILL_STATE_ISSUED
    void = bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Wrong")
    assert refused(lambda: world.bills.VoidBill(void)).reason == "BILL_HAS_PAYMENTS"


def test_what_cannot_be_credited(world: World) -> None:
    bill = world.bill(line(rupees(100), "2"), line(rupees(1)))
    world.credit(bill, {1: "0.5"})
    high = refused(lambda: world.credit(bill, {2: "1", 1: "1.501"}))
    assert (high.code, high.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "CREDIT_QUANTITY_TOO_HIGH")
    assert high.fields == ("credit_note.lines[1].quantity",)
    assert refused(lambda: world.credit(bill, {3: "1"})).fields == ("credit_note.lines[0].bill_line",)
    for wrong, field in (
        ({1: "0"}, "credit_note.lines[0].quantity"),
        ({1: "0.0001"}, "credit_note.lines[0].quantity"),
        ({0: "1"}, "credit_note.lines[0].bill_line"),
        ({}, "credit_note.lines"),
    ):
        assert refused(lambda: world.credit(bill, wrong)).fields == (field,)  # noqa: B023 - called at once
    assert refused(lambda: world.credit(bill, {1: "1"}, everything=True)).fields == ("credit_note.lines",)
    assert refused(lambda: world.credit(bill, {1: "1"}, reason="")).fields == ("credit_note.reason",)
    assert refused(lambda: world.credit(world.draft())).reason == "BILL_NOT_ISSUED"
    void = world.bill()
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=void.id, request_id=new_id(), reason="Wrong"))
    assert refused(lambda: world.credit(void)).reason == "BILL_VOID"
    assert refused(lambda: world.neighbour().credit(bill)).reason == "BILL_NOT_FOUND"


def test_the_same_credit_note_again_is_one(world: World) -> None:
    bill = world.bill(line(rupees(100), "5"))
    request_id = new_id()
    answers = at_once(4, lambda _: world.credit(bill, {1: "1"}, request_id=request_id))
    assert len({note.id for note in answers if isinstance(note, credit_note_pb2.CreditNote)}) == 1
    assert refused(lambda: world.credit(bill, {1: "2"}, request_id=request_id)).reason == "REQUEST_ID_REUSED"
    assert world.get(bill).totals.credited == rupees(118)


def test_credit_notes_at_once_take_back_no_more_than_was_billed(world: World) -> None:
    bill = world.bill(line(rupees(100), "3"))
    answers = at_once(8, lambda _: world.credit(bill, {1: "0.75"}))
    notes = [note for note in answers if isinstance(note, credit_note_pb2.CreditNote)]
    refusals = {answer.reason for answer in answers if isinstance(answer, Refusal)}
    assert (len(notes), refusals) == (4, {"NOTHING_TO_CREDIT"})
    assert sorted(note.number for note in notes) == [f"INVC/26-27/0000{number}" for number in range(1, 5)]
    assert (world.get(bill).totals.credited, world.trial_balance()) == (rupees(354), {})


def test_numbers_leave_no_gap_beside_those_of_bills(world: World) -> None:
    world.configure(series_prefix="IN")
    first = world.bill()
    assert refused(lambda: world.credit(first, {1: "2"})).reason == "CREDIT_QUANTITY_TOO_HIGH"
    assert world.credit(first).number == "INC/26-27/00001"
    # A series of bills of the same name is another one.
    world.configure(series_prefix="INC")
    assert world.bill().number == "INC/26-27/000001"
    assert world.credit(world.bill()).number == "INCC/26-27/00001"


@pytest.mark.parametrize("restock", [True, False])
def test_goods_go_back_into_stock_once(world: World, restock: bool) -> None:
    item = world.shelve(left="10")
    store = to_text("sto", world.deps.ids.new())
    sold = bill_pb2.BillLine(item_id=item, quantity=decimal_pb2.Decimal(value="4"))
    bill = world.bill(sold, line(rupees(10)), store_id=store)
    note = world.credit(bill, {1: "1.5", 2: "1"}, restock=restock)
    assert note.restock == restock
    key = from_text("item", item)
    assert len(world.jobs(tasks.RESTOCK)) == int(restock)
    for _ in range(2):
        world.work(tasks.RESTOCK)
    assert f"{world.inventory.left[key]:f}" == ("7.500" if restock else "6.000")  # type: ignore[index] # by the same id


def test_credit_notes_are_listed(world: World) -> None:
    customer = world.customer()
    bill = world.bill(line(rupees(100), "3"), customer=customer)
    made = sorted((world.credit(bill, {1: "1"}) for _ in range(3)), key=lambda note: note.id, reverse=True)
    world.clock.moment += timedelta(minutes=1)
    other = world.credit(world.bill())
    listed = world.credit_notes.ListCreditNotes(_list())
    assert list(listed.credit_notes) == [other, *made]
    for only in ({"bill_id": bill.id}, {"customer_id": customer.id}):
        first = world.credit_notes.ListCreditNotes(_list(page_size=2, **only))
        rest = world.credit_notes.ListCreditNotes(_list(page_size=2, page_token=first.next_page_token, **only))
        assert [*first.credit_notes, *rest.credit_notes] == made
        assert rest.next_page_token == ""
    neighbour = world.neighbour()
    assert list(neighbour.credit_notes.ListCreditNotes(_list()).credit_notes) == []
    answer = refused(lambda: neighbour.credit_notes.GetCreditNote(_get(id=other.id)))
    assert (answer.code, answer.reason) == (grpc.StatusCode.NOT_FOUND, "CREDIT_NOTE_NOT_FOUND")
