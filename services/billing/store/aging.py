"""What is owed now, by how long it has been due; a bill in instalments is due piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.billing.domain.ids import CustomerId
from services.billing.domain.reports import AgingBucket, CustomerAging, OpenBills
from services.kit.money import Money
from services.kit.sql import run, stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId

# Open bills have an index of their own; what is owed comes from the bills themselves.
_OPEN = """
WITH open AS (
    SELECT id, customer_id, currency, due_date, instalments, settled_minor + credited_minor AS paid,
        total_minor - settled_minor - credited_minor AS outstanding
    FROM bills WHERE merchant_id = %(merchant_id)s AND state IN ('ISSUED', 'PARTLY_PAID')
)
"""
# What is paid or credited goes to the earliest instalments, as domain/instalments.py has it: [day, amount, amount of
# all up to it]. A row a bill and bucket; `oldest` is in that of what has been due longest.
_AGED = f"""
{_OPEN}, part AS (
    SELECT id, customer_id, currency, due_date, outstanding, true AS oldest FROM open WHERE instalments IS NULL
    UNION ALL
    SELECT o.id, o.customer_id, o.currency, i.due_date, least(i.amount, i.up_to - o.paid), i.up_to - i.amount <= o.paid
    FROM open o CROSS JOIN LATERAL (
        SELECT (one->>0)::date AS due_date, (one->>1)::bigint AS amount, (one->>2)::bigint AS up_to
        FROM jsonb_array_elements(o.instalments) AS one
    ) AS i WHERE i.up_to > o.paid
), aged AS MATERIALIZED (
    SELECT customer_id, currency, width_bucket(%(today)s::date - due_date, ARRAY[1, 31, 61, 91]) AS bucket,
        sum(outstanding) AS outstanding, min(due_date) AS due_date, bool_or(oldest) AS oldest
    FROM part GROUP BY id, customer_id, currency, bucket
), owing AS (
    SELECT customer_id, currency, count(*) FILTER (WHERE oldest) AS bills, sum(outstanding)::bigint AS outstanding,
        coalesce(sum(outstanding) FILTER (WHERE bucket > 0), 0)::bigint AS overdue, min(due_date) AS due_date,
        row_number() OVER (PARTITION BY currency ORDER BY sum(outstanding) DESC, customer_id) AS place
    FROM aged GROUP BY currency, customer_id
)
"""  # noqa: S608 - constants alone
_OWING = """
SELECT customer_id, c.display_name, currency, bills, outstanding, overdue, due_date, place, NULL::integer AS bucket
FROM owing JOIN customers c ON c.merchant_id = %(merchant_id)s AND c.id = customer_id
"""
# Both at once: the open bills are read one time.
_BUCKETS_AND_MOST_OWING = f"""
{_AGED} {_OWING} WHERE place <= %(limit)s
UNION ALL
SELECT NULL, NULL, currency, count(*), sum(outstanding)::bigint, NULL, NULL, bucket, bucket
FROM aged GROUP BY currency, bucket
ORDER BY currency, place
"""  # noqa: S608 - constants alone
_ALL_OWING = f"{_AGED} {_OWING} ORDER BY currency, place"
_SUMS = f"""
{_OPEN}, due AS (
    SELECT currency, outstanding, CASE
        WHEN instalments IS NOT NULL THEN greatest(0, (
            SELECT coalesce(max((one->>2)::bigint), 0) FROM jsonb_array_elements(instalments) AS one
            WHERE (one->>0)::date < %(today)s) - paid)
        WHEN due_date < %(today)s THEN outstanding ELSE 0 END AS overdue
    FROM open
)
SELECT currency, count(*) AS bills, sum(outstanding)::bigint AS outstanding,
    count(*) FILTER (WHERE overdue > 0) AS overdue_bills, sum(overdue)::bigint AS overdue
FROM due GROUP BY currency ORDER BY currency
"""  # noqa: S608 - constants alone
# By width_bucket above.
_FROM = (0, 1, 31, 61, 91)
_TO = (0, 30, 60, 90, None)


def age_open_bills(
    tx: Connection, merchant_id: MerchantId, *, today: date, limit: int
) -> tuple[tuple[AgingBucket, ...], tuple[CustomerAging, ...]]:
    """What is outstanding now by how long it has been due, and who owes most, so many in each currency."""
    rows = run(tx, _BUCKETS_AND_MOST_OWING, {"merchant_id": merchant_id, "today": today, "limit": limit}).all()
    buckets = (
        AgingBucket(_FROM[row.bucket], _TO[row.bucket], row.bills, Money(row.outstanding, row.currency))
        for row in rows
        if row.bucket is not None
    )
    return tuple(buckets), tuple(_customer(row) for row in rows if row.bucket is None)


def owing_customers(tx: Connection, merchant_id: MerchantId, *, today: date) -> Iterator[CustomerAging]:
    """Everybody who owes, those first in each currency who owe most."""
    return map(_customer, stream(tx, _ALL_OWING, {"merchant_id": merchant_id, "today": today}))


def sum_open_bills(tx: Connection, merchant_id: MerchantId, *, today: date) -> tuple[OpenBills, ...]:
    """All open bills together, by currency."""
    return tuple(
        OpenBills(
            bill_count=row.bills,
            outstanding=Money(row.outstanding, row.currency),
            overdue_bill_count=row.overdue_bills,
            overdue=Money(row.overdue, row.currency),
        )
        for row in run(tx, _SUMS, {"merchant_id": merchant_id, "today": today})
    )


def _customer(row: Any) -> CustomerAging:
    return CustomerAging(
        customer_id=CustomerId(row.customer_id),
        display_name=row.display_name,
        bill_count=row.bills,
        outstanding=Money(row.outstanding, row.currency),
        overdue=Money(row.overdue, row.currency),
        oldest_due=row.due_date,
    )
