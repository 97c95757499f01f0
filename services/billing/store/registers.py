"""Documents and money of a range of days, read row by row: no more of them is here than a batch."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.billing.domain.ids import BillId, CreditNoteId, PaymentId, RefundId
from services.billing.domain.registers import BillRow, CreditNoteRow, LegRow, RefundRow, TaxedRow
from services.kit import ids
from services.kit.money import Money
from services.kit.sql import stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId
    from services.billing.domain.reports import Days
    from services.kit.crypto import Vault

# Entries come in the order of an index, so the first row is there at once, however many follow.
_DAYS = "e.merchant_id = %(merchant_id)s AND e.entry_date BETWEEN %(first)s AND %(last)s"
_PARTS = """
SELECT CASE part->>0 WHEN 'UTGST' THEN 'SGST' ELSE part->>0 END AS tax, (part->>2)::numeric AS rate,
    (part->>4)::bigint AS amount
"""
_SUMS = """
SELECT t.rate, sum({net})::bigint AS net, sum(t.igst)::bigint AS igst, sum(t.cgst)::bigint AS cgst,
    sum(t.sgst)::bigint AS sgst, sum(t.other)::bigint AS other
"""
_OF_LINE = f"""
CROSS JOIN LATERAL (
    SELECT coalesce(sum(rate), 0) AS rate, coalesce(sum(amount) FILTER (WHERE tax = 'IGST'), 0) AS igst,
        coalesce(sum(amount) FILTER (WHERE tax = 'CGST'), 0) AS cgst,
        coalesce(sum(amount) FILTER (WHERE tax = 'SGST'), 0) AS sgst,
        coalesce(sum(amount) FILTER (WHERE tax NOT IN ('IGST', 'CGST', 'SGST')), 0) AS other
    FROM ({_PARTS} FROM jsonb_array_elements({{taxes}}) AS part) AS p
) AS t
"""  # noqa: S608 - constants alone
_TAXED = f"""
SELECT e.kind, e.entry_date, coalesce(c.number, b.number) AS number,
    CASE WHEN c.id IS NULL THEN '' ELSE b.number END AS bill_number, b.id AS bill_id, b.customer_name,
    b.customer_tax_id, b.place_of_supply, b.currency, coalesce(c.total_minor, b.total_minor) AS document_total, s.*
FROM ledger_entries e
    JOIN bills b ON b.merchant_id = e.merchant_id AND b.id = e.bill_id
    LEFT JOIN credit_notes c ON c.merchant_id = e.merchant_id AND c.id = e.credit_note_id
    CROSS JOIN LATERAL (
        {_SUMS.format(net="l.net_minor")} FROM bill_lines l {_OF_LINE.format(taxes="l.taxes")}
        WHERE e.credit_note_id IS NULL AND l.merchant_id = e.merchant_id AND l.bill_id = e.bill_id
        GROUP BY t.rate
        UNION ALL
        {_SUMS.format(net="n.net_minor")} FROM credit_note_lines n {_OF_LINE.format(taxes="n.taxes")}
        WHERE n.merchant_id = e.merchant_id AND n.credit_note_id = e.credit_note_id
        GROUP BY t.rate
    ) AS s
WHERE {_DAYS} AND e.kind IN ('BILL_ISSUED', 'BILL_VOIDED', 'CREDIT_NOTE_ISSUED')
ORDER BY e.entry_date, e.id, s.rate
"""  # noqa: S608 - constants alone
_BILLS = f"""
SELECT b.id, b.issue_date, b.number, b.state, b.document, b.customer_name, b.due_date, b.currency, b.net_minor,
    b.rounding_minor, b.total_minor, b.settled_minor, b.credited_minor,
    CASE WHEN b.state = 'VOID' THEN 0 ELSE greatest(b.total_minor - b.settled_minor - b.credited_minor, 0) END
        AS outstanding
FROM ledger_entries e JOIN bills b ON b.merchant_id = e.merchant_id AND b.id = e.bill_id
WHERE {_DAYS} AND e.kind = 'BILL_ISSUED'
ORDER BY e.entry_date, e.id
"""  # noqa: S608 - constants alone
# An id has its moment in it; a day is to spare for clocks that differ.
_LEGS = """
SELECT p.id, p.create_time, b.number, b.customer_name, p.source, l.method, l.state, l.utr, l.card_last_four,
    l.card_approval_code, l.bank_reference, l.cheque_number, l.amount_minor, l.settled_minor, l.credited_minor,
    l.refunded_minor, p.currency
FROM payments p
    JOIN payment_legs l ON l.merchant_id = p.merchant_id AND l.payment_id = p.id
    JOIN bills b ON b.merchant_id = p.merchant_id AND b.id = p.bill_id
WHERE p.merchant_id = %(merchant_id)s AND p.id BETWEEN %(first_id)s AND %(last_id)s
    AND p.create_time >= %(start)s AND p.create_time < %(end)s
ORDER BY p.id, l.position
"""
_CREDIT_NOTES = f"""
SELECT c.id, c.issue_date, c.number, b.number AS bill_number, b.customer_name, c.reason, c.currency, c.net_minor,
    c.rounding_minor, c.total_minor, c.applied_minor, c.to_credit_minor
FROM ledger_entries e
    JOIN credit_notes c ON c.merchant_id = e.merchant_id AND c.id = e.credit_note_id
    JOIN bills b ON b.merchant_id = c.merchant_id AND b.id = c.bill_id
