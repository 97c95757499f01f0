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

# What is not paid of open bills, which have an index of their own: a row a bill, or instalment. What is paid or
# credited goes to the earliest, as domain/instalments.py has it: [day, amount, amount of all up to it]. `oldest` is the
# first that is left.
_PARTS = """
WITH part AS (
    SELECT b.id, b.customer_id, b.currency, coalesce(i.due_date, b.due_date) AS due_date,
        coalesce(i.outstanding, b.total_minor - b.settled_minor - b.credited_minor) AS outstanding,
        coalesce(i.oldest, true) AS oldest
    FROM bills b LEFT JOIN LATERAL (
        SELECT (one->>0)::date AS due_date,
            least((one->>1)::bigint, (one->>2)::bigint - b.settled_minor - b.credited_minor) AS outstanding,
            (one->>2)::bigint - (one->>1)::bigint <= b.settled_minor + b.credited_minor AS oldest
        FROM jsonb_array_elements(b.instalments) AS one
        WHERE (one->>2)::bigint > b.settled_minor + b.credited_minor
    ) AS i ON true
    WHERE b.merchant_id = %(merchant_id)s AND b.state IN ('ISSUED', 'PARTLY_PAID')
)
"""
# A row a bill and bucket.
_AGED = f"""
{_PARTS}, aged AS (
    SELECT customer_id, currency, width_bucket(%(today)s::date - due_date, ARRAY[1, 31, 61, 91]) AS bucket,
        sum(outstanding)::bigint AS outstanding, min(due_date) AS due_date, bool_or(oldest) AS oldest
    FROM part GROUP BY id, customer_id, currency, bucket
)
"""  # noqa: S608 - constants alone
_SUMS_OF_AGED = """
count(*) AS bills, count(*) FILTER (WHERE oldest) AS whole_bills, sum(outstanding)::bigint AS outstanding,
coalesce(sum(outstanding) FILTER (WHERE bucket > 0), 0)::bigint AS overdue, min(due_date) AS due_date
"""
# Buckets and customers at once, so that the bills are read one time.
_BUCKETS_AND_MOST_OWING = f"""
{_AGED}
SELECT r.*, c.display_name FROM (
    SELECT *, row_number() OVER (
        PARTITION BY currency, customer_id IS NULL ORDER BY outstanding DESC, customer_id) AS place
    FROM (
        SELECT currency, customer_id, bucket, {_SUMS_OF_AGED}
        FROM aged GROUP BY GROUPING SETS ((currency, bucket), (currency, customer_id))
    ) AS grouped
) AS r LEFT JOIN customers c ON c.merchant_id = %(merchant_id)s AND c.id = r.customer_id
WHERE customer_id IS NULL OR place <= %(limit)s
ORDER BY currency, bucket, place
"""  # noqa: S608 - constants alone
_ALL_OWING = f"""
{_AGED}
SELECT r.*, c.display_name
FROM (SELECT currency, customer_id, {_SUMS_OF_AGED} FROM aged GROUP BY currency, customer_id) AS r
    JOIN customers c ON c.merchant_id = %(merchant_id)s AND c.id = r.customer_id
ORDER BY currency, outstanding DESC, customer_id
"""  # noqa: S608 - constants alone
_SUMS = f"""
{_PARTS}
SELECT currency, count(*) FILTER (WHERE oldest) AS bills, sum(outstanding)::bigint AS outstanding,
    count(*) FILTER (WHERE oldest AND due_date < %(today)s) AS overdue_bills,
    coalesce(sum(outstanding) FILTER (WHERE due_date < %(today)s), 0)::bigint AS overdue
FROM part GROUP BY currency ORDER BY currency
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
        if row.customer_id is None
    )
    return tuple(buckets), tuple(_customer(row) for row in rows if row.customer_id is not None)


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
        bill_count=row.whole_bills,
        outstanding=Money(row.outstanding, row.currency),
        overdue=Money(row.overdue, row.currency),
        oldest_due=row.due_date,
    )
