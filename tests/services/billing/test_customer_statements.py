"""Statements: every event from the ledger, with running balances that end where the ledger ends."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from billmesh.billing.v1 import (
    bill_service_pb2,
    customer_service_pb2,
    customer_statement_pb2,
    document_service_pb2,
    payment_pb2,
)
from billmesh.billing.v1.document_service_pb2_grpc import DocumentServiceStub
from google.type import date_pb2

from tests.fakes.billing_peers import HELSINKI
from tests.services.billing.world import cash, euros, line, new_id, refused, rupees, upi

if TYPE_CHECKING:
    from billmesh.billing.v1 import customer_pb2

    from tests.services.billing.world import World

_KIND = customer_statement_pb2.StatementRowKind


def _statement(world: World, customer: customer_pb2.Customer, **more: Any) -> customer_statement_pb2.Statement:
    return world.customers.GetStatement(customer_service_pb2.GetStatementRequest(id=customer.id, **more))


def _rows(statement: customer_statement_pb2.Statement) -> list[tuple[str, int, int]]:
    return [
        (_KIND.Name(row.kind).removeprefix("STATEMENT_ROW_KIND_"), row.amount.units, row.balance.units)
        for row in statement.rows
    ]


def _day(world: World) -> date_pb2.Date:
    today = world.clock.now() + timedelta(hours=5, minutes=30)
    return date_pb2.Date(year=today.year, month=today.month, day=today.day)


def _after(world: World, days: float) -> World:
    """The same world so much later, with new tokens."""
    world.clock.advance(timedelta(days=days))
    return replace(world)


def test_every_kind_of_event_is_a_row(world: World) -> None:
    customer = world.customer(display_name="Ravi")
    steps = timedelta(seconds=1)
    first = world.bill(line(rupees(1000), tax_code=""), customer=customer)
    world.clock.advance(steps)
    void = world.bill(customer=customer)
    world.clock.advance(steps)
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=void.id, reason="Wrong", request_id=new_id()))
    world.clock.advance(steps)
    total = first.totals.total.units
    payment = world.pay(first, upi(rupees(200)), cash(rupees(300)))
    world.clock.advance(steps)
    refund = world.refund(payment, rupees(100), leg=1)
    world.clock.advance(steps)
    note = world.credit(first)
    statement = _statement(world, customer)
    assert _rows(statement) == [
        ("BILL", total, total),
        ("BILL", 118, total + 118),
        ("VOID", -118, total),
        ("PAYMENT", -500, total - 500),
        ("REFUND", 100, total - 400),
        ("CREDIT_NOTE", -total, -400),
    ]
    bill_row, _, void_row, paid, refunded, credited = statement.rows
    assert (bill_row.number, bill_row.bill_id, bill_row.date) == (first.number, first.id, _day(world))
    assert (void_row.number, void_row.bill_id) == (void.number, void.id)
    assert (paid.payment_id, list(paid.methods), paid.number) == (payment.id, ["CASH", "UPI"], first.number)
    assert (refunded.refund_id, list(refunded.methods)) == (refund.id, ["CASH"])
    assert (credited.credit_note_id, credited.number) == (note.id, note.number)
    assert (statement.customer_name, statement.currency_code) == ("Ravi", "INR")
    assert (statement.opening_balance, statement.closing_balance) == (rupees(0), rupees(-400))
    assert not statement.HasField("start_date")
    assert statement.end_date == _day(world)
    found = world.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=customer.id))
    ((owed, credit),) = [(each.owed.units, each.credit.units) for each in found.balances]
    assert owed - credit == statement.closing_balance.units


def test_paying_out_of_credit_and_paying_credit_out(world: World) -> None:
    customer = world.customer()
    world.pay(world.bill(customer=customer), cash(rupees(300)))
    world.clock.advance(timedelta(seconds=1))
    second = world.bill(customer=customer)
    world.clock.advance(timedelta(seconds=1))
    leg = payment_pb2.PaymentLeg(amount=rupees(118), customer_credit=payment_pb2.CustomerCreditMethod())
    world.pay(second, leg)
    world.clock.advance(timedelta(seconds=1))
    world.refund_credit(customer, rupees(64))
    assert _rows(_statement(world, customer))[-3:] == [("BILL", 118, -64), ("PAYMENT", 0, -64), ("REFUND", 64, 0)]


def test_days_bound_the_rows_and_the_balances_say_what_was_outside(world: World) -> None:
    customer = world.customer()
    world.bill(customer=customer)
    world = _after(world, 1)
    second_day = _day(world)
    bill = world.bill(customer=customer)
    world = _after(world, 1)
    third_day = _day(world)
    world.pay(bill, cash(rupees(100)))
    world = _after(world, 1)
    only = _statement(world, customer, start_date=second_day, end_date=second_day)
    assert (only.opening_balance, _rows(only), only.closing_balance) == (
        rupees(118),
        [("BILL", 118, 236)],
        rupees(236),
    )
    until = _statement(world, customer, end_date=second_day)
    assert (until.opening_balance, len(until.rows), until.closing_balance) == (rupees(0), 2, rupees(236))
    since = _statement(world, customer, start_date=third_day)
    assert (since.opening_balance, _rows(since)) == (rupees(236), [("PAYMENT", -100, 136)])
    nothing = _statement(world, customer, start_date=_day(world))
    assert (nothing.opening_balance, list(nothing.rows), nothing.closing_balance) == (rupees(136), [], rupees(136))
    assert _statement(world, customer, currency_code="EUR").closing_balance.currency_code == "EUR"
    wrong = refused(partial(_statement, world, customer, start_date=third_day, end_date=second_day))
    assert wrong.fields == ("start_date",)
    for fields in ({"start_date": date_pb2.Date(year=2026)}, {"currency_code": "XXX"}, {"page_size": -1}):
        assert refused(partial(_statement, world, customer, **fields)).fields == tuple(fields)


def test_pages_go_on_where_they_ended(world: World) -> None:
    customer = world.customer()
    for _ in range(3):
        bill = world.bill(customer=customer)
        world.pay(bill, cash(rupees(100)))
        world = _after(world, 0.4)
    whole = _statement(world, customer)
    rows: list[customer_statement_pb2.StatementRow] = []
    token = ""
    while True:
        part = _statement(world, customer, page_size=2, page_token=token)
        assert part.closing_balance == whole.closing_balance
        rows += part.rows
        token = part.next_page_token
        if not token:
            break
    assert rows == list(whole.rows)
    assert len(rows) == 6
    token = _statement(world, customer, page_size=2).next_page_token
    other = partial(_statement, world, customer, page_token=token, currency_code="EUR")
    assert refused(other).reason == "PAGE_TOKEN_INVALID"


def test_as_a_file(world: World) -> None:
    customer = world.customer()
    bill = world.bill(customer=customer)
    world.clock.advance(timedelta(seconds=1))
    world.pay(bill, cash(rupees(100, 50)))
    request = customer_service_pb2.ExportStatementRequest(id=customer.id)
    (answer,) = world.customers.ExportStatement(request)
    assert answer.content_type == "text/csv; charset=utf-8"
    today = _day(world)
    day = f"{today.year}-{today.month:02d}-{today.day:02d}"
    assert list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))) == [
        ["Date", "Event", "Number", "Method", "Debit", "Credit", "Balance", "Currency"],
        ["", "Opening balance", "", "", "", "", "0.00", "INR"],
        [day, "Bill", bill.number, "", "118.00", "", "118.00", "INR"],
        [day, "Payment", bill.number, "CASH", "", "100.50", "17.50", "INR"],
        [day, "Closing balance", "", "", "", "", "17.50", "INR"],
    ]


def _at(world: World, moment: str) -> World:
    return _after(world, (datetime.fromisoformat(moment) - world.clock.now()) / timedelta(days=1))


def test_days_are_the_merchants_when_its_clocks_are_put_back(world: World) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    world = _at(world, "2026-10-24T20:59:59+00:00")
    customer = world.customer()
    bill = world.bill(line(euros(100), tax_code="VAT_EXEMPT"), customer=customer)
    # Midnight, and midnight again after a day of 25 hours.
    for moment in ("2026-10-24T21:00:00+00:00", "2026-10-25T21:59:59+00:00", "2026-10-25T22:00:00+00:00"):
        world = _at(world, moment)
        world.pay(bill, cash(euros(10)))
    statement = _statement(world, customer)
    assert [(row.date.day, row.balance.units) for row in statement.rows] == [(24, 100), (25, 90), (25, 80), (26, 70)]
    day = date_pb2.Date(year=2026, month=10, day=25)
    middle = _statement(world, customer, start_date=day, end_date=day)
    assert [row.balance.units for row in middle.rows] == [90, 80]
    assert (middle.opening_balance.units, middle.closing_balance.units) == (100, 80)


_MANY = """
SET search_path = billing;
WITH receivable AS (
    SELECT p.account_id AS debit, (SELECT o.account_id FROM ledger_postings o
        WHERE o.merchant_id = p.merchant_id AND o.entry_id = p.entry_id AND o.amount_minor < 0 LIMIT 1) AS credit, e.*
    FROM ledger_postings p JOIN ledger_accounts a ON a.merchant_id = p.merchant_id AND a.id = p.account_id
        JOIN ledger_entries e ON e.merchant_id = p.merchant_id AND e.id = p.entry_id
    WHERE p.merchant_id = %(merchant)s AND a.code = 'RECEIVABLE'
), entries AS (
    INSERT INTO ledger_entries (merchant_id, id, kind, bill_id, payment_id, entry_date, create_time)
    SELECT merchant_id, gen_random_uuid(), kind, bill_id, payment_id, entry_date, create_time
    FROM receivable, generate_series(1, 10000) RETURNING merchant_id, id
)
INSERT INTO ledger_postings (merchant_id, entry_id, position, account_id, currency, amount_minor)
SELECT n.merchant_id, n.id, side, CASE side WHEN 1 THEN r.debit ELSE r.credit END, 'INR', 3 - 2 * side
FROM entries n, receivable r, generate_series(1, 2) AS side
RETURNING 1
"""


def test_ten_thousand_rows_are_a_file_and_no_paper(world: World) -> None:
    customer = world.customer()
    world.bill(customer=customer)
    world.query_by_name(_MANY, {"merchant": str(world.merchant)})
    chunks = list(world.customers.ExportStatement(customer_service_pb2.ExportStatementRequest(id=customer.id)))
    rows = list(csv.reader(io.StringIO(b"".join(chunk.data for chunk in chunks).decode("utf-8-sig"))))
    assert len(rows) == 10_000 + 4
    assert rows[-1][6] == "218.00"
    documents = DocumentServiceStub(world.staff(world.merchant))
    request = document_service_pb2.GetStatementPdfRequest(id=customer.id)
    refusal = refused(partial(documents.GetStatementPdf, request))
    assert (refusal.reason, list(refusal.fields)) == ("INVALID_REQUEST", ["start_date"])


def test_another_merchants_customer_has_no_statement(world: World) -> None:
    customer, theirs = world.customer(), world.neighbour().customers
    for call in (
        partial(theirs.GetStatement, customer_service_pb2.GetStatementRequest(id=customer.id)),
        lambda: list(theirs.ExportStatement(customer_service_pb2.ExportStatementRequest(id=customer.id))),
    ):
        assert refused(call).reason == "CUSTOMER_NOT_FOUND"
