"""What must hold of the books, asked of the database: a batch of a merchant's rows at a time, each in one snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.billing.domain.books import Breach, Rule
from services.kit.ids import to_text
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId

# The last id of the next batch; null when there is none left.
_NEXT = """
SELECT max(id::text)::uuid FROM (
    SELECT id FROM {table} WHERE merchant_id = %(merchant_id)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
    ORDER BY id LIMIT %(size)s
) AS batch
"""
_BATCH = """
WITH batch AS MATERIALIZED (
    SELECT * FROM {table} WHERE merchant_id = %(merchant_id)s
        AND (%(after)s::uuid IS NULL OR id > %(after)s) AND id <= %(last)s
)
"""
_ENTRIES = """
SELECT p.entry_id AS id, 'ENTRY_BALANCED' AS rule, p.currency || ' ' || sum(p.amount_minor) || ', not 0' AS detail
FROM ledger_postings p
WHERE p.merchant_id = %(merchant_id)s AND (%(after)s::uuid IS NULL OR p.entry_id > %(after)s) AND p.entry_id <= %(last)s
GROUP BY p.entry_id, p.currency HAVING sum(p.amount_minor) <> 0
"""
# Row by row, by indexes alone: a batch is small, whatever it is compared with.
_BILLS = """
, sums AS (
    SELECT b.id, b.state, b.number, b.settled_minor, b.credited_minor,
        CASE WHEN b.state IN ('DRAFT', 'VOID') THEN 0 ELSE b.total_minor - b.settled_minor - b.credited_minor END
            AS outstanding,
        r.amount AS receivable, p.amount AS paid, c.amount AS credited
    FROM batch b
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(p.amount_minor), 0) AS amount
            FROM ledger_entries e
                JOIN ledger_postings p ON p.merchant_id = e.merchant_id AND p.entry_id = e.id
                JOIN ledger_accounts a ON a.merchant_id = p.merchant_id AND a.id = p.account_id
            WHERE e.merchant_id = %(merchant_id)s AND e.bill_id = b.id AND a.code = 'RECEIVABLE'
        ) AS r
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(l.settled_minor), 0) AS amount
            FROM payments y JOIN payment_legs l ON l.merchant_id = y.merchant_id AND l.payment_id = y.id
            WHERE y.merchant_id = %(merchant_id)s AND y.bill_id = b.id
        ) AS p
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(c.applied_minor), 0) AS amount
            FROM credit_notes c WHERE c.merchant_id = %(merchant_id)s AND c.bill_id = b.id
        ) AS c
)
SELECT id, 'BILL_OUTSTANDING' AS rule, 'state ' || state || ', outstanding ' || outstanding || ', receivable '
    || receivable || '; settled ' || settled_minor || ', by legs ' || paid || '; credited ' || credited_minor
    || ', by notes ' || credited AS detail
FROM sums
WHERE outstanding <> receivable OR settled_minor <> paid OR credited_minor <> credited
    OR (state NOT IN ('DRAFT', 'VOID') AND (outstanding = 0) <> (state = 'PAID'))
UNION ALL
SELECT s.id, 'NUMBERS_GAPLESS', 'number ' || s.number || ' is not kept as this one''s' FROM sums s
WHERE s.number <> '' AND s.id IS DISTINCT FROM (
    SELECT n.bill_id FROM bill_numbers n WHERE n.merchant_id = %(merchant_id)s AND n.number = s.number)
"""
_PAYMENTS = """
SELECT b.id, 'PAYMENT_LEGS' AS rule,
    'legs ' || l.amount || ', refunds ' || r.amount || ', money ' || m.amount AS detail
FROM batch b
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(p.amount_minor), 0) AS amount
        FROM ledger_entries e
            JOIN ledger_postings p ON p.merchant_id = e.merchant_id AND p.entry_id = e.id
            JOIN ledger_accounts a ON a.merchant_id = p.merchant_id AND a.id = p.account_id
        WHERE e.merchant_id = %(merchant_id)s AND e.bill_id = b.bill_id AND e.payment_id = b.id
            AND a.code LIKE 'MONEY:%%'
    ) AS m
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(l.amount_minor), 0) AS amount FROM payment_legs l
        WHERE l.merchant_id = %(merchant_id)s AND l.payment_id = b.id
            AND l.state IN ('RECORDED', 'VERIFIED', 'REFUNDED') AND l.method <> 'CUSTOMER_CREDIT'
    ) AS l
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.amount_minor), 0) AS amount FROM refunds r
        WHERE r.merchant_id = %(merchant_id)s AND r.payment_id = b.id AND r.method <> 'CUSTOMER_CREDIT'
    ) AS r
