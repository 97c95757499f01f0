"""What an erased customer leaves in the tables: bills as they are printed, and nothing else that is personal."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg2
import pytest
from billmesh.billing.v1 import (
    attachment_service_pb2,
    bill_event_pb2,
    bill_event_service_pb2,
    bill_pb2,
    customer_pb2,
    customer_service_pb2,
    document_service_pb2,
    payment_pb2,
    payment_service_pb2,
)
from billmesh.billing.v1.attachment_service_pb2_grpc import AttachmentServiceStub
from billmesh.billing.v1.bill_event_service_pb2_grpc import BillEventServiceStub
from billmesh.billing.v1.document_service_pb2_grpc import DocumentServiceStub
from google.api.httpbody_pb2 import HttpBody

from services.billing.usecases import answers
from services.kit.ids import from_text, to_text
from tests.services.billing.world import cash, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_PHONE = "+919845012345"
_WORDS = ("Lakshmi", "Tall", "vip", "ravi", "Ravi", "kumaraswamy", "Kumaraswamy")
_NOTES = "SELECT note FROM billing.payments WHERE merchant_id = %s ORDER BY note"
_TEXTS = "SELECT DISTINCT bill_id FROM billing.bill_events WHERE merchant_id = %s AND text IS NOT NULL"
# Tables of merchants, but no partitions of them.
_TABLES = """
SELECT t.relname FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'merchant_id'
WHERE t.relnamespace = 'billing'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
"""


def _erase(world: World, customer: customer_pb2.Customer) -> None:
    world.customers.EraseCustomer(customer_service_pb2.EraseCustomerRequest(id=customer.id))


def _tables(world: World) -> dict[str, str]:
    """What this merchant has in each table, as text."""
    sql = "SELECT coalesce(json_agg(t)::text, '') FROM billing.{} t WHERE merchant_id = %s"
    return {name: world.query(sql.format(name), str(world.merchant))[0][0] for (name,) in world.query(_TABLES)}


def _ids(world: World, table: str, column: str) -> set[str]:
    """Bills that a table has something of."""
    sql = f"SELECT {column} FROM billing.{table} WHERE merchant_id = %s"  # noqa: S608 - of this test
    return {to_text("bill", UUID(found)) for (found,) in world.query(sql, str(world.merchant))}


def _events(world: World, bill: bill_pb2.Bill) -> list[bill_event_pb2.BillEvent]:
    request = bill_event_service_pb2.ListBillEventsRequest(bill_id=bill.id)
    return list(BillEventServiceStub(world.staff(world.merchant)).ListBillEvents(request).events)


def _paid_with_notes_and_files(world: World, bill: bill_pb2.Bill) -> None:
    staff = world.staff(world.merchant)
    note = bill_event_service_pb2.AddBillNoteRequest(bill_id=bill.id, text="His wife is Lakshmi", request_id=new_id())
    BillEventServiceStub(staff).AddBillNote(note)
    file = HttpBody(content_type="application/pdf", data=b"%PDF-1.7\nPassport of Lakshmi")
    attached = attachment_service_pb2.AddAttachmentRequest(
        bill_id=bill.id, file_name="lakshmi.pdf", file=file, request_id=new_id()
    )
    AttachmentServiceStub(staff).AddAttachment(attached)
    payment = payment_pb2.Payment(legs=[cash(rupees(118))], note="Lakshmi brought it")
    world.payments.RecordPayment(
        payment_service_pb2.RecordPaymentRequest(bill_id=bill.id, payment=payment, request_id=new_id())
    )
    refused(partial(DocumentServiceStub(staff).GetBillPdf, document_service_pb2.GetBillPdfRequest(id=bill.id)))


def test_notes_files_and_copies_go_and_bills_stay(world: World) -> None:
    customer = world.customer(display_name="Ravi Kumar", phone=_PHONE, note="Tall", tags=["vip"])
    duplicate = world.customer(display_name="Ravindra Kumaraswamy")
    other = world.bill(customer=world.customer(display_name="Other"))
    bills = [world.bill(customer=customer), world.bill(customer=duplicate)]
    merge = customer_service_pb2.MergeCustomersRequest(id=customer.id, duplicate_id=duplicate.id, request_id=new_id())
    world.customers.MergeCustomers(merge)
    for bill in (*bills, other):
        _paid_with_notes_and_files(world, bill)
    documents = DocumentServiceStub(world.staff(world.merchant))
    refused(partial(documents.GetStatementPdf, document_service_pb2.GetStatementPdfRequest(id=customer.id)))
    before = _tables(world)
    assert all(word in before[table] for table, word in (("payments", "Lakshmi"), ("customer_words", '"ravi"')))
    assert "kumaraswamy" not in before["customer_words"]
    assert "STATEMENT" in before["documents"]
    _erase(world, customer)
    after = _tables(world)
    found = {(table, word) for table, content in after.items() for word in _WORDS if word in content}
    # The other customer's payment has its note.
    assert found == {("bills", "Ravi"), ("bills", "Kumaraswamy"), ("payments", "Lakshmi")}
    assert [note for (note,) in world.query(_NOTES, str(world.merchant))] == ["", "", "Lakshmi brought it"]
    assert world.query(_TEXTS, str(world.merchant)) == [(str(from_text("bill", other.id)),)]
    assert _ids(world, "bill_attachments", "bill_id") == {other.id}
    assert "STATEMENT" not in after["documents"]
    assert _ids(world, "documents", "subject_id") == {other.id}
    assert [world.get(bill).customer_name for bill in bills] == ["Ravi Kumar", "Ravindra Kumaraswamy"]
    # That there was a note, and a file, is still told.
    told = _events(world, bills[0])
    assert {bill_event_pb2.BILL_EVENT_KIND_NOTE, bill_event_pb2.BILL_EVENT_KIND_FILE_ADDED} < {e.kind for e in told}
    assert not any(event.text for event in told)
    assert any(event.text == "His wife is Lakshmi" for event in _events(world, other))


@pytest.mark.parametrize("change", ["text = 'x'", "kind = 'VOIDED', text = NULL"])
def test_events_lose_their_text_and_nothing_else(world: World, change: str) -> None:
    _paid_with_notes_and_files(world, world.bill())
    with pytest.raises(psycopg2.errors.RestrictViolation):
        world.query(f"UPDATE billing.bill_events SET {change} RETURNING 1")  # noqa: S608 - of this test


def test_answers_to_requests_are_forgotten_in_time(world: World) -> None:
    customer = world.customer(phone=_PHONE)
    count = "SELECT count(*) FROM billing.idempotency WHERE owner_id = %s"
    world.query("UPDATE billing.idempotency SET create_time = %s RETURNING 1", world.clock.now())
    world.clock.advance(timedelta(days=30))
    answers.sweep(world.deps)
    assert world.query(count, str(world.merchant)) == [(1,)]
    world.clock.advance(timedelta(minutes=1))
    answers.sweep(world.deps)
    assert world.query(count, str(world.merchant)) == [(0,)]
    assert customer.phone == _PHONE