WHERE {_DAYS} AND e.kind = 'CREDIT_NOTE_ISSUED'
ORDER BY e.entry_date, e.id
"""  # noqa: S608 - constants alone
_REFUNDS = f"""
SELECT r.id, r.refund_date, coalesce(b.number, '') AS bill_number,
    coalesce(b.customer_name, u.display_name) AS customer,
    r.method, r.utr, r.card_last_four, r.card_approval_code, r.bank_reference, r.cheque_number, r.reason, r.currency,
    r.amount_minor, r.reopened_minor, r.from_credit_minor
FROM ledger_entries e
    JOIN refunds r ON r.merchant_id = e.merchant_id AND r.id = e.refund_id
    JOIN customers u ON u.merchant_id = r.merchant_id AND u.id = r.customer_id
    LEFT JOIN bills b ON b.merchant_id = r.merchant_id AND b.id = r.bill_id
WHERE {_DAYS} AND e.kind IN ('PAYMENT_REFUNDED', 'CREDIT_REFUNDED')
ORDER BY e.entry_date, e.id
"""  # noqa: S608 - constants alone


def read_taxed(tx: Connection, merchant_id: MerchantId, *, days: Days, vault: Vault) -> Iterator[TaxedRow]:
    """Every rate of every bill, voiding and credit note."""
    for row in stream(tx, _TAXED, _of(merchant_id, days)):
        sign = 1 if row.kind == "BILL_ISSUED" else -1
        sealed = row.customer_tax_id

        def money(minor: int, sign: int = sign, currency: str = row.currency) -> Money:
            return Money(sign * minor, currency)

        yield TaxedRow(
            on=row.entry_date,
            kind=row.kind,
            number=row.number,
            bill_number=row.bill_number,
            customer_name=row.customer_name,
            tax_number=vault.open(tx, merchant_id, "bills.customer_tax_id", row.bill_id, bytes(sealed))
            if sealed
            else "",
            place_of_supply=row.place_of_supply,
            rate=Decimal(row.rate),
            net=money(row.net),
            igst=money(row.igst),
            cgst=money(row.cgst),
            sgst=money(row.sgst),
            other=money(row.other),
            document_total=money(row.document_total),
        )


def read_bills(tx: Connection, merchant_id: MerchantId, *, days: Days) -> Iterator[BillRow]:
    """Every bill that was issued."""
    for row in stream(tx, _BILLS, _of(merchant_id, days)):
        yield BillRow(
            bill_id=BillId(row.id),
            on=row.issue_date,
            number=row.number,
            state=row.state,
            document=row.document,
            customer_name=row.customer_name,
            due_date=row.due_date,
            net=Money(row.net_minor, row.currency),
            tax=Money(row.total_minor - row.rounding_minor - row.net_minor, row.currency),
            rounding=Money(row.rounding_minor, row.currency),
            total=Money(row.total_minor, row.currency),
            settled=Money(row.settled_minor, row.currency),
            credited=Money(row.credited_minor, row.currency),
            outstanding=Money(row.outstanding, row.currency),
        )


def read_legs(tx: Connection, merchant_id: MerchantId, *, start: datetime, end: datetime) -> Iterator[LegRow]:
    """Every leg of every payment that was entered from `start` on and before `end`."""
    key = {
        "merchant_id": merchant_id,
        "start": start,
        "end": end,
        "first_id": ids.at(start - timedelta(days=1)),
        "last_id": ids.at(end + timedelta(days=1)),
    }
    for row in stream(tx, _LEGS, key):
        yield LegRow(
            payment_id=PaymentId(row.id),
            create_time=row.create_time,
            bill_number=row.number,
            customer_name=row.customer_name,
            source=row.source,
            method=row.method,
            state=row.state,
            reference=_reference(row),
            amount=Money(row.amount_minor, row.currency),
            settled=Money(row.settled_minor, row.currency),
            credited=Money(row.credited_minor, row.currency),
            refunded=Money(row.refunded_minor, row.currency),
        )


def read_credit_notes(tx: Connection, merchant_id: MerchantId, *, days: Days) -> Iterator[CreditNoteRow]:
    """Every credit note."""
    for row in stream(tx, _CREDIT_NOTES, _of(merchant_id, days)):
        yield CreditNoteRow(
            credit_note_id=CreditNoteId(row.id),
            on=row.issue_date,
            number=row.number,
            bill_number=row.bill_number,
            customer_name=row.customer_name,
            reason=row.reason,
            net=Money(row.net_minor, row.currency),
            tax=Money(row.total_minor - row.rounding_minor - row.net_minor, row.currency),
            rounding=Money(row.rounding_minor, row.currency),
            total=Money(row.total_minor, row.currency),
            applied=Money(row.applied_minor, row.currency),
            to_credit=Money(row.to_credit_minor, row.currency),
        )


def read_refunds(tx: Connection, merchant_id: MerchantId, *, days: Days) -> Iterator[RefundRow]:
    """Every refund of a payment, and credit that was paid out."""
    for row in stream(tx, _REFUNDS, _of(merchant_id, days)):
        yield RefundRow(
            refund_id=RefundId(row.id),
            on=row.refund_date,
            bill_number=row.bill_number,
            customer_name=row.customer,
            method=row.method,
            reference=_reference(row),
            reason=row.reason,
            amount=Money(row.amount_minor, row.currency),
            reopened=Money(row.reopened_minor, row.currency),
            from_credit=Money(row.from_credit_minor, row.currency),
        )


def _of(merchant_id: MerchantId, days: Days) -> dict[str, Any]:
    return {"merchant_id": merchant_id, "first": days.first, "last": days.last}


def _reference(row: Any) -> str:
    parts = (row.utr, row.bank_reference, row.cheque_number, row.card_last_four, row.card_approval_code)
    return " ".join(part for part in parts if part)
