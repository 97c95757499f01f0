"""Drafts: making, changing, deleting, listing."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import bill_pb2, bill_service_pb2, bill_service_pb2_grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.type import date_pb2, decimal_pb2, money_pb2

from services.billing.domain.ids import MerchantId
from services.kit.ids import to_text
from tests.fakes.billing_peers import HELSINKI
from tests.services.billing.world import cash, euros, line, new_id, refused, rupees

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services.billing.world import World


def _update(world: World, bill: bill_pb2.Bill, *paths: str) -> bill_pb2.Bill:
    request = bill_service_pb2.UpdateBillRequest(bill=bill, update_mask=FieldMask(paths=paths))
    return world.bills.UpdateBill(request)


def test_a_draft_comes_back_computed(world: World) -> None:
    customer = world.customer()
    draft = world.draft(line(rupees(100), "2"), customer=customer, note="Thank you\nCome again")
    assert draft.state == bill_pb2.BILL_STATE_DRAFT
    assert (draft.number, draft.public_url) == ("", "")
    assert draft.customer_name == "Ravi Kumar"
    assert draft.currency_code == "INR"
    assert draft.totals.total == rupees(236)
    assert [(tax.display_name, tax.amount) for tax in draft.totals.taxes] == [
        ("CGST 9%", rupees(18)),
        ("SGST 9%", rupees(18)),
    ]
    assert draft.lines[0].total == rupees(236)
    assert draft.lines[0].quantity.value == "2"
    assert draft.lines[0].unit_code == "EA"
    assert world.get(draft) == draft


def test_a_stock_item_fills_its_line(world: World) -> None:
    item = world.shelve(left="10", price=10_500)
    store = to_text("sto", world.deps.ids.new())
    draft = world.draft(
        bill_pb2.BillLine(item_id=item, quantity=decimal_pb2.Decimal(value="1.5")),
        bill_pb2.BillLine(
            item_id=item,
            quantity=decimal_pb2.Decimal(value="1"),
            unit_price=rupees(90),
            description="Loose",
            tax_code="GST0",
        ),
        store_id=store,
    )
    first, second = draft.lines
    assert (first.description, first.unit_code, first.tax_code, first.hsn_code) == (
        "Basmati 1 kg",
        "EA",
        "GST5",
        "1006",
    )
    assert first.unit_price == rupees(105)
    assert first.price_includes_tax
    assert first.total == rupees(157, 50)
    assert (second.description, second.tax_code) == ("Loose", "GST0")
    assert not second.price_includes_tax
    assert second.total == rupees(90)


def test_a_european_merchant_bills_in_euros_with_vat(world: World) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    draft = world.draft(line(euros(10), tax_code=""))
    assert draft.totals.total == euros(12, 55)
    assert [tax.display_name for tax in draft.totals.taxes] == ["VAT 25.5%"]


def test_a_bill_may_be_in_another_currency(world: World) -> None:
    yen = money_pb2.Money(currency_code="JPY", units=1050)
    draft = world.draft(line(yen, tax_code="GST_EXEMPT"), currency_code="JPY")
    assert draft.totals.total == yen


def _negative(bill: bill_pb2.Bill) -> None:
    bill.lines[0].unit_price.units = -1


def _wrong_currency(bill: bill_pb2.Bill) -> None:
    bill.lines[1].unit_price.CopyFrom(euros(5))


def _paise_of_paise(bill: bill_pb2.Bill) -> None:
    bill.lines[0].unit_price.nanos = 1


def _no_currency(bill: bill_pb2.Bill) -> None:
    bill.lines[0].unit_price.currency_code = ""


def _unknown_currency(bill: bill_pb2.Bill) -> None:
    bill.currency_code = "XXQ"


def _quantity(value: str) -> Callable[[bill_pb2.Bill], None]:
    def change(bill: bill_pb2.Bill) -> None:
        bill.lines[0].quantity.value = value

    return change


def _no_lines(bill: bill_pb2.Bill) -> None:
    del bill.lines[:]


def _no_customer(bill: bill_pb2.Bill) -> None:
    bill.customer_id = ""


def _no_price(bill: bill_pb2.Bill) -> None:
    bill.lines[1].ClearField("unit_price")


def _no_description(bill: bill_pb2.Bill) -> None:
    bill.lines[0].description = ""


def _tax_code(bill: bill_pb2.Bill) -> None:
    bill.lines[1].tax_code = "GST17"


def _discount(bill: bill_pb2.Bill) -> None:
    bill.discount.CopyFrom(rupees(201))


def _line_discount(bill: bill_pb2.Bill) -> None:
    bill.lines[0].discount.CopyFrom(rupees(101))


def _due_date(bill: bill_pb2.Bill) -> None:
    bill.due_date.CopyFrom(date_pb2.Date(year=2026, month=2, day=30))


def _huge(bill: bill_pb2.Bill) -> None:
    bill.lines[0].unit_price.units = 10**12
    bill.lines[0].quantity.value = "2"


def _beyond_the_wire(bill: bill_pb2.Bill) -> None:
    bill.lines[0].unit_price.units = 10**12 + 1


def _place(bill: bill_pb2.Bill) -> None:
    bill.place_of_supply = "99"


def _control(bill: bill_pb2.Bill) -> None:
    bill.note = "a\0b"


def _no_store(bill: bill_pb2.Bill) -> None:
    bill.lines[0].item_id = to_text("item", uuid.UUID(int=5))


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (_negative, "bill.lines[0].unit_price"),
        (_wrong_currency, "bill.lines[1].unit_price"),
        (_paise_of_paise, "bill.lines[0].unit_price"),
        (_no_currency, "bill.lines[0].unit_price.currency_code"),
        (_unknown_currency, "bill.currency_code"),
        (_quantity("0"), "bill.lines[0].quantity"),
        (_quantity("-1"), "bill.lines[0].quantity"),
        (_quantity("1.0001"), "bill.lines[0].quantity"),
        (_quantity("10000000"), "bill.lines[0].quantity"),
        (_quantity("1e3"), "bill.lines[0].quantity"),
        (_quantity("NaN"), "bill.lines[0].quantity"),
        (_quantity(""), "bill.lines[0].quantity"),
        (_no_lines, "bill.lines"),
        (_no_customer, "bill.customer_id"),
        (_no_price, "bill.lines[1].unit_price"),
        (_no_description, "bill.lines[0].description"),
        (_tax_code, "bill.lines[1].tax_code"),
        (_discount, "bill.discount"),
        (_line_discount, "bill.lines[0].discount"),
        (_due_date, "bill.due_date"),
        (_huge, "bill.lines[0].quantity"),
        (_beyond_the_wire, "bill.lines[0].unit_price"),
        (_place, "bill.place_of_supply"),
        (_control, "bill.note"),
        (_no_store, "bill.store_id"),
    ],
)
def test_a_broken_draft_names_the_field_and_writes_nothing(
    world: World, spoil: Callable[[bill_pb2.Bill], None], field: str
) -> None:
    bill = bill_pb2.Bill(customer_id=world.customer().id, lines=[line(rupees(100)), line(rupees(100))])
    spoil(bill)
    answer = refused(lambda: world.bills.CreateBill(bill_service_pb2.CreateBillRequest(bill=bill, request_id=new_id())))
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert answer.fields == (field,)
    assert world.query("SELECT count(*) FROM billing.bills WHERE merchant_id = %s", str(world.merchant)) == [(0,)]


def test_foreign_and_absent_references_read_the_same(world: World) -> None:
    stranger = bill_service_pb2_grpc.BillServiceStub(world.staff(MerchantId(uuid.uuid4())))
    customer = world.customer()
    answers = []
    for customer_id in (customer.id, to_text("cus", uuid.UUID(int=7))):
        bill = bill_pb2.Bill(customer_id=customer_id, lines=[line(rupees(1))])
        request = bill_service_pb2.CreateBillRequest(bill=bill, request_id=new_id())
        answers.append(refused(partial(stranger.CreateBill, request)))
    assert answers[0] == answers[1]
    assert (answers[0].reason, answers[0].fields) == ("CUSTOMER_NOT_FOUND", ("bill.customer_id",))


def test_a_strange_item_names_its_lines(world: World) -> None:
    known = world.shelve(left="1")
    strange = to_text("item", uuid.UUID(int=9))
    one = decimal_pb2.Decimal(value="1")
    lines = [bill_pb2.BillLine(item_id=item, quantity=one) for item in (known, strange, known, strange)]
    answer = refused(lambda: world.draft(*lines, store_id=to_text("sto", uuid.UUID(int=8))))
    assert answer.reason == "ITEM_NOT_FOUND"
    assert answer.fields == ("bill.lines[1].item_id", "bill.lines[3].item_id")


def test_stock_that_is_away_is_told(world: World) -> None:
    item = world.shelve(left="1")
    customer = world.customer()
    world.inventory.away = True
    one = bill_pb2.BillLine(item_id=item, quantity=decimal_pb2.Decimal(value="1"))
    answer = refused(lambda: world.draft(one, customer=customer, store_id=to_text("sto", uuid.UUID(int=8))))
    assert answer.reason == "PEER_UNAVAILABLE"
    assert world.draft(customer=customer).state == bill_pb2.BILL_STATE_DRAFT


def test_a_repeat_is_answered_without_the_stock(world: World) -> None:
    item = world.shelve(left="1")
    bill = bill_pb2.Bill(
        customer_id=world.customer().id,
        store_id=to_text("sto", uuid.UUID(int=8)),
        lines=[bill_pb2.BillLine(item_id=item, quantity=decimal_pb2.Decimal(value="1"))],
    )
    request = bill_service_pb2.CreateBillRequest(bill=bill, request_id=new_id())
    first = world.bills.CreateBill(request)
    world.inventory.away = True
    assert world.bills.CreateBill(request) == first


def test_updates_change_what_they_name(world: World) -> None:
    draft = world.draft(note="before")
    other = world.customer(display_name="Meera", region_code="27")
    changed = _update(
        world,
        bill_pb2.Bill(id=draft.id, etag=draft.etag, customer_id=other.id, note="ignored", lines=[line(rupees(1))]),
        "customer_id",
    )
    assert (changed.customer_name, changed.note) == ("Meera", "before")
    assert changed.lines[0].unit_price == rupees(100)
    assert changed.etag != draft.etag
    assert world.get(draft) == changed


def test_an_update_without_a_mask_changes_what_is_set(world: World) -> None:
    draft = world.draft(note="before")
    changed = _update(world, bill_pb2.Bill(id=draft.id, discount=rupees(10)))
    assert (changed.note, changed.totals.total) == ("before", rupees(106, 20))


def test_a_star_changes_everything(world: World) -> None:
    draft = world.draft(note="before", due_date=date_pb2.Date(year=2026, month=12, day=24))
    changed = _update(world, bill_pb2.Bill(id=draft.id, customer_id=draft.customer_id, lines=[line(rupees(5))]), "*")
    assert (changed.note, changed.HasField("due_date"), changed.totals.net) == ("", False, rupees(5))


def test_the_tax_follows_the_place_of_supply(world: World) -> None:
    world.configure(tax_id="29AABCT1332L1ZA", region_code="29")
    draft = world.draft(customer=world.customer(region_code="27"))
    assert [tax.code for tax in draft.totals.taxes] == ["IGST"]
    named = _update(world, bill_pb2.Bill(id=draft.id, place_of_supply="29"))
    assert [tax.code for tax in named.totals.taxes] == ["CGST", "SGST"]
    cleared = _update(world, bill_pb2.Bill(id=draft.id), "place_of_supply")
    assert [tax.code for tax in cleared.totals.taxes] == ["IGST"]


@pytest.mark.parametrize("path", ["state", "number", "lines.description", "nonsense"])
def test_a_mask_may_name_only_what_is_writable(world: World, path: str) -> None:
    draft = world.draft()
    assert refused(lambda: _update(world, bill_pb2.Bill(id=draft.id), path)).fields == ("update_mask",)


def test_the_currency_never_changes(world: World) -> None:
    draft = world.draft()
    assert refused(lambda: _update(world, bill_pb2.Bill(id=draft.id, currency_code="EUR", note="x"))).fields == (
        "bill.currency_code",
    )


def test_an_old_etag_overwrites_nothing(world: World) -> None:
    draft = world.draft()
    _update(world, bill_pb2.Bill(id=draft.id, etag=draft.etag, note="first"))
    answer = refused(lambda: _update(world, bill_pb2.Bill(id=draft.id, etag=draft.etag, note="second")))
    assert (answer.code, answer.reason) == (grpc.StatusCode.ABORTED, "BILL_CHANGED")
    assert world.get(draft).note == "first"


def test_an_issued_bill_is_locked(world: World) -> None:
    bill = world.bill()
    for call in (
        lambda: _update(world, bill_pb2.Bill(id=bill.id, note="late")),
        lambda: world.bills.DeleteBill(bill_service_pb2.DeleteBillRequest(id=bill.id)),
        lambda: world.issue(bill),
    ):
        answer = refused(call)
        assert (answer.code, answer.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "BILL_LOCKED")
        assert answer.metadata == {"state": "ISSUED"}
    assert world.get(bill) == bill


def test_a_deleted_draft_is_gone(world: World) -> None:
    draft = world.draft()
    assert (
        refused(lambda: world.bills.DeleteBill(bill_service_pb2.DeleteBillRequest(id=draft.id, etag="v0"))).reason
        == "BILL_CHANGED"
    )
    world.bills.DeleteBill(bill_service_pb2.DeleteBillRequest(id=draft.id, etag=draft.etag))
    assert refused(lambda: world.get(draft)).reason == "BILL_NOT_FOUND"
    assert refused(lambda: world.issue(draft)).reason == "BILL_NOT_FOUND"


def test_lists_page_and_filter(world: World) -> None:
    one, other = world.customer(), world.customer()
    drafts = [world.draft(customer=one) for _ in range(3)]
    issued = world.bill(customer=other)
    paid = world.bill(customer=other)
    world.pay(paid, cash(rupees(118)))

    def listed(**filters: object) -> list[str]:
        found: list[str] = []
        token = ""
        while True:
            request = bill_service_pb2.ListBillsRequest(page_size=2, page_token=token, **filters)  # type: ignore[arg-type] # filters differ in type
            answer = world.bills.ListBills(request)
            assert len(answer.bills) <= 2
            assert not any(bill.lines for bill in answer.bills)
            found += [bill.id for bill in answer.bills]
            token = answer.next_page_token
            if not token:
                return found

    everything = [bill.id for bill in (paid, issued, *reversed(drafts))]
    assert listed() == sorted(everything, reverse=True)
    assert listed(customer_id=one.id) == sorted((draft.id for draft in drafts), reverse=True)
    assert listed(states=[bill_pb2.BILL_STATE_PAID, bill_pb2.BILL_STATE_ISSUED]) == sorted(
        [paid.id, issued.id], reverse=True
    )
    assert listed(number=issued.number) == [issued.id]
    assert listed(number="NONE/1") == []
    assert listed(overdue=True) == []


def test_overdue_begins_the_day_after_in_the_merchants_zone(world: World) -> None:
    world.configure(payment_terms_days=3)
    bill = world.bill()
    rows = world.query(
        "SELECT due_date - issue_date FROM billing.bills WHERE number = %s AND merchant_id = %s",
        bill.number,
        str(world.merchant),
    )
    assert rows == [(3,)]
    world.query(
        "UPDATE billing.bills SET due_date = due_date - 3 WHERE merchant_id = %s RETURNING 1", str(world.merchant)
    )
    request = bill_service_pb2.ListBillsRequest(overdue=True)
    assert not world.bills.ListBills(request).bills
    world.query(
        "UPDATE billing.bills SET due_date = due_date - 1 WHERE merchant_id = %s RETURNING 1", str(world.merchant)
    )
    assert [found.id for found in world.bills.ListBills(request).bills] == [bill.id]


def test_a_token_of_another_list_is_refused(world: World) -> None:
    for _ in range(2):
        world.draft()
    token = world.bills.ListBills(bill_service_pb2.ListBillsRequest(page_size=1)).next_page_token
    for request in (
        bill_service_pb2.ListBillsRequest(page_token=token, overdue=True),
        bill_service_pb2.ListBillsRequest(page_token="nonsense"),  # noqa: S106 - a page token
    ):
        assert refused(partial(world.bills.ListBills, request)).reason == "PAGE_TOKEN_INVALID"
