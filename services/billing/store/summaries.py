"""Summaries of days: which are to be computed, and how they are computed from the ledger and the bills.

A day is computed as a whole, by its entries in the ledger, so doing it again changes nothing. Triggers keep the sums of
months with it (migration 0010).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.ids import MerchantId
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('billing.summaries ' || %(merchant_id)s, 0))"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('billing.summaries ' || %(merchant_id)s, 0))"
_MARK = "INSERT INTO report_marks (merchant_id, day, create_time) VALUES (%(merchant_id)s, %(day)s, %(now)s)"
_MARKED = "SELECT marked_merchants(%(most)s)"
_MERCHANTS = "SELECT merchants_after(%(after)s, %(most)s)"
# A bounded number of days at a time, the newest first: they are what people look at.
_TAKE = """
WITH taken AS (
    SELECT DISTINCT day FROM report_marks WHERE merchant_id = %(merchant_id)s ORDER BY day DESC LIMIT %(most)s
), gone AS (
    DELETE FROM report_marks m USING taken t WHERE m.merchant_id = %(merchant_id)s AND m.day = t.day
)
SELECT day FROM taken ORDER BY day
"""
_TAKE_BETWEEN = """
DELETE FROM report_marks WHERE merchant_id = %(merchant_id)s AND day BETWEEN %(first)s AND %(last)s
"""
_SPAN = (
    "SELECT min(entry_date) AS first, max(entry_date) AS last FROM ledger_entries WHERE merchant_id = %(merchant_id)s"
)

_TABLES = ("account_days", "sales_days", "collection_days", "customer_days", "item_days", "tax_days", "number_days")
_CLEAR = "DELETE FROM {} WHERE merchant_id = %(merchant_id)s AND day BETWEEN %(first)s AND %(last)s"

# The entries of the days, and with each what it posted. Debits are positive, so sales and taxes are negative there.
_ENTRIES = """
WITH entry AS MATERIALIZED (
    SELECT id, kind, bill_id, payment_id, credit_note_id, refund_id, entry_date FROM ledger_entries
    WHERE merchant_id = %(merchant_id)s AND entry_date BETWEEN %(first)s AND %(last)s
)
"""
_POSTINGS = """
    JOIN ledger_postings p ON p.merchant_id = %(merchant_id)s AND p.entry_id = e.id
    JOIN ledger_accounts a ON a.merchant_id = %(merchant_id)s AND a.id = p.account_id
"""
_ACCOUNTS = f"""
{_ENTRIES}
INSERT INTO account_days (merchant_id, day, code, currency, debit_minor, credit_minor)
SELECT %(merchant_id)s, e.entry_date, a.code, p.currency,
    coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0),
    coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0)
FROM entry e {_POSTINGS}
GROUP BY e.entry_date, a.code, p.currency
"""  # noqa: S608 - constants alone
_SALES = f"""
{_ENTRIES}, sale AS (
    SELECT e.id, e.entry_date, e.kind, e.bill_id,
        coalesce(-sum(p.amount_minor) FILTER (WHERE a.code = 'SALES'), 0) AS net,
        coalesce(-sum(p.amount_minor) FILTER (WHERE a.code LIKE 'TAX:%%'), 0) AS tax,
        coalesce(-sum(p.amount_minor) FILTER (WHERE a.code = 'ROUNDING'), 0) AS rounding
    FROM entry e
        LEFT JOIN ledger_postings p ON p.merchant_id = %(merchant_id)s AND p.entry_id = e.id
        LEFT JOIN ledger_accounts a ON a.merchant_id = %(merchant_id)s AND a.id = p.account_id
    WHERE e.kind IN ('BILL_ISSUED', 'BILL_VOIDED', 'CREDIT_NOTE_ISSUED')
    GROUP BY e.id, e.entry_date, e.kind, e.bill_id
), with_bill AS (
    SELECT s.entry_date, s.kind, s.net, s.tax, s.rounding, b.currency, b.store_id, b.issue_account_id, b.customer_id
    FROM sale s JOIN bills b ON b.merchant_id = %(merchant_id)s AND b.id = s.bill_id
), by_customer AS (
    INSERT INTO customer_days (merchant_id, day, customer_id, currency, bill_count, total_minor)
    SELECT %(merchant_id)s, entry_date, customer_id, currency,
        count(*) FILTER (WHERE kind = 'BILL_ISSUED') - count(*) FILTER (WHERE kind = 'BILL_VOIDED'),
        sum(net + tax + rounding)
    FROM with_bill GROUP BY entry_date, customer_id, currency
    -- As the index has them: a range of days is read page by page.
    ORDER BY entry_date, customer_id
)
INSERT INTO sales_days (merchant_id, day, currency, store_id, account_id, bill_count, void_count, credit_note_count,
    net_minor, tax_minor, rounding_minor)
