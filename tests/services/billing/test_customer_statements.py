"""Statements: every event from the ledger, with running balances that end where the ledger ends."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from billmesh.billing.v1 import bill_service_pb2, customer_service_pb2, customer_statement_pb2, payment_pb2
from google.type import date_pb2

from tests.services.billing.world import cash, line, new_id, refused, rupees, upi

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


def test_another_merchants_customer_has_no_statement(world: World) -> None:
    customer, theirs = world.customer(), world.neighbour().customers
    for call in (
        partial(theirs.GetStatement, customer_service_pb2.GetStatementRequest(id=customer.id)),
        lambda: list(theirs.ExportStatement(customer_service_pb2.ExportStatementRequest(id=customer.id))),
    ):
        assert refused(call).reason == "CUSTOMER_NOT_FOUND"
