"""Credit notes and their number series; they are added, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.billing.domain.credit_note import CreditLine, CreditNote
from services.billing.domain.ids import AccountId, BillId, CreditNoteId, CustomerId
from services.billing.domain.numbering import format_credit_note_number
from services.billing.store.rows import line_from_json, taxes_to_json, totals_of
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId
    from services.billing.domain.numbering import Series

# As for bills: the row of the series is locked until the transaction ends, so numbers leave no gap.
_NEXT_SEQUENCE = """
INSERT INTO credit_note_series AS series (merchant_id, prefix, financial_year, last_number)
VALUES (%(merchant_id)s, %(prefix)s, %(financial_year)s, 1)
ON CONFLICT (merchant_id, prefix, financial_year) DO UPDATE SET last_number = series.last_number + 1
RETURNING last_number
"""
_INSERT = """
WITH note AS (
    INSERT INTO credit_notes (merchant_id, id, bill_id, customer_id, number, currency, reason, restock, net_minor,
        taxes, rounding_minor, total_minor, applied_minor, to_credit_minor, issue_date, create_time, create_account_id)
    VALUES (%(merchant_id)s, %(id)s, %(bill_id)s, %(customer_id)s, %(number)s, %(currency)s, %(reason)s, %(restock)s,
        %(net)s, %(taxes)s, %(rounding)s, %(total)s, %(applied)s, %(to_credit)s, %(issue_date)s, %(create_time)s,
        %(account_id)s)
), number AS (
    INSERT INTO credit_note_numbers (merchant_id, prefix, financial_year, sequence, number, credit_note_id)
    VALUES (%(merchant_id)s, %(prefix)s, %(financial_year)s, %(sequence)s, %(number)s, %(id)s)
)
INSERT INTO credit_note_lines (merchant_id, credit_note_id, position, bill_id, bill_position, quantity, net_minor,
    taxes)
SELECT %(merchant_id)s, %(id)s, position, %(bill_id)s, bill_position, quantity, net, taxes
FROM unnest(%(positions)s::smallint[], %(quantities)s::numeric[], %(nets)s::bigint[], %(line_taxes)s::jsonb[])
WITH ORDINALITY AS line (bill_position, quantity, net, taxes, position)
"""
_QUANTITIES = """
SELECT bill_position, sum(quantity) AS quantity FROM credit_note_lines
WHERE merchant_id = %(merchant_id)s AND bill_id = %(bill_id)s GROUP BY bill_position
"""
_EXISTS = "SELECT EXISTS (SELECT 1 FROM credit_notes WHERE merchant_id = %(merchant_id)s AND bill_id = %(bill_id)s)"
_LINES = """
    SELECT json_agg(json_build_array(c.bill_position, c.quantity::text, c.net_minor, c.taxes, b.item_id, b.description,
        b.quantity::text, b.unit_code, b.unit_price_minor, b.price_includes_tax, b.discount_minor, b.tax_code,
        b.hsn_code)
        ORDER BY c.position)
    FROM credit_note_lines c JOIN bill_lines b
        ON b.merchant_id = c.merchant_id AND b.bill_id = c.bill_id AND b.position = c.bill_position
    WHERE c.merchant_id = %(merchant_id)s AND c.credit_note_id = n.id
"""
# Constants alone make these texts.
_SELECT = f"""
SELECT n.id, n.bill_id, n.customer_id, n.number, n.currency, n.reason, n.restock, n.net_minor, n.taxes,
    n.rounding_minor, n.total_minor, n.applied_minor, n.to_credit_minor, n.issue_date, n.create_time,
    n.create_account_id,
    ({_LINES}) AS lines
FROM credit_notes n WHERE n.merchant_id = %(merchant_id)s
"""  # noqa: S608
_LOAD = f"{_SELECT} AND n.id = %(id)s"
_LIST = f"""
{_SELECT}
    AND (%(bill_id)s::uuid IS NULL OR n.bill_id = %(bill_id)s)
    AND (%(customer_id)s::uuid IS NULL OR n.customer_id = %(customer_id)s)
    AND (%(before)s::uuid IS NULL OR n.id < %(before)s)
ORDER BY n.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class TakenNumber:
    """A number of a series, for the credit note that is to be kept with it."""

    series: Series
    sequence: int
    text: str


