"""A merchant's terms stand at the end of bills, as they were on the day of issue."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    document_service_pb2,
    my_bill_service_pb2,
    public_bill_service_pb2,
    settings_pb2,
    settings_service_pb2,
)
from google.protobuf.field_mask_pb2 import FieldMask

from tests.services.billing.documents.asking import bill_of, ready
from tests.services.billing.world import new_id, refused

if TYPE_CHECKING:
    from tests.services.billing.world import World

_TERMS = "Goods once sold are not taken back.\nSubject to Bengaluru jurisdiction. <b>E & OE</b>"


def _token(bill: bill_pb2.Bill) -> str:
    return bill.public_url.rpartition("/")[2]


def _page(world: World, bill: bill_pb2.Bill) -> str:
    request = public_bill_service_pb2.GetBillPageRequest(token=_token(bill))
    return world.public.GetBillPage(request).data.decode()


def test_a_bill_keeps_those_of_its_issue(world: World) -> None:
    assert world.configure(terms=f"  {_TERMS}\n\n").terms == _TERMS
    draft = world.draft()
    assert draft.terms == ""
    bill = world.issue(draft)
    world.configure(terms="All is different now.")
    assert (bill.terms, world.get(bill).terms) == (_TERMS, _TERMS)
    listed = world.bills.ListBills(bill_service_pb2.ListBillsRequest(number=bill.number)).bills
    assert [one.terms for one in listed] == [""]
    copy = world.bills.DuplicateBill(bill_service_pb2.DuplicateBillRequest(id=bill.id, request_id=new_id()))
    assert world.issue(copy).terms == "All is different now."
    mask = FieldMask(paths=["terms"])
    request = settings_service_pb2.UpdateSettingsRequest(settings=settings_pb2.Settings(), update_mask=mask)
    assert world.settings.UpdateSettings(request).terms == ""
    assert world.bill().terms == ""


def test_whoever_reads_the_bill_reads_them(world: World) -> None:
    phone, account = f"+9198{uuid.uuid4().int % 10**8:08d}", uuid.uuid4()
    world.link(account, phone)
    world.configure(terms=_TERMS)
    bill = world.bill(customer=world.customer(phone=phone))
    plain = world.neighbour().bill()
    assert world.public.GetPublicBill(public_bill_service_pb2.GetPublicBillRequest(token=_token(bill))).terms == _TERMS
    assert world.person(account).GetMyBill(my_bill_service_pb2.GetMyBillRequest(id=bill.id)).terms == _TERMS
    page = _page(world, bill)
    assert "Terms and conditions" in page
    assert (
        "Goods once sold are not taken back.\nSubject to Bengaluru jurisdiction. &lt;b&gt;E &amp; OE&lt;/b&gt;" in page
    )
    assert "Terms and conditions" not in _page(world, plain)


@pytest.mark.parametrize("layout", ["A4", "THERMAL_80", "THERMAL_58"])
def test_they_are_printed(world: World, layout: str) -> None:
    world.configure(terms=_TERMS)
    bill = world.bill()
    paper = document_service_pb2.DocumentLayout.Value(f"DOCUMENT_LAYOUT_{layout}")
    text = " ".join(ready(world, bill_of(world, bill, layout=paper)).split())
    assert "Terms and conditions" in text
    assert "Goods once sold are not taken back. Subject to Bengaluru jurisdiction. <b>E & OE</b>" in text


@pytest.mark.parametrize("terms", ["x" * 2001, "a\x00b", "a\u202eb"])
def test_what_cannot_be_printed_is_refused(world: World, terms: str) -> None:
    assert refused(lambda: world.configure(terms=terms)).fields == ("settings.terms",)


def test_as_long_as_they_may_be(world: World) -> None:
    longest = ("शर्त " * 400).strip()
    assert world.configure(terms=longest, locale="hi-IN").terms == longest
    assert world.bill().terms == longest
