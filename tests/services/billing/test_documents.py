"""Documents as they are asked for: in progress at first, then ready, and never out of date."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

import grpc
import pytest
from billmesh.billing.v1 import (
    bill_service_pb2,
    document_service_pb2,
    document_service_pb2_grpc,
    my_bill_service_pb2,
    payment_service_pb2,
    public_bill_service_pb2,
)
from google.type import date_pb2

from services.billing.domain.document import Order
from services.billing.usecases import documents, tasks
from services.billing.worker import printing
from services.kit.ids import to_text
from tests.services.billing.documents import pages
from tests.services.billing.world import card, cash, line, new_id, refused, rupees, upi

if TYPE_CHECKING:
    from collections.abc import Callable

    from billmesh.billing.v1 import bill_pb2, payment_pb2
    from google.api.httpbody_pb2 import HttpBody

    from tests.services.billing.world import World

THERMAL = document_service_pb2.DOCUMENT_LAYOUT_THERMAL_80


def staff(world: World) -> document_service_pb2_grpc.DocumentServiceStub:
    """The merchant's staff."""
    return document_service_pb2_grpc.DocumentServiceStub(world.staff(world.merchant))


def anyone(world: World) -> document_service_pb2_grpc.DocumentServiceStub:
    """Someone who has the link."""
    return document_service_pb2_grpc.DocumentServiceStub(world.harness.anonymous())


def bill_of(world: World, bill: bill_pb2.Bill, **more: object) -> Callable[[], HttpBody]:
    """A call for the bill's PDF."""
    request = document_service_pb2.GetBillPdfRequest(id=bill.id, **more)  # type: ignore[arg-type] # fields by name
    return lambda: staff(world).GetBillPdf(request)


def receipt_of(world: World, payment: payment_pb2.Payment) -> Callable[[], HttpBody]:
    """A call for the payment's receipt."""
    return lambda: staff(world).GetReceiptPdf(document_service_pb2.GetReceiptPdfRequest(id=payment.id))


def public(world: World, bill: bill_pb2.Bill, **more: object) -> Callable[[], HttpBody]:
    """A call for the PDF behind the bill's link."""
    token = bill.public_url.rpartition("/")[2]
    request = document_service_pb2.GetPublicBillPdfRequest(token=token, **more)  # type: ignore[arg-type] # as above
    return lambda: anyone(world).GetPublicBillPdf(request)


def ready(world: World, call: Callable[[], HttpBody]) -> str:
    """The text of the document: asked for, made, and asked for again."""
    answer = refused(call)
    assert (answer.code, answer.reason) == (grpc.StatusCode.UNAVAILABLE, "DOCUMENT_IN_PROGRESS")
    world.work(tasks.PRINT_DOCUMENT)
    body = call()
    assert body.content_type == "application/pdf"
    assert body.data.startswith(b"%PDF-")
    return pages.text(body.data)


def test_a_bill_is_made_while_nobody_waits(world: World) -> None:
    bill = world.bill()
    with pytest.raises(grpc.RpcError) as caught:
        bill_of(world, bill)()
    trailers = dict(cast("grpc.Call", caught.value).trailing_metadata() or ())
    assert trailers["retry-after"] == "1"
    assert bill.number in ready(world, bill_of(world, bill))
    jobs = len(world.jobs(tasks.PRINT_DOCUMENT))
    bill_of(world, bill)()
    assert len(world.jobs(tasks.PRINT_DOCUMENT)) == jobs, "what is ready is not made again"


def test_who_asks_again_at_once_orders_nothing_more(world: World) -> None:
    bill = world.bill()
    for _ in range(3):
        refused(bill_of(world, bill))
    assert len(world.jobs(tasks.PRINT_DOCUMENT)) == 1
    world.clock.advance(timedelta(minutes=1))
    refused(bill_of(world, bill))
    assert len(world.jobs(tasks.PRINT_DOCUMENT)) == 2, "an order that seems lost is given once more"


def test_a_payment_makes_another_document(world: World) -> None:
    world.configure(upi_vpa="asha@okbank")
    bill = world.bill()
    before = bill_of(world, bill)
    ready(world, before)
    (asked,) = pages.codes(before().data)
    assert "am=118.00" in asked
    world.pay(bill, cash(rupees(100)))
    assert "−₹100.00" in ready(world, before)
    (asks,) = pages.codes(before().data)
    assert "am=18.00" in asks
    assert asks.partition("tr=")[2] != asked.partition("tr=")[2]
    world.pay(bill, cash(rupees(18)))
    assert "Paid" in ready(world, before)
    assert pages.codes(before().data) == []