SELECT %(merchant_id)s, entry_date, currency, store_id, issue_account_id,
    count(*) FILTER (WHERE kind = 'BILL_ISSUED'), count(*) FILTER (WHERE kind = 'BILL_VOIDED'),
    count(*) FILTER (WHERE kind = 'CREDIT_NOTE_ISSUED'), sum(net), sum(tax), sum(rounding)
FROM with_bill GROUP BY entry_date, currency, store_id, issue_account_id
"""  # noqa: S608 - constants alone
_COLLECTIONS = f"""
{_ENTRIES}
INSERT INTO collection_days (merchant_id, day, currency, store_id, account_id, code, payment_count, received_minor,
    returned_minor)
SELECT %(merchant_id)s, e.entry_date, p.currency, b.store_id, coalesce(r.create_account_id, y.record_account_id),
    a.code, count(*) FILTER (WHERE p.amount_minor > 0),
    coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0),
    coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0)
FROM entry e {_POSTINGS}
    LEFT JOIN bills b ON b.merchant_id = %(merchant_id)s AND b.id = e.bill_id
    LEFT JOIN payments y ON y.merchant_id = %(merchant_id)s AND y.id = e.payment_id
    LEFT JOIN refunds r ON r.merchant_id = %(merchant_id)s AND r.id = e.refund_id
WHERE a.code LIKE 'MONEY:%%'
GROUP BY e.entry_date, p.currency, b.store_id, coalesce(r.create_account_id, y.record_account_id), a.code
"""  # noqa: S608 - constants alone
# Numbers end with their place in the series, in six digits, so that they sort as they were given. They are told in the
# return of GST alone, which is not that of the composition levy.
_NUMBERS = f"""
{_ENTRIES}, numbered AS (
    SELECT e.entry_date, e.kind, e.kind <> 'CREDIT_NOTE_ISSUED' AS of_bills, coalesce(c.number, b.number) AS number
    FROM entry e
        JOIN bills b ON b.merchant_id = %(merchant_id)s AND b.id = e.bill_id
        LEFT JOIN credit_notes c ON c.merchant_id = %(merchant_id)s AND c.id = e.credit_note_id
    WHERE b.document <> 'COMPOSITION_BILL' AND (e.kind IN ('BILL_ISSUED', 'CREDIT_NOTE_ISSUED')
        OR e.kind = 'BILL_VOIDED' AND date_trunc('month', b.issue_date) = date_trunc('month', e.entry_date))
)
INSERT INTO number_days (merchant_id, day, of_bills, series, first_number, last_number, given_count, void_count)
SELECT %(merchant_id)s, entry_date, of_bills, regexp_replace(number, '/[^/]*$', ''),
    min(number) FILTER (WHERE kind <> 'BILL_VOIDED'), max(number) FILTER (WHERE kind <> 'BILL_VOIDED'),
    count(*) FILTER (WHERE kind <> 'BILL_VOIDED'), count(*) FILTER (WHERE kind = 'BILL_VOIDED')