WHERE l.amount - r.amount <> m.amount
"""
# A customer and those who were merged into them count as one: their bills stay where they were.
_CUSTOMERS = """
, root AS (SELECT id FROM batch WHERE merged_into IS NULL
), tree AS (
    SELECT id AS root, id FROM root
    UNION ALL
    SELECT t.root, c.id FROM tree t JOIN customers c ON c.merchant_id = %(merchant_id)s AND c.merged_into = t.id
), ledger AS (
    SELECT t.root, a.currency, coalesce(sum(s.amount) FILTER (WHERE a.code = 'RECEIVABLE'), 0) AS owed,
        coalesce(-sum(s.amount) FILTER (WHERE a.code = 'CUSTOMER_CREDIT'), 0) AS credit
    FROM tree t
        CROSS JOIN LATERAL (
            SELECT id, code, currency FROM ledger_accounts WHERE merchant_id = %(merchant_id)s AND party_id = t.id
        ) AS a
        CROSS JOIN LATERAL (
            SELECT sum(amount_minor) AS amount FROM ledger_postings
            WHERE merchant_id = %(merchant_id)s AND account_id = a.id
        ) AS s
    GROUP BY t.root, a.currency
), events AS (
    SELECT t.root, e.currency, e.owed, e.credit FROM tree t CROSS JOIN LATERAL (
        SELECT b.currency, sum(b.total_minor - b.settled_minor - b.credited_minor) AS owed, 0 AS credit
        FROM bills b WHERE b.merchant_id = %(merchant_id)s AND b.customer_id = t.id
            AND b.state IN ('ISSUED', 'PARTLY_PAID', 'PAID')
        GROUP BY b.currency
        UNION ALL
        SELECT y.currency, 0,
            sum(l.credited_minor - CASE l.method WHEN 'CUSTOMER_CREDIT' THEN l.amount_minor ELSE 0 END)
        FROM payments y JOIN payment_legs l ON l.merchant_id = y.merchant_id AND l.payment_id = y.id
        WHERE y.merchant_id = %(merchant_id)s AND y.customer_id = t.id
            AND l.state IN ('RECORDED', 'VERIFIED', 'REFUNDED')
        GROUP BY y.currency
        UNION ALL
        SELECT c.currency, 0, sum(c.to_credit_minor) FROM credit_notes c
        WHERE c.merchant_id = %(merchant_id)s AND c.customer_id = t.id
        GROUP BY c.currency
        UNION ALL
        SELECT r.currency, 0, sum(CASE r.method WHEN 'CUSTOMER_CREDIT' THEN r.amount_minor ELSE 0 END
            - CASE WHEN r.payment_id IS NULL THEN r.from_credit_minor ELSE 0 END)
        FROM refunds r WHERE r.merchant_id = %(merchant_id)s AND r.customer_id = t.id
        GROUP BY r.currency
    ) AS e
), summed AS (
    SELECT root, currency, sum(owed) AS owed, sum(credit) AS credit FROM events GROUP BY root, currency
), both_sides AS (
    SELECT root AS id, currency, coalesce(l.owed, 0) AS owed, coalesce(s.owed, 0) AS outstanding,
        coalesce(l.credit, 0) AS credit, coalesce(s.credit, 0) AS left_over
    FROM ledger l FULL JOIN summed s USING (root, currency)
)
SELECT id, 'CUSTOMER_RECEIVABLE' AS rule,
    currency || ' receivable ' || owed || ', outstanding ' || outstanding AS detail
FROM both_sides WHERE owed <> outstanding
UNION ALL
SELECT id, 'CUSTOMER_CREDIT', currency || ' credit ' || credit || ', left over ' || left_over
FROM both_sides WHERE credit <> left_over OR credit < 0
"""
# A series' last number, how many there are, and how many of them are not on what they were given to.
_SERIES = """
SELECT prefix, financial_year, coalesce(s.last_number, 0) AS last_number, coalesce(n.count, 0) AS count,
    coalesce(n.highest, 0) AS highest, coalesce(n.astray, 0) AS astray