def test_settings_make_another_document(world: World) -> None:
    bill = world.bill()
    ready(world, bill_of(world, bill))
    world.configure(business_name="Asha & Daughters")
    assert "Asha & Daughters" in ready(world, bill_of(world, bill))


def test_a_void_bill_says_so(world: World) -> None:
    bill = world.bill()
    request = bill_service_pb2.VoidBillRequest(id=bill.id, reason="Wrong customer", request_id=new_id())
    world.bills.VoidBill(request)
    text = ready(world, bill_of(world, bill))
    assert "Void" in text
    assert "Wrong customer" in text


def test_papers_and_languages_are_apart(world: World) -> None:
    bill = world.bill(customer=world.customer(locale="hi-IN"))
    assert "ग्राहक" in ready(world, bill_of(world, bill))
    assert "Billed to" in ready(world, bill_of(world, bill, locale="en-IN"))
    assert "ग्राहक" in ready(world, bill_of(world, bill, layout=THERMAL))
    (page,) = pages.pictures(bill_of(world, bill, layout=THERMAL)().data, scale=1)
    assert page.width < 240


def test_the_customer_who_is_told_finds_it_ready(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=f"+9198{uuid.uuid4().int % 10**8:08d}"))
    world.work(tasks.TELL_BILL)
    world.work(tasks.PRINT_DOCUMENT)
    assert public(world, bill)().data.startswith(b"%PDF-")
    payment = world.pay(bill, cash(rupees(100)))
    world.work(tasks.TELL_RECEIPT)
    world.work(tasks.PRINT_DOCUMENT)
    assert "−₹100.00" in pages.text(public(world, bill)().data)
    assert payment.id


def test_who_waits_does_not_wait_behind_those_who_do_not(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=f"+9198{uuid.uuid4().int % 10**8:08d}"))
    world.work(tasks.TELL_BILL)
    refused(public(world, bill))
    queues = world.query(
        """
        SELECT queue_name FROM billing.procrastinate_jobs
        WHERE task_name = %s AND args->>'merchant_id' = %s ORDER BY id
        """,
        tasks.PRINT_DOCUMENT,
        str(world.merchant),
    )
    assert queues == [(tasks.DOCUMENTS_AHEAD,), (tasks.DOCUMENTS,)]


def test_drafts_are_not_printed(world: World) -> None:
    answer = refused(bill_of(world, world.draft()))
    assert (answer.code, answer.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "BILL_NOT_ISSUED")


def test_a_receipt_for_what_came(world: World) -> None:
    bill = world.bill()
    payment = world.pay(bill, upi(rupees(60), "412345678901"), card(rupees(40)))
    text = ready(world, receipt_of(world, payment))
    for part in ("Receipt", bill.number, "UTR 412345678901", "4242", "₹100.00", "₹18.00"):
        assert part in text


