"""What stands on bills, receipts, credit notes and statements; how it looks is tested with the press."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from services.billing.documents.bill import of_bill
from services.billing.documents.credit_note import of_credit_note
from services.billing.documents.document import Document
from services.billing.documents.receipt import anything_came, of_payment
from services.billing.documents.statement import of_statement
from services.billing.domain.bill import BillDocument, BillState
from services.billing.domain.credit_note import CreditInput, CreditNote, credit
from services.billing.domain.customer_statement import RowKind, Span, Statement, StatementRow
from services.billing.domain.document import Layout
from services.billing.domain.ids import CreditNoteId, EntryId, LegId, PaymentId
from services.billing.domain.instalments import Instalment
from services.billing.domain.payment import (
    Allocation,
    BankTransfer,
    Card,
    Cash,
    Cheque,
    CustomerCredit,
    LegState,
    LegTerms,
    Method,
    Payment,
    PaymentLeg,
    Source,
    Upi,
)
from services.kit.money import Money
from tests.services.billing.documents import samples
from tests.services.billing.domain import makers

if TYPE_CHECKING:
    from services.billing.domain.bill import Bill

ZERO = Money.zero("INR")


def sums(document: Document) -> dict[str, str]:
    return {line.label: line.amount for line in document.sums}


def columns(document: Document) -> list[str]:
    return [column.label for column in document.table.columns]


def english(bill_: Bill, layout: Layout = Layout.A4) -> Document:
    return of_bill(bill_, samples.BENGALURU, layout=layout, locale="en-IN")


def test_the_sums_are_the_bills() -> None:
    bill = samples.bill(samples.groceries(), discount=5_000, coin=100, settled=100_000)
    document = english(bill)
    assert sums(document) == {
        "Bill discount, taken off above": "₹50.00",
        "Before tax": "₹3,272.00",
        "CGST 2.5%": "₹29.67",
        "SGST 2.5%": "₹29.67",
        "CGST 6%": "₹115.06",
        "SGST 6%": "₹115.06",
        "CGST 9%": "₹15.07",
        "SGST 9%": "₹15.07",
        "Rounding": "₹0.40",
        "Total": "₹3,592.00",
        "Paid": "−₹1,000.00",
        "To pay": "₹2,592.00",
    }
    assert document.in_words == ("In words", "Rupees Three Thousand Five Hundred Ninety-Two Only")
    assert document.taxes.rows == (
        ("1,186.86", "2.5%", "29.67", "2.5%", "29.67"),
        ("1,917.70", "6%", "115.06", "6%", "115.06"),
        ("167.44", "9%", "15.07", "9%", "15.07"),
    )


def test_the_code_asks_for_what_is_outstanding() -> None:
    scan = english(samples.bill(samples.groceries(), coin=100, settled=100_000)).scan
    assert scan is not None
    assert "am=2647.00" in scan.link
    assert (scan.amount, scan.address) == ("₹2,647.00", "asha.stores@okbank")
    again = english(samples.bill(samples.groceries(), coin=100, settled=100_000, version=2)).scan
    assert again is not None
    assert again.link != scan.link, "each version of a bill has its own reference"


@pytest.mark.parametrize("state", [BillState.PAID, BillState.VOID])
def test_what_needs_no_money_asks_for_none(state: BillState) -> None:
    bill = samples.bill(samples.groceries(), state=state, void_reason="Wrong customer")
    document = english(replace(bill, settled=bill.totals.total) if state is BillState.PAID else bill)
    assert document.scan is None
    assert document.stamp is not None
    assert document.stamp.text == ("Paid" if state is BillState.PAID else "Void")
    assert (("Void", "Wrong customer") in document.notes) == (state is BillState.VOID)
    assert bool(document.thanks) == (state is BillState.PAID)
    assert "Due by" not in dict(document.facts)


def test_what_was_credited_away_was_not_paid() -> None:
    bill = samples.bill(samples.groceries(), state=BillState.PAID)
    document = english(replace(bill, credited=bill.totals.total))
    assert document.stamp is None
    assert sums(document)["Credited"] == "−₹3,646.50"
    assert sums(document)["To pay"] == "₹0.00"


def test_instalments_are_listed_and_the_code_asks_for_the_next() -> None:
    parts = (Instalment(date(2026, 6, 15), Money(20_000, "INR")), Instalment(date(2026, 7, 15), Money(32_500, "INR")))
    bill = samples.bill([samples.line()], settled=20_000, instalments=parts)
    document = english(bill)
    assert document.plan.rows == (("15 Jun 2026", "200.00", "0.00"), ("15 Jul 2026", "325.00", "325.00"))
    assert document.scan is not None
    assert document.scan.amount == "₹325.00"
    assert english(replace(bill, state=BillState.VOID)).plan.rows == ()


def test_columns_that_would_be_empty_are_left_out() -> None:
    plain = samples.bill([samples.line(hsn="", tax_code="GST_EXEMPT")])
    assert columns(english(plain)) == ["#", "Item", "Quantity", "Price", "Amount"]
    assert columns(english(samples.bill(samples.groceries()))) == [
        "#",
        "Item",
        "HSN/SAC",
        "Quantity",
        "Price",
        "Discount",
        "Before tax",
        "Tax",
        "Amount",
    ]


def test_prices_say_whether_tax_is_inside() -> None:
    inside, outside = samples.line(inclusive=True), samples.line()
    assert "Price incl. tax" in columns(english(samples.bill([inside])))
    mixed = english(samples.bill([inside, outside]))
    assert "Price" in columns(mixed)
    assert [row[4] for row in mixed.table.rows] == ["500.00*", "500.00"]
    assert mixed.remarks == ("* Tax is inside the price.",)


@pytest.mark.parametrize(
    ("document", "heading", "notice"),
    [
        (BillDocument.INVOICE, "Invoice", False),
        (BillDocument.TAX_INVOICE, "Tax invoice", False),
        (BillDocument.BILL_OF_SUPPLY, "Bill of supply", False),
        (BillDocument.INVOICE_AND_BILL_OF_SUPPLY, "Invoice-cum-bill of supply", False),
        (BillDocument.COMPOSITION_BILL, "Bill of supply", True),
    ],
)
def test_headings_are_those_of_the_law(document: BillDocument, heading: str, notice: bool) -> None:
    printed = english(samples.bill(samples.groceries(), document=document))
    assert printed.heading == heading
    assert printed.notice.startswith("Composition taxable person") == notice


def test_a_roll_has_slips_and_a_page_a_table() -> None:
    bill = samples.bill(samples.groceries())
    for layout in (Layout.THERMAL_80, Layout.THERMAL_58):
        document = english(bill, layout)
        assert (len(document.slips), document.table.rows, document.signature) == (4, (), None)
        assert document.slips[1].detail == "1.25\u00a0kg × 164.00 · +5% · HSN\u00a00713"
        assert sums(document)["CGST 2.5% × 1,205.00"] == "₹30.13"
    assert english(bill).slips == ()


def test_test_tenants_are_marked() -> None:
    bill = samples.bill(samples.groceries())
    assert english(bill).test == ""
    marked = of_bill(bill, replace(samples.BENGALURU, is_test=True), layout=Layout.A4, locale="en-IN")
    assert marked.test == "Test – not a real document"


def test_a_finnish_bill_is_finnish() -> None:
    line = samples.line("Kahvi", price=650, currency="EUR", tax_code="VAT_STANDARD", hsn="", inclusive=True)
    document = of_bill(samples.bill([line], samples.HELSINKI), samples.HELSINKI, layout=Layout.A4, locale="fi-FI")
    assert (document.language, document.heading, document.in_words) == ("fi", "Lasku", None)
    assert (document.scan, document.signature) == (None, None)
    assert sums(document)["Yhteensä"] == "6,50\u00a0€"


def leg(method: Method, amount: int, *, state: LegState = LegState.RECORDED, credited: int = 0) -> PaymentLeg:
    came = amount if state in {LegState.RECORDED, LegState.VERIFIED} else 0
    return PaymentLeg(
        id=LegId(uuid.UUID(int=amount)),
        terms=LegTerms(Money(amount, "INR"), method),
        state=state,
        allocation=Allocation(Money(came - credited, "INR"), Money(credited, "INR"), ZERO),
        refunded=Money(amount if state is LegState.REFUNDED else 0, "INR"),
    )


def payment(*legs: PaymentLeg) -> Payment:
    return Payment(
        id=PaymentId(uuid.UUID(int=7)),
        merchant_id=makers.MERCHANT_ID,
        bill_id=makers.BILL_ID,
        customer_id=makers.CUSTOMER_ID,
        legs=legs,
        note="",
        source=Source.MERCHANT,
        bill_state=BillState.PARTLY_PAID,
        bill_outstanding=Money(5_000, "INR"),
        create_time=makers.NOW,
    )


def test_a_receipt_names_what_came_and_what_proves_it() -> None:
    paid = payment(
        leg(Upi("412345678901"), 100_000, state=LegState.VERIFIED),
        leg(Card("4242", "A1B2C3"), 50_000),
        leg(Cash(), 20_000, credited=5_000),
        leg(Cheque("000123", "State Bank", date(2026, 6, 2)), 1_000),
        leg(BankTransfer("NEFT 77"), 2_000),
        leg(CustomerCredit(), 500),
        leg(Upi("999999999999"), 9_900, state=LegState.PENDING_VERIFICATION),
        leg(Upi("888888888888"), 8_800, state=LegState.REJECTED),
        leg(Cash(), 700, state=LegState.REFUNDED),
    )
    document = of_payment(paid, samples.bill(samples.groceries()), samples.BENGALURU, layout=Layout.A4, locale="en-IN")
    assert [row[1:] for row in document.table.rows] == [
        ("UPI", "UTR 412345678901", "1,000.00"),
        ("Card", "•••• 4242 · A1B2C3", "500.00"),
        ("Cash", "", "200.00"),
        ("Cheque", "000123 · State Bank · 2 Jun 2026", "10.00"),
        ("Bank transfer", "NEFT 77", "20.00"),
        ("Customer credit", "", "5.00"),
        ("Cash", "", "7.00"),
    ]
    assert sums(document) == {
        "Received": "₹1,742.00",
        "Refund": "−₹7.00",
        "Kept as credit": "₹50.00",
        "Left to pay": "₹50.00",
    }
    assert document.name.startswith("receipt-INV-26-27-000001-")


def test_without_money_there_is_no_receipt() -> None:
    assert not anything_came(payment(leg(Upi("412345678901"), 1, state=LegState.PENDING_VERIFICATION)))
    assert anything_came(payment(leg(Cash(), 1)))


def test_a_credit_note_shows_what_was_taken_back() -> None:
    bill = samples.bill(samples.groceries())
    taken = credit(bill, CreditInput(((1, Decimal(1)), (4, Decimal(1))), "Damaged", restock=False), before={})
    note = CreditNote(
        id=CreditNoteId(uuid.UUID(int=9)),
        merchant_id=bill.merchant_id,
        bill_id=bill.id,
        customer_id=bill.customer_id,
        number="INVC/26-27/00001",
        reason="Damaged",
        restock=False,
        lines=taken.lines,
        totals=taken.totals,
        applied=taken.totals.total,
        to_credit=ZERO,
        issue_date=date(2026, 6, 9),
        create_time=makers.NOW,
        account_id=None,
    )
    document = of_credit_note(note, bill, samples.BENGALURU, layout=Layout.A4, locale="en-IN")
    assert [row[1:4] for row in document.table.rows] == [
        ("Basmati rice, 5 kg bag", "1006", "1"),
        ("Hand soap, pack of four", "3401", "1"),
    ]
    assert sums(document)["Total"] == "₹725.60"
    assert ("For bill", "INV/26-27/000001") in document.facts
    assert document.notes == (("Reason", "Damaged"),)


def row(kind: RowKind | None, number: str, amount: int, balance: int, *methods: str) -> StatementRow:
    return StatementRow(
        entry_id=EntryId(uuid.UUID(int=1)),
        day=date(2026, 6, 1),
        kind=kind,
        number=number,
        bill_id=None,
        payment_id=None,
        credit_note_id=None,
        refund_id=None,
        amount=Money(amount, "INR"),
        balance=Money(balance, "INR"),
        methods=methods,
    )


def account(*rows: StatementRow, start: date | None = date(2026, 6, 1)) -> Statement:
    return Statement(
        customer=makers.customer(),
        span=Span(currency="INR", start=start, end=date(2026, 6, 30)),
        opening=ZERO,
        rows=rows,
        closing=rows[-1].balance if rows else ZERO,
    )


def test_a_statement_has_a_running_balance() -> None:
    statement = account(
        row(RowKind.BILL, "INV/26-27/000001", 50_000, 50_000),
        row(RowKind.PAYMENT, "INV/26-27/000001", -60_000, -10_000, "UPI", "CASH"),
        row(None, "", 1, -9_999),
    )
    document = of_statement(statement, samples.BENGALURU, layout=Layout.A4, locale="en-IN")
    assert [line[1:] for line in document.table.rows] == [
        ("Bill", "INV/26-27/000001", "500.00", "", "500.00"),
        ("Payment", "INV/26-27/000001 · UPI · Cash", "", "600.00", "−100.00"),
        ("", "", "0.01", "", "−99.99"),
    ]
    assert dict(document.facts) == {"Period": "1 Jun 2026 – 30 Jun 2026", "Opening balance": "₹0.00"}
    assert sums(document) == {"Closing balance": "−₹99.99"}
    narrow = of_statement(statement, samples.BENGALURU, layout=Layout.THERMAL_80, locale="en-IN")
    assert [slip.amount for slip in narrow.slips] == ["500.00", "−600.00", "0.01"]


def test_an_account_on_which_nothing_happened() -> None:
    document = of_statement(account(start=None), samples.BENGALURU, layout=Layout.A4, locale="en-IN")
    assert document.table.columns == ()
    assert dict(document.facts)["Period"] == "– 30 Jun 2026"


@pytest.mark.parametrize("kind", RowKind)
def test_every_event_has_a_word(kind: RowKind) -> None:
    document = of_statement(account(row(kind, "", 1, 1)), samples.BENGALURU, layout=Layout.A4, locale="ta-IN")
    assert document.table.rows[0][1]