FROM (SELECT * FROM {series} WHERE merchant_id = %(merchant_id)s) AS s FULL JOIN (
    SELECT n.prefix, n.financial_year, count(*) AS count, max(n.sequence) AS highest,
        count(*) FILTER (WHERE d.number IS DISTINCT FROM n.number) AS astray
    FROM {numbers} n LEFT JOIN {documents} d ON d.merchant_id = n.merchant_id AND d.id = n.{document}
    WHERE n.merchant_id = %(merchant_id)s
    GROUP BY n.prefix, n.financial_year
) AS n USING (prefix, financial_year)
"""
_NUMBERS = (
    _SERIES.format(series="number_series", numbers="bill_numbers", documents="bills", document="bill_id"),
    _SERIES.format(
        series="credit_note_series",
        numbers="credit_note_numbers",
        documents="credit_notes",
        document="credit_note_id",
    ),
)
_BEGIN = """
INSERT INTO book_checks AS c (merchant_id, begin_time) VALUES (%(merchant_id)s, %(now)s)
ON CONFLICT (merchant_id) DO UPDATE SET begin_time = %(now)s WHERE c.begin_time <= %(unless_since)s
"""
_END = "UPDATE book_checks SET end_time = %(now)s WHERE merchant_id = %(merchant_id)s"
_CHECKED = "SELECT end_time FROM book_checks WHERE merchant_id = %(merchant_id)s"


@dataclass(frozen=True, slots=True)
class Check:
    """Something to check of every row of a table."""

    table: str
    # Of the ids of what breaks a rule.
    prefix: str
    statement: str
    # So many rows at a time that a batch takes about a second. A customer stands for all of its bills and payments.
    batch_size: int


CHECKS = (
    Check("ledger_entries", "ent", _ENTRIES, 5_000),
    Check("bills", "bill", _BILLS, 2_000),
    Check("payments", "pay", _PAYMENTS, 2_000),
    Check("customers", "cus", _CUSTOMERS, 200),
)


def take_time(tx: Connection) -> None:  # no tenant: it is about time alone
    """Lets the statements of `tx` last longer than those of a request: one customer may have all of the bills."""
    run(tx, "SET LOCAL statement_timeout = '10min'")


def next_batch(tx: Connection, merchant_id: MerchantId, check: Check, *, after: UUID | None) -> UUID | None:
    """The id with which the batch after `after` ends; None when there is no row left."""
    statement = _NEXT.format(table=check.table)
    key = {"merchant_id": merchant_id, "after": after, "size": check.batch_size}
    last: UUID | None = run(tx, statement, key).scalar_one()
    return last


def find_breaches(
    tx: Connection, merchant_id: MerchantId, check: Check, *, after: UUID | None, last: UUID
) -> Sequence[Breach]:
    """What is broken among the rows above `after` and up to `last`."""
    batch = _BATCH.format(table=check.table)
    if check.table == "customers":
        batch = batch.replace("WITH", "WITH RECURSIVE")
    rows = run(tx, batch + check.statement, {"merchant_id": merchant_id, "after": after, "last": last})
    return [Breach(Rule(row.rule), to_text(check.prefix, row.id), row.detail) for row in rows]


def find_broken_series(tx: Connection, merchant_id: MerchantId) -> Sequence[Breach]:
    """Number series with gaps, or with numbers that are not on their bill or credit note."""
    rows = [row for statement in _NUMBERS for row in run(tx, statement, {"merchant_id": merchant_id})]
    return [
        Breach(
            Rule.NUMBERS_GAPLESS,
            f"{row.prefix}/{row.financial_year}",
            f"{row.count} numbers up to {row.highest}, the last given is {row.last_number}, {row.astray} astray",
        )
        for row in rows
        if not row.count == row.highest == row.last_number or row.astray
    ]


def begin_check(tx: Connection, merchant_id: MerchantId, *, now: datetime, unless_since: datetime) -> bool:
    """Notes that a check begins; False, and nothing is noted, if one has begun after `unless_since`."""
    key = {"merchant_id": merchant_id, "now": now, "unless_since": unless_since}
    return run(tx, _BEGIN, key).rowcount == 1


def end_check(tx: Connection, merchant_id: MerchantId, *, now: datetime) -> None:
    """Notes that a check has come to its end."""
    run(tx, _END, {"merchant_id": merchant_id, "now": now})


def last_check(tx: Connection, merchant_id: MerchantId) -> datetime | None:
    """When the last check came to its end."""
    found: datetime | None = run(tx, _CHECKED, {"merchant_id": merchant_id}).scalar_one_or_none()
    return found
