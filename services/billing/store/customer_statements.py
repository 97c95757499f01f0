"""Statements, computed from a customer's two accounts: what they owe and what credit they have."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from services.billing.domain.customer_statement import StatementRow, kind_of
from services.billing.domain.ids import BillId, CreditNoteId, EntryId, PaymentId, RefundId
from services.billing.domain.ledger import CUSTOMER_CREDIT, RECEIVABLE
from services.kit.money import Money
from services.kit.sql import run, stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.customer_statement import Span
    from services.billing.domain.ids import CustomerId, MerchantId

# One statement, so that all of it is of one moment. It reads one customer's postings, however long the books are. The
# sums stand in every row, and in one of their own where the page is empty.
_READ = """
WITH entries AS (
    SELECT e.entry_date, e.id, e.kind, e.bill_id, e.payment_id, e.credit_note_id, e.refund_id,
        sum(p.amount_minor)::bigint AS amount
    FROM ledger_accounts a
    JOIN ledger_postings p ON p.merchant_id = a.merchant_id AND p.account_id = a.id
    JOIN ledger_entries e ON e.merchant_id = p.merchant_id AND e.id = p.entry_id
    WHERE a.merchant_id = %(merchant_id)s AND a.party_id = %(customer_id)s AND a.currency = %(currency)s
        AND a.code = ANY(%(codes)s) AND e.entry_date <= %(end)s
    GROUP BY e.merchant_id, e.id
), running AS (
    SELECT *, sum(amount) OVER (ORDER BY entry_date, id)::bigint AS balance FROM entries
), sums AS (
    SELECT coalesce(sum(amount) FILTER (WHERE entry_date < %(start)s), 0)::bigint AS opening,
        coalesce(sum(amount), 0)::bigint AS closing
    FROM entries
), page AS (
    SELECT * FROM running
    WHERE (%(start)s::date IS NULL OR entry_date >= %(start)s)
        AND (%(after_day)s::date IS NULL OR (entry_date, id) > (%(after_day)s::date, %(after_id)s::uuid))
    ORDER BY entry_date, id LIMIT %(limit)s
)
SELECT s.opening, s.closing, p.*, coalesce(n.number, b.number, '') AS number, ARRAY(
    SELECT DISTINCT substr(a.code, 7) FROM ledger_postings m
    JOIN ledger_accounts a ON a.merchant_id = m.merchant_id AND a.id = m.account_id
    WHERE m.merchant_id = %(merchant_id)s AND m.entry_id = p.id AND a.code LIKE 'MONEY:%%' ORDER BY 1) AS methods
FROM sums s
LEFT JOIN page p ON true
LEFT JOIN bills b ON b.merchant_id = %(merchant_id)s AND b.id = p.bill_id
LEFT JOIN credit_notes n ON n.merchant_id = %(merchant_id)s AND n.id = p.credit_note_id
ORDER BY p.entry_date, p.id
"""


def read_statement(
    tx: Connection,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    span: Span,
    after: tuple[date, UUID] | None,
    limit: int,
) -> tuple[Money, list[StatementRow], Money]:
    """The opening balance, the rows after the one that `after` names, the oldest first, and the closing balance."""
    found = run(tx, _READ, _key(merchant_id, customer_id, span, after=after, limit=limit)).all()
    rows = [_row(row, span.currency) for row in found if row.id is not None]
    return Money(found[0].opening, span.currency), rows, Money(found[0].closing, span.currency)


def stream_statement(
    tx: Connection, merchant_id: MerchantId, customer_id: CustomerId, *, span: Span
) -> tuple[Money, Iterator[StatementRow], Money]:
    """As `read_statement`, with all rows, which are read while they are asked for."""
    found = stream(tx, _READ, _key(merchant_id, customer_id, span, after=None, limit=None))
    first = next(found)
    rows = (_row(row, span.currency) for row in chain((first,), found) if row.id is not None)
    return Money(first.opening, span.currency), rows, Money(first.closing, span.currency)


def _key(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    span: Span,
    *,
    after: tuple[date, UUID] | None,
    limit: int | None,
) -> dict[str, Any]:
    return {
        "merchant_id": merchant_id,
        "customer_id": customer_id,
        "currency": span.currency,
        "codes": [RECEIVABLE, CUSTOMER_CREDIT],
        "start": span.start,
        "end": span.end,
        "after_day": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
    }


def _row(row: Any, currency: str) -> StatementRow:
    return StatementRow(
        entry_id=EntryId(row.id),
        day=row.entry_date,
        kind=kind_of(row.kind),
        number=row.number,
        bill_id=row.bill_id and BillId(row.bill_id),
        payment_id=row.payment_id and PaymentId(row.payment_id),
        credit_note_id=row.credit_note_id and CreditNoteId(row.credit_note_id),
        refund_id=row.refund_id and RefundId(row.refund_id),
        amount=Money(row.amount, currency),
        balance=Money(row.balance, currency),
        methods=tuple(row.methods),
    )
