"""Many bills in no time: copies of one, made in the tables. Nothing is posted and no number is kept for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID

# The time in an id stays, so copies lie in the same partition; their numbers are C1, C2, …
_IDS = """
SET LOCAL session_replication_role = replica;
CREATE TEMPORARY TABLE copies ON COMMIT DROP AS
SELECT n, overlay({bill}::uuid::text PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid AS id
FROM generate_series(1, {count}) AS n;
"""
_COPY = f"""
{_IDS}
INSERT INTO billing.bills
SELECT (jsonb_populate_record(b, jsonb_build_object('id', c.id, 'number', 'C' || c.n))).*
FROM billing.bills b, copies c WHERE b.merchant_id = {{merchant}}::uuid AND b.id = {{bill}}::uuid;
INSERT INTO billing.bill_lines
SELECT (jsonb_populate_record(l, jsonb_build_object('bill_id', c.id))).*
FROM billing.bill_lines l, copies c WHERE l.merchant_id = {{merchant}}::uuid AND l.bill_id = {{bill}}::uuid;
INSERT INTO billing.ledger_entries
SELECT (jsonb_populate_record(e, jsonb_build_object('bill_id', c.id, 'id', c.id))).*
FROM billing.ledger_entries e, copies c
WHERE e.merchant_id = {{merchant}}::uuid AND e.bill_id = {{bill}}::uuid AND e.kind = 'BILL_ISSUED';
"""  # noqa: S608 - constants alone
_REMOVE = f"""
{_IDS}
DELETE FROM billing.ledger_entries e USING copies c WHERE e.merchant_id = {{merchant}}::uuid AND e.id = c.id;
DELETE FROM billing.bill_lines l USING copies c WHERE l.merchant_id = {{merchant}}::uuid AND l.bill_id = c.id;
DELETE FROM billing.bills b USING copies c WHERE b.merchant_id = {{merchant}}::uuid AND b.id = c.id;
"""  # noqa: S608 - constants alone


def copy_bill(superuser: Any, merchant: UUID, bill: UUID, *, count: int) -> None:
    """Adds so many issued bills like `bill`, with its lines and its entry. `superuser`: a psycopg2 connection."""
    statement = _COPY.format(bill=f"'{bill}'", merchant=f"'{merchant}'", count=int(count))
    with superuser.cursor() as cursor:
        cursor.execute(f"BEGIN; {statement} COMMIT; ANALYZE billing.bills, billing.bill_lines, billing.ledger_entries")


def remove_copies(superuser: Any, merchant: UUID, bill: UUID, *, count: int) -> None:
    """Takes the copies of `bill` away again."""
    statement = _REMOVE.format(bill=f"'{bill}'", merchant=f"'{merchant}'", count=int(count))
    with superuser.cursor() as cursor:
        cursor.execute(f"BEGIN; {statement} COMMIT")
