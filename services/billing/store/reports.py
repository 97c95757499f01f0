"""Reading the summaries of days and months. Sums are made by the database."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.billing.domain.ids import AccountId, CustomerId, ItemId, StoreId
from services.billing.domain.reports import (
    CollectionRow,
    Group,
    Grouping,
    SalesRow,
    TaxCodeRow,
    TaxRow,
    TopCustomer,
    TopItem,
)
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId
    from services.billing.domain.reports import Days

_COLUMNS = {
    Grouping.DAY: "day",
    Grouping.STORE: "store_id",
    Grouping.CASHIER: "account_id",
    Grouping.METHOD: "code",
}
_WITHIN = "merchant_id = %(merchant_id)s AND day BETWEEN %(first)s AND %(last)s"
_OF_STORE = "(%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)"
# Constants alone make these texts.
_SALES = f"""
SELECT {{column}} AS key, currency, sum(bill_count)::bigint AS bills, sum(void_count)::bigint AS voids,
    sum(credit_note_count)::bigint AS notes, sum(net_minor)::bigint AS net, sum(tax_minor)::bigint AS tax,
    sum(rounding_minor)::bigint AS rounding
FROM sales_days WHERE {_WITHIN} AND {_OF_STORE}
GROUP BY key, currency ORDER BY key, currency
"""  # noqa: S608
_COLLECTIONS = f"""
SELECT {{column}} AS key, currency, sum(payment_count)::bigint AS payments, sum(received_minor)::bigint AS received,
    sum(returned_minor)::bigint AS returned
FROM collection_days WHERE {_WITHIN} AND {_OF_STORE}
GROUP BY key, currency ORDER BY key, currency
"""  # noqa: S608
_TAXES = f"""
SELECT tax, rate, currency, sum(base_minor)::bigint AS base, sum(amount_minor)::bigint AS amount
FROM tax_days WHERE {_WITHIN}
GROUP BY currency, tax, rate ORDER BY currency, tax, rate
"""  # noqa: S608
_TAX_CODES = f"""
SELECT tax_code, hsn_code, unit_code, currency, sum(quantity) FILTER (WHERE is_first) AS quantity,
    (sum(base_minor) FILTER (WHERE is_first))::bigint AS net, sum(amount_minor)::bigint AS tax
FROM tax_days WHERE {_WITHIN}
GROUP BY currency, tax_code, hsn_code, unit_code ORDER BY currency, tax_code, hsn_code, unit_code
"""  # noqa: S608
# Whole months out of their sums, and what is left at both ends out of the days.
_OF_MONTHS = "merchant_id = %(merchant_id)s AND month >= %(months_start)s AND month < %(months_end)s"
_BEFORE_MONTHS = "merchant_id = %(merchant_id)s AND day >= %(first)s AND day < %(months_start)s"
_AFTER_MONTHS = "merchant_id = %(merchant_id)s AND day >= %(months_end)s AND day <= %(last)s"
# Who was merged counts as whom they were merged into.
_TOP_CUSTOMERS = f"""
SELECT customer_id, c.display_name, currency, bills, total FROM (
    SELECT *, row_number() OVER (PARTITION BY currency ORDER BY total DESC, customer_id) AS place FROM (
        SELECT coalesce(m.merged_into, s.customer_id) AS customer_id, currency, sum(bills)::bigint AS bills,
            sum(total)::bigint AS total
        FROM (
            SELECT customer_id, currency, sum(bill_count)::bigint AS bills, sum(total_minor)::bigint AS total FROM (
                SELECT customer_id, currency, bill_count, total_minor FROM customer_months WHERE {_OF_MONTHS}
                UNION ALL
                SELECT customer_id, currency, bill_count, total_minor FROM customer_days WHERE {_BEFORE_MONTHS}
                UNION ALL
                SELECT customer_id, currency, bill_count, total_minor FROM customer_days WHERE {_AFTER_MONTHS}
            ) AS parts GROUP BY customer_id, currency
        ) AS s LEFT JOIN customers m
            ON m.merchant_id = %(merchant_id)s AND m.id = s.customer_id AND m.merged_into IS NOT NULL
        GROUP BY coalesce(m.merged_into, s.customer_id), currency
    ) AS summed WHERE bills <> 0 OR total <> 0
) AS ranked JOIN customers c ON c.merchant_id = %(merchant_id)s AND c.id = customer_id
WHERE place <= %(limit)s ORDER BY currency, place
"""  # noqa: S608
_TOP_ITEMS = f"""
SELECT item_id, description, unit_code, currency, quantity, net, tax FROM (
    SELECT item_id, max(description) AS description, unit_code, currency, sum(quantity) AS quantity,
        sum(net_minor)::bigint AS net, sum(tax_minor)::bigint AS tax,
        row_number() OVER (PARTITION BY currency ORDER BY sum(net_minor + tax_minor) DESC, max(description)) AS place
    FROM (
        SELECT item_id, description, unit_code, currency, quantity, net_minor, tax_minor
        FROM item_months WHERE {_OF_MONTHS}
        UNION ALL
        SELECT item_id, description, unit_code, currency, quantity, net_minor, tax_minor
        FROM item_days WHERE {_BEFORE_MONTHS}
        UNION ALL
        SELECT item_id, description, unit_code, currency, quantity, net_minor, tax_minor
        FROM item_days WHERE {_AFTER_MONTHS}
    ) AS parts
    GROUP BY currency, item_id, CASE WHEN item_id IS NULL THEN description END, unit_code
    HAVING sum(quantity) <> 0 OR sum(net_minor) <> 0 OR sum(tax_minor) <> 0
) AS ranked
WHERE place <= %(limit)s ORDER BY currency, place
"""  # noqa: S608
_WAITING = """
SELECT (SELECT count(DISTINCT payment_id) FROM payment_legs
        WHERE merchant_id = %(merchant_id)s AND state = 'PENDING_VERIFICATION') AS payments,
    (SELECT count(*) FROM ledger_alarms WHERE merchant_id = %(merchant_id)s AND resolved_time IS NULL) AS alarms
