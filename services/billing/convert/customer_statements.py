"""Statements between the wire and the domain, and as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import customer_statement_pb2

from services.billing.convert.money import date_from_proto, date_to_proto
from services.billing.domain.customer_statement import RowKind
from services.billing.usecases.customer_statements import StatementQuery
from services.kit.ids import to_text
from services.kit.spreadsheet import to_csv
from services.kit.wire import currency_from_proto, money_to_proto

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from contextlib import AbstractContextManager
    from uuid import UUID

    from billmesh.billing.v1 import customer_service_pb2, document_service_pb2

    from services.billing.domain.customer_statement import Statement, StatementRow
    from services.kit.money import Money

_HEADER = ("Date", "Event", "Number", "Method", "Debit", "Credit", "Balance", "Currency")
_EVENTS = {
    None: "Other",
    RowKind.BILL: "Bill",
    RowKind.VOID: "Bill voided",
    RowKind.PAYMENT: "Payment",
    RowKind.PAYMENT_BOUNCED: "Payment bounced",
    RowKind.REFUND: "Refund",
    RowKind.CREDIT_NOTE: "Credit note",
    RowKind.MERGE: "Customers merged",
}


def query_from_proto(
    request: customer_service_pb2.GetStatementRequest
    | customer_service_pb2.ExportStatementRequest
    | document_service_pb2.GetStatementPdfRequest,
) -> StatementQuery:
    """What is asked for. Raises InvalidRequest."""
    return StatementQuery(
        currency=currency_from_proto(request.currency_code, "currency_code") if request.currency_code else "",
        start=date_from_proto(request.start_date, "start_date") if request.HasField("start_date") else None,
        end=date_from_proto(request.end_date, "end_date") if request.HasField("end_date") else None,
    )


def statement_to_proto(statement: Statement) -> customer_statement_pb2.Statement:
    """A page of it."""
    return customer_statement_pb2.Statement(
        customer_id=to_text("cus", statement.customer.id),
        customer_name=statement.customer.fields.display_name,
        currency_code=statement.span.currency,
        start_date=date_to_proto(statement.span.start),
        end_date=date_to_proto(statement.span.end),
        opening_balance=money_to_proto(statement.opening),
        rows=[_row_to_proto(row) for row in statement.rows],
        closing_balance=money_to_proto(statement.closing),
        next_page_token=statement.next_page_token,
    )


def statement_to_csv(opened: AbstractContextManager[tuple[Statement, Iterator[StatementRow]]]) -> Generator[bytes]:
    """All of it in chunks, the balances before and after as its first and last row."""
    return to_csv(_HEADER, _cells(opened))


def _row_to_proto(row: StatementRow) -> customer_statement_pb2.StatementRow:
    kind = f"STATEMENT_ROW_KIND_{row.kind or 'UNSPECIFIED'}"
    return customer_statement_pb2.StatementRow(
        date=date_to_proto(row.day),
        kind=customer_statement_pb2.StatementRowKind.Value(kind),
        number=row.number,
        bill_id=_id("bill", row.bill_id),
        payment_id=_id("pay", row.payment_id),
        credit_note_id=_id("crn", row.credit_note_id),
        refund_id=_id("rfd", row.refund_id),
        amount=money_to_proto(row.amount),
        balance=money_to_proto(row.balance),
        methods=row.methods,
    )


def _cells(opened: AbstractContextManager[tuple[Statement, Iterator[StatementRow]]]) -> Iterator[tuple[str, ...]]:
    with opened as (statement, rows):
        yield from _rows(statement, rows)


def _rows(statement: Statement, rows: Iterator[StatementRow]) -> Iterator[tuple[str, ...]]:
    start, end, currency = statement.span.start, statement.span.end, statement.span.currency
    yield (start.isoformat() if start else "", "Opening balance", "", "", "", "", _amount(statement.opening), currency)
    for row in rows:
        debit = _amount(row.amount) if row.amount.minor > 0 else ""
        credit = _amount(-row.amount) if row.amount.minor < 0 else ""
        methods = ", ".join(row.methods)
        balance = _amount(row.balance)
        yield row.day.isoformat(), _EVENTS[row.kind], row.number, methods, debit, credit, balance, currency
    yield end.isoformat(), "Closing balance", "", "", "", "", _amount(statement.closing), currency


def _amount(money: Money) -> str:
    return f"{money.amount:f}"


def _id(prefix: str, value: UUID | None) -> str:
    return "" if value is None else to_text(prefix, value)