def take_number(tx: Connection, merchant_id: MerchantId, series: Series) -> TakenNumber:
    """The next number of the series. Others who want one wait until `tx` ends. Raises NumberSeriesFull."""
    key = {"merchant_id": merchant_id, "prefix": series.prefix, "financial_year": series.financial_year}
    sequence: int = run(tx, _NEXT_SEQUENCE, key).scalar_one()
    return TakenNumber(series, sequence, format_credit_note_number(series, sequence))


def insert_credit_note(tx: Connection, merchant_id: MerchantId, note: CreditNote, number: TakenNumber) -> None:
    """Keeps a new credit note with its lines and its number."""
    totals = note.totals
    run(
        tx,
        _INSERT,
        {
            "merchant_id": merchant_id,
            "id": note.id,
            "bill_id": note.bill_id,
            "customer_id": note.customer_id,
            "number": number.text,
            "prefix": number.series.prefix,
            "financial_year": number.series.financial_year,
            "sequence": number.sequence,
            "currency": note.currency,
            "reason": note.reason,
            "restock": note.restock,
            "net": totals.net.minor,
            "taxes": taxes_to_json(totals.taxes),
            "rounding": totals.rounding.minor,
            "total": totals.total.minor,
            "applied": note.applied.minor,
            "to_credit": note.to_credit.minor,
            "issue_date": note.issue_date,
            "create_time": note.create_time,
            "account_id": note.account_id,
            "positions": [line.position for line in note.lines],
            "quantities": [line.quantity for line in note.lines],
            "nets": [line.sold.net.minor for line in note.lines],
            "line_taxes": [taxes_to_json(line.sold.taxes) for line in note.lines],
        },
    )


def credited_quantities(tx: Connection, merchant_id: MerchantId, bill_id: BillId) -> dict[int, Decimal]:
    """How much of each line of the bill was credited, by the line's position from 1. The bill must be locked."""
    rows = run(tx, _QUANTITIES, {"merchant_id": merchant_id, "bill_id": bill_id})
    return {row.bill_position: row.quantity for row in rows}


def has_credit_notes(tx: Connection, merchant_id: MerchantId, bill_id: BillId) -> bool:
    """Whether anything was credited on the bill."""
    found: bool = run(tx, _EXISTS, {"merchant_id": merchant_id, "bill_id": bill_id}).scalar_one()
    return found


def load_credit_note(tx: Connection, merchant_id: MerchantId, note_id: CreditNoteId) -> CreditNote | None:
    """One credit note with its lines."""
    row = run(tx, _LOAD, {"merchant_id": merchant_id, "id": note_id}).one_or_none()
    return None if row is None else _note(merchant_id, row)


def list_credit_notes(
    tx: Connection,
    merchant_id: MerchantId,
    *,
    bill_id: BillId | None = None,
    customer_id: CustomerId | None = None,
    before: UUID | None = None,
    limit: int,
) -> Sequence[CreditNote]:
    """The newest first, from below the id `before`."""
    parameters = {
        "merchant_id": merchant_id,
        "bill_id": bill_id,
        "customer_id": customer_id,
        "before": before,
        "limit": limit,
    }
    return [_note(merchant_id, row) for row in run(tx, _LIST, parameters)]


def _note(merchant_id: MerchantId, row: Any) -> CreditNote:
    currency: str = row.currency
    return CreditNote(
        id=CreditNoteId(row.id),
        merchant_id=merchant_id,
        bill_id=BillId(row.bill_id),
        customer_id=CustomerId(row.customer_id),
        number=row.number,
        reason=row.reason,
        restock=row.restock,
        lines=tuple(_line(line, currency) for line in row.lines),
        totals=totals_of(row, currency),
        applied=Money(row.applied_minor, currency),
        to_credit=Money(row.to_credit_minor, currency),
        issue_date=row.issue_date,
        create_time=row.create_time,
        account_id=None if row.create_account_id is None else AccountId(row.create_account_id),
    )


def _line(line: Any, currency: str) -> CreditLine:
    position, quantity, net, taxes, *terms = line
    return CreditLine(position, Decimal(quantity), line_from_json([*terms, net, taxes], currency))