"""


def sales(
    tx: Connection, merchant_id: MerchantId, *, days: Days, by: Grouping, store_id: StoreId | None
) -> tuple[SalesRow, ...]:
    """Sales by day, store or cashier."""
    rows = run(tx, _SALES.format(column=_COLUMNS[by]), _key(merchant_id, days) | {"store_id": store_id})
    return tuple(
        SalesRow(
            group=_group(by, row.key),
            bill_count=row.bills,
            void_count=row.voids,
            credit_note_count=row.notes,
            net=Money(row.net, row.currency),
            tax=Money(row.tax, row.currency),
            rounding=Money(row.rounding, row.currency),
        )
        for row in rows
    )


def collections(
    tx: Connection, merchant_id: MerchantId, *, days: Days, by: Grouping, store_id: StoreId | None
) -> tuple[CollectionRow, ...]:
    """Collections by day, store, cashier or method."""
    key = _key(merchant_id, days) | {"store_id": store_id}
    rows = run(tx, _COLLECTIONS.format(column=_COLUMNS[by]), key)
    return tuple(
        CollectionRow(
            group=_group(by, row.key),
            payment_count=row.payments,
            received=Money(row.received, row.currency),
            returned=Money(row.returned, row.currency),
        )
        for row in rows
    )


def taxes(tx: Connection, merchant_id: MerchantId, *, days: Days) -> tuple[TaxRow, ...]:
    """Each tax at each rate; what comes to nothing at all is left out."""
    return tuple(
        TaxRow(row.tax, Decimal(row.rate), Money(row.base, row.currency), Money(row.amount, row.currency))
        for row in run(tx, _TAXES, _key(merchant_id, days))
        if row.base or row.amount
    )


def tax_codes(tx: Connection, merchant_id: MerchantId, *, days: Days) -> tuple[TaxCodeRow, ...]:
    """What was sold under each code."""
    return tuple(
        TaxCodeRow(
            row.tax_code,
            row.hsn_code,
            row.unit_code,
            Decimal(row.quantity),
            Money(row.net, row.currency),
            Money(row.tax, row.currency),
        )
        for row in run(tx, _TAX_CODES, _key(merchant_id, days))
        if row.quantity or row.net or row.tax
    )


def top_customers(tx: Connection, merchant_id: MerchantId, *, days: Days, limit: int) -> tuple[TopCustomer, ...]:
    """Who bought most, by currency."""
    return tuple(
        TopCustomer(CustomerId(row.customer_id), row.display_name, row.bills, Money(row.total, row.currency))
        for row in run(tx, _TOP_CUSTOMERS, _key(merchant_id, days) | _months(days) | {"limit": limit})
    )


def top_items(tx: Connection, merchant_id: MerchantId, *, days: Days, limit: int) -> tuple[TopItem, ...]:
    """What sold most, by currency."""
    return tuple(
        TopItem(
            None if row.item_id is None else ItemId(row.item_id),
            row.description,
            row.unit_code,
            Decimal(row.quantity),
            Money(row.net, row.currency),
            Money(row.tax, row.currency),
        )
        for row in run(tx, _TOP_ITEMS, _key(merchant_id, days) | _months(days) | {"limit": limit})
    )


def count_waiting(tx: Connection, merchant_id: MerchantId) -> tuple[int, int]:
    """Payments with a leg to be verified, and open alarms."""
    row = run(tx, _WAITING, {"merchant_id": merchant_id}).one()
    return row.payments, row.alarms


def _key(merchant_id: MerchantId, days: Days) -> dict[str, Any]:
    return {"merchant_id": merchant_id, "first": days.first, "last": days.last}


def _months(days: Days) -> dict[str, Any]:
    start, end = days.whole_months
    return {"months_start": start, "months_end": end}


def _group(by: Grouping, key: Any) -> Group:
    match by:
        case Grouping.DAY:
            return Group(on=key)
        case Grouping.STORE:
            return Group(store_id=None if key is None else StoreId(key))
        case Grouping.CASHIER:
            return Group(account_id=None if key is None else AccountId(key))
        case Grouping.METHOD:
            return Group(method=key.removeprefix("MONEY:"))
