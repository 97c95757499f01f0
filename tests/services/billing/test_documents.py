"""Documents as they are asked for: in progress at first, then ready, and never out of date."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import grpc
import pytest
from billmesh.billing.v1 import (
    bill_service_pb2,
    document_service_pb2,
    my_bill_service_pb2,
    payment_service_pb2,
    public_bill_service_pb2,
    settings_service_pb2,
)
from google.api.httpbody_pb2 import HttpBody
from google.type import date_pb2
from PIL import Image

from services.billing.domain.document import Order
from services.billing.usecases import documents, tasks
from services.billing.worker import printing
from services.kit.ids import to_text
from tests.services.billing.documents import pages
from tests.services.billing.documents.asking import bill_of, public, ready, receipt_of, staff
from tests.services.billing.world import card, cash, cheque, line, new_id, refused, rupees, upi

if TYPE_CHECKING:
    from billmesh.billing.v1 import bill_pb2

    from tests.services.billing.world import World

THERMAL = document_service_pb2.DOCUMENT_LAYOUT_THERMAL_80


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


def test_the_logo_is_at_the_head(world: World) -> None:
    bill = world.bill()
    ready(world, bill_of(world, bill))
    picture = io.BytesIO()
    Image.new("RGB", (300, 100), "black").save(picture, "PNG")
    logo = HttpBody(content_type="image/png", data=picture.getvalue())
    world.settings.SetLogo(settings_service_pb2.SetLogoRequest(image=logo))
    ready(world, bill_of(world, bill))
    (page,) = pages.pictures(bill_of(world, bill)().data, scale=1)
    # Black, where the page begins.
    assert page.getpixel((80, 60)) == 0
    world.settings.DeleteLogo(settings_service_pb2.DeleteLogoRequest())
    ready(world, bill_of(world, bill))
    (page,) = pages.pictures(bill_of(world, bill)().data, scale=1)
    assert page.getpixel((100, 80)) != 0


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


def look(world: World, bill: bill_pb2.Bill) -> None:
    """Opens the page behind the bill's link."""
    token = bill.public_url.rpartition("/")[2]
    world.public.GetBillPage(public_bill_service_pb2.GetBillPageRequest(token=token))


def orders(world: World) -> int:
    """How often something was ordered to be printed."""
    return len(world.jobs(tasks.PRINT_DOCUMENT))


def test_whoever_looks_at_a_bill_finds_its_paper_ready(world: World) -> None:
    bill = world.bill()
    assert orders(world) == 0
    for _ in range(2):
        look(world, bill)
    assert orders(world) == 1
    world.work(tasks.PRINT_DOCUMENT)
    assert public(world, bill)().data.startswith(b"%PDF-")
    world.pay(bill, cash(rupees(100)))
    assert orders(world) == 1
    look(world, bill)
    world.work(tasks.PRINT_DOCUMENT)
    assert "−₹100.00" in pages.text(public(world, bill)().data)


@pytest.mark.parametrize("what", ["credit note", "refund", "bounced cheque", "void"])
def test_what_was_printed_before_a_bill_changed_is_not_handed_out(world: World, what: str) -> None:
    bill = world.bill()
    payment = world.pay(bill, cheque(rupees(118), cleared=True)) if what in {"refund", "bounced cheque"} else None
    call = bill_of(world, bill, layout=THERMAL)
    before = ready(world, call)
    if what == "void":
        world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=bill.id, reason="Wrong", request_id=new_id()))
    elif payment is None:
        world.credit(bill)
    elif what == "refund":
        world.payments.VerifyPayment(payment_service_pb2.VerifyPaymentRequest(id=payment.id, request_id=new_id()))
        world.refund(payment, rupees(18))
    else:
        request = payment_service_pb2.RejectPaymentRequest(
            id=payment.id, leg_ids=[payment.legs[0].id], reason="Bounced", request_id=new_id()
        )
        world.payments.RejectPayment(request)
    assert ready(world, call) != before


def test_who_waits_does_not_wait_behind_those_who_do_not(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=f"+9198{uuid.uuid4().int % 10**8:08d}"))
    look(world, bill)
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


def test_broken_fields_are_named(world: World) -> None:
    bill = world.bill()
    assert refused(bill_of(world, bill, locale="english")).fields == ("locale",)
    assert refused(bill_of(world, bill, layout=9)).fields == ("layout",)


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