FROM numbered GROUP BY entry_date, of_bills, regexp_replace(number, '/[^/]*$', '')
"""  # noqa: S608 - constants alone
# How Indian returns tell buyers apart; elsewhere only the first says something. A bill between states above 100,000 INR
# (250,000 until July 2024) is listed by itself (CGST Rules, rule 59(4), notification 12/2024). IGST tells such a bill.
# What was sold under the composition levy is for other returns.
RECIPIENT = """CASE
        WHEN b.document = 'COMPOSITION_BILL' THEN 'COMPOSITION'
        WHEN b.customer_tax_id IS NOT NULL THEN 'REGISTERED'
        WHEN b.place_of_supply = '96' THEN 'EXPORT'
        WHEN b.currency = 'INR' AND b.taxes @> '[["IGST"]]'
            AND b.total_minor > CASE WHEN b.issue_date < '2024-08-01' THEN 25000000 ELSE 10000000 END THEN 'LARGE'
        ELSE 'CONSUMER' END"""
# Lines that were sold, less those of bills that were voided and what was credited.
_LINES = f"""
{_ENTRIES}, line AS MATERIALIZED (
    SELECT e.entry_date AS day, b.currency, b.place_of_supply, {RECIPIENT} AS recipient,
        CASE e.kind WHEN 'BILL_VOIDED' THEN -1 ELSE 1 END AS sign,
        l.item_id, l.description, l.unit_code, l.hsn_code, l.tax_code, l.quantity, l.net_minor, l.taxes
    FROM entry e
        JOIN bills b ON b.merchant_id = %(merchant_id)s AND b.id = e.bill_id
        JOIN bill_lines l ON l.merchant_id = %(merchant_id)s AND l.bill_id = e.bill_id
    WHERE e.kind IN ('BILL_ISSUED', 'BILL_VOIDED')
    UNION ALL
    SELECT e.entry_date, b.currency, b.place_of_supply, {RECIPIENT}, -1, l.item_id, l.description, l.unit_code,
        l.hsn_code, l.tax_code, c.quantity, c.net_minor, c.taxes
    FROM entry e
        JOIN bills b ON b.merchant_id = %(merchant_id)s AND b.id = e.bill_id
        JOIN credit_note_lines c ON c.merchant_id = %(merchant_id)s AND c.credit_note_id = e.credit_note_id
        JOIN bill_lines l ON l.merchant_id = %(merchant_id)s AND l.bill_id = c.bill_id AND l.position = c.bill_position
    WHERE e.kind = 'CREDIT_NOTE_ISSUED'
), taxed AS (
    SELECT l.day, l.currency, l.place_of_supply, l.recipient, l.sign, l.unit_code, l.hsn_code, l.tax_code,
        l.quantity, l.net_minor, coalesce(t.part->>0, '') AS tax, coalesce((t.part->>2)::numeric, 0) AS rate,
        coalesce(t.position, 1) = 1 AS is_first, coalesce((t.part->>4)::bigint, 0) AS amount
    FROM line l LEFT JOIN LATERAL jsonb_array_elements(l.taxes) WITH ORDINALITY AS t (part, position) ON true
), sold AS (
    SELECT day, currency, item_id, CASE WHEN item_id IS NULL THEN description END AS free_text, description, unit_code,
        sign * quantity AS quantity, sign * net_minor AS net,
        sign * (SELECT coalesce(sum((part->>4)::bigint), 0) FROM jsonb_array_elements(taxes) AS part) AS tax
    FROM line
), by_tax AS (
    INSERT INTO tax_days (merchant_id, day, currency, tax_code, hsn_code, unit_code, place_of_supply, recipient, tax,
        rate, is_first, quantity, base_minor, amount_minor)
    SELECT %(merchant_id)s, day, currency, tax_code, hsn_code, unit_code, place_of_supply, recipient, tax, rate,
        is_first, sum(sign * quantity), sum(sign * net_minor), sum(sign * amount)
    FROM taxed GROUP BY day, currency, tax_code, hsn_code, unit_code, place_of_supply, recipient, tax, rate, is_first
)
INSERT INTO item_days (merchant_id, day, currency, item_id, description, unit_code, quantity, net_minor, tax_minor)
SELECT %(merchant_id)s, day, currency, item_id, coalesce(free_text, max(description)), unit_code, sum(quantity),
    sum(net), sum(tax)
