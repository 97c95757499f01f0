"""Who gets which documents: staff, persons, holders of links, and nobody else."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import (
    document_service_pb2,
    document_service_pb2_grpc,
    public_bill_service_pb2,
)

from services.billing.usecases import tasks
from services.kit.ids import to_text
from tests.services.billing.documents import pages
from tests.services.billing.documents.asking import anyone, bill_of, public, ready, receipt_of, staff
from tests.services.billing.world import cash, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World


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


def test_nothing_is_in_the_database_in_clear(world: World) -> None:
    bill = world.bill(customer=world.customer(display_name="Zebulon Quux"))
    refused(bill_of(world, bill))
    select = "SELECT content FROM billing.documents WHERE merchant_id = %s"
    ((order,),) = world.query(select, str(world.merchant))
    assert b"Zebulon" not in bytes(order)
    world.work(tasks.PRINT_DOCUMENT)
    ((pdf,),) = world.query(select, str(world.merchant))
    assert b"%PDF-" not in bytes(pdf)


def test_a_merchant_sees_only_its_own(world: World) -> None:
    ready(world, partial(bill_of(world, world.bill())))
    with world.deps.db.transaction(merchant=world.neighbour().merchant) as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM documents").scalar_one() == 0
    with world.deps.db.transaction() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM documents").scalar_one() == 0
