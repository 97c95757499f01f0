"""What happened on a day: the ledger's entries beside the documents they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.reports import DayBookRow
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId
    from services.billing.domain.reports import Days

_ROWS = """
SELECT e.id, e.kind, e.entry_date, e.create_time, e.bill_id, coalesce(c.number, b.number, '') AS number,
    coalesce(b.customer_name, '') AS customer_name, coalesce(b.currency, p.currency) AS currency,
    coalesce(p.sold, 0) AS sold, coalesce(p.received, 0) AS received
FROM ledger_entries e
    LEFT JOIN bills b ON b.merchant_id = e.merchant_id AND b.id = e.bill_id
    LEFT JOIN credit_notes c ON c.merchant_id = e.merchant_id AND c.id = e.credit_note_id
    LEFT JOIN LATERAL (
        SELECT min(p.currency) AS currency,
            (-sum(p.amount_minor) FILTER (WHERE a.code IN ('SALES', 'ROUNDING') OR a.code LIKE 'TAX:%%'))::bigint
                AS sold,
            (sum(p.amount_minor) FILTER (WHERE a.code LIKE 'MONEY:%%'))::bigint AS received
        FROM ledger_postings p JOIN ledger_accounts a ON a.merchant_id = p.merchant_id AND a.id = p.account_id
        WHERE p.merchant_id = e.merchant_id AND p.entry_id = e.id
    ) AS p ON true
WHERE e.merchant_id = %(merchant_id)s AND e.entry_date BETWEEN %(first)s AND %(last)s
    AND (e.entry_date, e.id) > (%(after_day)s, %(after)s)
ORDER BY e.entry_date, e.id LIMIT %(limit)s
"""
_NOTHING = "00000000-0000-0000-0000-000000000000"


def list_day_book(
    tx: Connection, merchant_id: MerchantId, *, days: Days, after: tuple[date, UUID] | None, limit: int
) -> Sequence[DayBookRow]:
    """The entries of the days in their order, from after one of them."""
    key = {
        "merchant_id": merchant_id,
        "first": days.first,
        "last": days.last,
        "after_day": after[0] if after else days.first,
        "after": after[1] if after else _NOTHING,
        "limit": limit,
    }
    return [
        DayBookRow(
            entry_id=row.id,
            kind=row.kind,
            on=row.entry_date,
            create_time=row.create_time,
            bill_id=row.bill_id,
            number=row.number,
            customer_name=row.customer_name,
            sold=Money(row.sold, row.currency),
            received=Money(row.received, row.currency),
        )
        for row in run(tx, _ROWS, key)
    ]