FROM sold GROUP BY day, currency, item_id, free_text, unit_code
"""  # noqa: S608 - constants alone

# What the triggers keep, from the days themselves.
_CLEAR_MONTH = "DELETE FROM {} WHERE merchant_id = %(merchant_id)s AND month = %(month)s"
_CUSTOMER_MONTH = """
INSERT INTO customer_months (merchant_id, month, customer_id, currency, bill_count, total_minor)
SELECT merchant_id, %(month)s, customer_id, currency, sum(bill_count), sum(total_minor) FROM customer_days
WHERE merchant_id = %(merchant_id)s AND day >= %(month)s AND day < %(month)s::date + interval '1 month'
GROUP BY merchant_id, customer_id, currency
"""
_ITEM_MONTH = """
INSERT INTO item_months (merchant_id, month, currency, item_id, free_text, description, unit_code, quantity, net_minor,
    tax_minor)
SELECT merchant_id, %(month)s, currency, item_id, CASE WHEN item_id IS NULL THEN description END AS free_text,
    max(description), unit_code, sum(quantity), sum(net_minor), sum(tax_minor) FROM item_days
WHERE merchant_id = %(merchant_id)s AND day >= %(month)s AND day < %(month)s::date + interval '1 month'
GROUP BY merchant_id, currency, item_id, free_text, unit_code
"""


def mark_day(tx: Connection, merchant_id: MerchantId, day: date, *, now: datetime) -> None:
    """The day's summaries are to be computed anew, once `tx` has committed."""
    run(tx, _MARK, {"merchant_id": merchant_id, "day": day, "now": now})


def marked_merchants(tx: Connection, *, most: int) -> tuple[MerchantId, ...]:  # no tenant: it asks for them
    """Merchants with days to be computed, those first that have waited longest."""
    return tuple(MerchantId(found) for found in run(tx, _MARKED, {"most": most}).scalars())


def merchants_after(  # no tenant: it asks for them
    tx: Connection, after: MerchantId | None, *, most: int
) -> tuple[MerchantId, ...]:
    """All merchants who have settings, in the order of their ids, from after one of them."""
    return tuple(MerchantId(found) for found in run(tx, _MERCHANTS, {"after": after, "most": most}).scalars())


def lock_summaries(tx: Connection, merchant_id: MerchantId, *, wait: bool) -> bool:
    """Only one at a time computes a merchant's days; False if another does and `wait` is not wanted."""
    if wait:
        run(tx, _LOCK, {"merchant_id": str(merchant_id)})
        return True
    taken: bool = run(tx, _TRY_LOCK, {"merchant_id": str(merchant_id)}).scalar_one()
    return taken


def take_marked_days(tx: Connection, merchant_id: MerchantId, *, most: int) -> Sequence[date]:
    """Takes marks away and tells of which days. Compute them in `tx`, after this."""
    return run(tx, _TAKE, {"merchant_id": merchant_id, "most": most}).scalars()


def span_of_entries(tx: Connection, merchant_id: MerchantId) -> tuple[date, date] | None:
    """The first and the last business day with an entry."""
    row = run(tx, _SPAN, {"merchant_id": merchant_id}).one()
    return None if row.first is None else (row.first, row.last)


def compute_days(tx: Connection, merchant_id: MerchantId, *, first: date, last: date) -> None:
    """Replaces the summaries of these days by what the ledger and the bills say, under `lock_summaries`."""
    key = {"merchant_id": merchant_id, "first": first, "last": last}
    run(tx, _TAKE_BETWEEN, key)
    for table in _TABLES:
        run(tx, _CLEAR.format(table), key)
    for statement in (_ACCOUNTS, _SALES, _COLLECTIONS, _LINES, _NUMBERS):
        run(tx, statement, key)


def sum_month(tx: Connection, merchant_id: MerchantId, month: date) -> None:
    """Replaces the sums of the month that begins on `month` by those of its days, under `lock_summaries`."""
    key = {"merchant_id": merchant_id, "month": month}
    for table in ("customer_months", "item_months"):
        run(tx, _CLEAR_MONTH.format(table), key)
    for statement in (_CUSTOMER_MONTH, _ITEM_MONTH):
        run(tx, statement, key)