def test_no_receipt_for_a_claim(world: World) -> None:
    phone, account = f"+9198{uuid.uuid4().int % 10**8:08d}", uuid.uuid4()
    world.link(account, phone)
    bill = world.bill(customer=world.customer(phone=phone))
    claim = world.person(account).ClaimPayment(
        my_bill_service_pb2.ClaimPaymentRequest(id=bill.id, leg=upi(rupees(118)), request_id=new_id())
    )
    answer = refused(receipt_of(world, claim))
    assert (answer.code, answer.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NOTHING_RECEIVED")
    request = payment_service_pb2.VerifyPaymentRequest(id=claim.id, request_id=new_id())
    world.payments.VerifyPayment(request)
    assert "₹118.00" in ready(world, receipt_of(world, claim))


def test_a_credit_note(world: World) -> None:
    bill = world.bill(line(rupees(100), "3"))
    note = world.credit(bill, {1: "2"})
    request = document_service_pb2.GetCreditNotePdfRequest(id=note.id)
    text = ready(world, lambda: staff(world).GetCreditNotePdf(request))
    for part in ("Credit note", note.number, bill.number, "₹236.00"):
        assert part in text
    absent = document_service_pb2.GetCreditNotePdfRequest(id=to_text("crn", uuid.uuid4()))
    assert refused(lambda: staff(world).GetCreditNotePdf(absent)).reason == "CREDIT_NOTE_NOT_FOUND"
    assert refused(lambda: staff(world.neighbour()).GetCreditNotePdf(request)).reason == "CREDIT_NOTE_NOT_FOUND"
    assert "−₹236.00" in ready(world, bill_of(world, bill)), "the bill says what was credited"


def test_a_statement(world: World) -> None:
    customer = world.customer()
    bill = world.bill(customer=customer)
    world.pay(bill, cash(rupees(100)))
    request = document_service_pb2.GetStatementPdfRequest(id=customer.id)
    text = ready(world, lambda: staff(world).GetStatementPdf(request))
    for part in ("Statement of account", "Ravi Kumar", bill.number, "118.00", "100.00", "₹18.00"):
        assert part in text
    earlier = document_service_pb2.GetStatementPdfRequest(
        id=customer.id,
        start_date=date_pb2.Date(year=2020, month=1, day=1),
        end_date=date_pb2.Date(year=2020, month=2, day=1),
    )
    assert bill.number not in ready(world, lambda: staff(world).GetStatementPdf(earlier))
    assert staff(world).GetStatementPdf(request).data, "each part of an account is kept"
    world.pay(bill, cash(rupees(18)))
    assert "₹0.00" in ready(world, lambda: staff(world).GetStatementPdf(request))
    neighbour = world.neighbour()
    assert refused(lambda: staff(neighbour).GetStatementPdf(request)).reason == "CUSTOMER_NOT_FOUND"


def test_a_person_has_their_bills_and_receipts(world: World) -> None:
    phone, account = f"+9198{uuid.uuid4().int % 10**8:08d}", uuid.uuid4()
    world.link(account, phone)
    customer = world.customer(phone=phone)
    bill, other_bill = world.bill(customer=customer), world.bill(customer=customer)
    payment = world.pay(bill, cash(rupees(100)))
    person = document_service_pb2_grpc.DocumentServiceStub(world.harness.as_person(account, scopes=["bills:own"]))
    stranger = document_service_pb2_grpc.DocumentServiceStub(
        world.harness.as_person(uuid.uuid4(), scopes=["bills:own"])
    )
    own = document_service_pb2.GetMyBillPdfRequest(id=bill.id)
    receipt = document_service_pb2.GetMyReceiptPdfRequest(bill_id=bill.id, payment_id=payment.id)
    assert bill.number in ready(world, lambda: person.GetMyBillPdf(own))
    assert "₹100.00" in ready(world, lambda: person.GetMyReceiptPdf(receipt))
    assert refused(lambda: stranger.GetMyBillPdf(own)).reason == "BILL_NOT_FOUND"
    assert refused(lambda: stranger.GetMyReceiptPdf(receipt)).reason == "BILL_NOT_FOUND"
    receipt.bill_id = other_bill.id
    assert refused(lambda: person.GetMyReceiptPdf(receipt)).reason == "PAYMENT_NOT_FOUND"


def test_the_page_of_a_bill_leads_to_its_pdf(world: World) -> None:
    token = world.bill().public_url.rpartition("/")[2]
    html = world.public.GetBillPage(public_bill_service_pb2.GetBillPageRequest(token=token)).data.decode()
    assert f'href="/b/{token}/pdf"' in html


@pytest.mark.parametrize("which", ["bill", "payment"])
def test_others_documents_do_not_exist(world: World, which: str) -> None:
    bill = world.bill()
    payment = world.pay(bill, cash(rupees(1)))
    ready(world, bill_of(world, bill))
    ready(world, receipt_of(world, payment))
    neighbour = world.neighbour()
    neighbour.bill()
    call = bill_of(neighbour, bill) if which == "bill" else receipt_of(neighbour, payment)
    assert refused(call).reason == f"{which.upper()}_NOT_FOUND"
    bill.id, payment.id = to_text("bill", uuid.uuid4()), to_text("pay", uuid.uuid4())
    assert refused(call).reason == f"{which.upper()}_NOT_FOUND"


def test_broken_fields_are_named(world: World) -> None:
    bill = world.bill()
    assert refused(bill_of(world, bill, locale="english")).fields == ("locale",)
    assert refused(bill_of(world, bill, layout=9)).fields == ("layout",)


def test_the_file_is_private_and_has_a_name(world: World) -> None:
    bill = world.bill()
    ready(world, bill_of(world, bill))
    _, call = staff(world).GetBillPdf.with_call(document_service_pb2.GetBillPdfRequest(id=bill.id))
    metadata = {key: str(value) for key, value in call.initial_metadata()}
    assert metadata["content-disposition"] == f'inline; filename="bill-{bill.number.replace("/", "-")}.pdf"'
    assert metadata["cache-control"] == "private, no-store"
    assert metadata["x-content-type-options"] == "nosniff"


def test_a_link_opens_it_in_a_browser(world: World) -> None:
    bill = world.bill()
    request = document_service_pb2.OpenBillPdfRequest(token=bill.public_url.rpartition("/")[2])
    waiting, call = anyone(world).OpenBillPdf.with_call(request)
    metadata = {key: str(value) for key, value in call.initial_metadata()}
    assert (metadata["x-http-status"], metadata["refresh"]) == ("202", "1")
    assert waiting.content_type == "text/html; charset=utf-8"
    assert b"The PDF is being made" in waiting.data
    world.work(tasks.PRINT_DOCUMENT)
    opened, call = anyone(world).OpenBillPdf.with_call(request)
    assert opened.content_type == "application/pdf"
    assert bill.number in pages.text(opened.data)
    assert not {"refresh", "x-http-status"} & {key for key, _ in call.initial_metadata()}


def test_a_link_that_nobody_has(world: World) -> None:
    token = "a" * 26
    answer = refused(lambda: anyone(world).GetPublicBillPdf(document_service_pb2.GetPublicBillPdfRequest(token=token)))
    assert (answer.code, answer.reason) == (grpc.StatusCode.NOT_FOUND, "BILL_LINK_NOT_FOUND")
    page, call = anyone(world).OpenBillPdf.with_call(document_service_pb2.OpenBillPdfRequest(token=token))
    assert ("x-http-status", "404") in {(key, value) for key, value in call.initial_metadata()}
    assert b"There is no such bill" in page.data


def test_who_has_the_link_learns_no_telephone_number(world: World) -> None:
    phone = f"+9198{uuid.uuid4().int % 10**8:08d}"
    bill = world.bill(customer=world.customer(phone=phone, email="ravi@example.com"))
    text = ready(world, public(world, bill))
    assert phone[3:] not in text
    assert "ravi@example.com" not in text


def test_a_press_that_fails_is_asked_again(world: World) -> None:
    bill = world.bill()
    refused(bill_of(world, bill))

    class Broken:
        def print(self, order: Order) -> bytes:
            raise RuntimeError("out of ink")

    (arguments,) = world.jobs(tasks.PRINT_DOCUMENT)
    job = printing(world.deps, Broken())[tasks.PRINT_DOCUMENT]
    with pytest.raises(RuntimeError):
        job(**arguments)
    assert refused(bill_of(world, bill)).reason == "DOCUMENT_IN_PROGRESS"
    world.work(tasks.PRINT_DOCUMENT)
    assert bill_of(world, bill)().data


def test_what_is_outdated_while_it_is_printed_is_not_kept(world: World) -> None:
    bill = world.bill()
    refused(bill_of(world, bill))
    (arguments,) = world.jobs(tasks.PRINT_DOCUMENT)

    class Slow:
        def print(self, order: Order) -> bytes:
            world.pay(bill, cash(rupees(100)))
            refused(bill_of(world, bill))
            return b"%PDF- of before the payment"

    printing(world.deps, Slow())[tasks.PRINT_DOCUMENT](**arguments)
    assert refused(bill_of(world, bill)).reason == "DOCUMENT_IN_PROGRESS"
    world.work(tasks.PRINT_DOCUMENT)
    assert "−₹100.00" in pages.text(bill_of(world, bill)().data)


def test_nothing_is_in_the_database_in_clear(world: World) -> None:
    bill = world.bill(customer=world.customer(display_name="Zebulon Quux"))
    refused(bill_of(world, bill))
    select = "SELECT content FROM billing.documents WHERE merchant_id = %s"
    ((order,),) = world.query(select, str(world.merchant))
    assert b"Zebulon" not in bytes(order)
    world.work(tasks.PRINT_DOCUMENT)
    ((pdf,),) = world.query(select, str(world.merchant))
    assert b"%PDF-" not in bytes(pdf)


def test_old_documents_are_forgotten_and_made_again(world: World) -> None:
    bill, fresh, other = world.bill(), world.bill(), world.neighbour()
    ready(world, bill_of(world, bill))
    ready(other, bill_of(other, other.bill()))
    world.query(
        """
        UPDATE billing.documents SET want_time = want_time - interval '91 days'
        WHERE merchant_id IN (%s, %s) RETURNING 1
        """,
        str(world.merchant),
        str(other.merchant),
    )
    ready(world, bill_of(world, fresh))
    documents.sweep(world.deps)
    count = "SELECT count(*) FROM billing.documents WHERE merchant_id = %s"
    assert world.query(count, str(world.merchant)) == [(1,)]
    assert world.query(count, str(other.merchant)) == [(0,)]
    assert bill_of(world, fresh)().data
    assert bill.number in ready(world, bill_of(world, bill))


def test_a_merchant_sees_only_its_own(world: World) -> None:
    ready(world, partial(bill_of(world, world.bill())))
    with world.deps.db.transaction(merchant=world.neighbour().merchant) as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM documents").scalar_one() == 0
    with world.deps.db.transaction() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM documents").scalar_one() == 0
