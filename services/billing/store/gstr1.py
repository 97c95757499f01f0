"""What the return of a month is made from: documents told one by one, and sums out of the summaries of its days."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.billing.domain.gstr1 import (
    Document,
    DocumentKind,
    Item,
    NumbersGiven,
    Recipient,
    Supply,
    TaxSums,
)
from services.billing.store.summaries import RECIPIENT
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId
    from services.billing.domain.reports import Days
    from services.kit.crypto import Vault

# Bills have sums by tax and rate, so lines are read only where something bears no tax at all: nil-rated lines are told
# in sums, zero-rated ones with their bill.
_ZERO_RATED = """
CASE WHEN {taxes} @> '[["0"]]' THEN (
    SELECT sum({line}.net_minor)::bigint FROM {lines} AND l.tax_code = 'GST_ZERO') END AS zero_rated
"""
_OF_BILL = "bill_lines l WHERE l.merchant_id = b.merchant_id AND l.bill_id = b.id"
_OF_NOTE = """credit_note_lines n
    JOIN bill_lines l ON l.merchant_id = n.merchant_id AND l.bill_id = n.bill_id AND l.position = n.bill_position
    WHERE n.merchant_id = c.merchant_id AND n.credit_note_id = c.id"""
_COLUMNS = f"""
b.id AS bill_id, {RECIPIENT} AS recipient, b.place_of_supply, b.customer_tax_id
"""
_TOLD = f"b.currency = 'INR' AND {RECIPIENT} IN ('REGISTERED', 'EXPORT', 'LARGE')"
_BILL = f"""
{_COLUMNS}, b.number, b.issue_date AS day, b.total_minor, b.taxes,
{_ZERO_RATED.format(taxes="b.taxes", line="l", lines=_OF_BILL)}
"""
# These bills have an index of their own, bills_told_alone. One that was voided later than the month was in the month's
# return; its voiding is in that of the later month.
_BILLS = f"""
SELECT 'BILL' AS kind, {_BILL}
FROM bills b
WHERE b.merchant_id = %(merchant_id)s AND b.issue_date BETWEEN %(first)s AND %(last)s
    AND (b.customer_tax_id IS NOT NULL OR b.place_of_supply = '96' OR b.taxes @> '[["IGST"]]') AND {_TOLD}
    AND (b.state <> 'VOID' OR NOT EXISTS (
        SELECT 1 FROM ledger_entries v WHERE v.merchant_id = b.merchant_id AND v.bill_id = b.id
            AND v.kind = 'BILL_VOIDED' AND v.entry_date <= %(last)s))
"""  # noqa: S608 - constants alone
_VOIDED = f"""
SELECT 'VOIDED_BILL' AS kind, {_BILL}
FROM ledger_entries v JOIN bills b ON b.merchant_id = v.merchant_id AND b.id = v.bill_id
WHERE v.merchant_id = %(merchant_id)s AND v.entry_date BETWEEN %(first)s AND %(last)s AND v.kind = 'BILL_VOIDED'
    AND b.issue_date < %(first)s AND {_TOLD}
"""  # noqa: S608 - constants alone
_NOTES = f"""
SELECT 'CREDIT_NOTE' AS kind, {_COLUMNS}, c.number, c.issue_date AS day, c.total_minor, c.taxes,
    {_ZERO_RATED.format(taxes="c.taxes", line="n", lines=_OF_NOTE)}
FROM credit_notes c JOIN bills b ON b.merchant_id = c.merchant_id AND b.id = c.bill_id
WHERE c.merchant_id = %(merchant_id)s AND c.issue_date BETWEEN %(first)s AND %(last)s AND {_TOLD}
"""  # noqa: S608 - constants alone
# Of the two halves of a rate each row tells one.
_SUPPLIES = """
SELECT recipient, tax_code, hsn_code, unit_code, place_of_supply,
    CASE tax WHEN 'IGST' THEN rate WHEN '' THEN 0 ELSE rate * 2 END AS whole_rate,
    coalesce(sum(quantity) FILTER (WHERE is_first), 0) AS quantity,
    coalesce(sum(base_minor) FILTER (WHERE is_first), 0)::bigint AS net,
    coalesce(sum(amount_minor) FILTER (WHERE tax = 'IGST'), 0)::bigint AS igst,
    coalesce(sum(amount_minor) FILTER (WHERE tax = 'CGST'), 0)::bigint AS cgst,
    coalesce(sum(amount_minor) FILTER (WHERE tax IN ('SGST', 'UTGST')), 0)::bigint AS sgst
FROM tax_days
WHERE merchant_id = %(merchant_id)s AND day BETWEEN %(first)s AND %(last)s AND currency = 'INR'
    AND recipient <> 'COMPOSITION'
GROUP BY recipient, tax_code, hsn_code, unit_code, place_of_supply, whole_rate
ORDER BY recipient, tax_code, hsn_code, unit_code, place_of_supply, whole_rate
"""
_NUMBERS = """
SELECT of_bills, min(first_number) AS first_number, max(last_number) AS last_number,
    sum(given_count)::bigint AS number_count, sum(void_count)::bigint AS voids
FROM number_days WHERE merchant_id = %(merchant_id)s AND day BETWEEN %(first)s AND %(last)s
GROUP BY of_bills, series HAVING sum(given_count) > 0 ORDER BY of_bills DESC, series
"""
_ZERO = Decimal(0)
_NOTHING = TaxSums(0, 0, 0, 0)


def list_documents(tx: Connection, merchant_id: MerchantId, *, days: Days, vault: Vault) -> Sequence[Document]:
    """Bills, credit notes and voidings that the return tells one by one, in the order of their days and numbers."""
    rows = [row for statement in (_BILLS, _VOIDED, _NOTES) for row in run(tx, statement, _key(merchant_id, days))]
    documents = (_document(tx, merchant_id, row, vault) for row in sorted(rows, key=lambda row: (row.day, row.number)))
    return [document for document in documents if document.items]


def list_supplies(tx: Connection, merchant_id: MerchantId, *, days: Days) -> Sequence[Supply]:
    """All that was sold, in sums."""
    return [
        Supply(
            recipient=Recipient(row.recipient),
            tax_code=row.tax_code,
            hsn_code=row.hsn_code,
            unit_code=row.unit_code,
            place_of_supply=row.place_of_supply,
            rate=Decimal(row.whole_rate),
            quantity=Decimal(row.quantity),
            sums=TaxSums(row.net, row.igst, row.cgst, row.sgst),
        )
        for row in run(tx, _SUPPLIES, _key(merchant_id, days))
    ]


def list_numbers_given(tx: Connection, merchant_id: MerchantId, *, days: Days) -> Sequence[NumbersGiven]:
    """Which numbers of which series were given."""
    return [
        NumbersGiven(row.of_bills, row.first_number, row.last_number, row.number_count, row.voids)
        for row in run(tx, _NUMBERS, _key(merchant_id, days))
    ]


def _document(tx: Connection, merchant_id: MerchantId, row: Any, vault: Vault) -> Document:
    sealed = row.customer_tax_id
    return Document(
        kind=DocumentKind(row.kind),
        recipient=Recipient(row.recipient),
        number=row.number,
        on=row.day,
        total=row.total_minor,
        place_of_supply=row.place_of_supply,
        tax_id=vault.open(tx, merchant_id, "bills.customer_tax_id", row.bill_id, bytes(sealed)) if sealed else "",
        zero_rated=row.zero_rated is not None,
        items=_items(row.taxes, row.zero_rated),
    )


def _items(taxes: Iterable[tuple[str, str, str, int, int]], zero_rated: int | None) -> tuple[Item, ...]:
    """One item a whole rate; `taxes` are as bills.taxes, and each half of a rate has the whole base."""
    sums = {} if zero_rated is None else {_ZERO: TaxSums(zero_rated, 0, 0, 0)}
    for tax, _, rate_text, base, amount in taxes:
        rate = Decimal(rate_text)
        if not rate:
            continue
        match tax:
            case "IGST":
                whole, found = rate, TaxSums(base, amount, 0, 0)
            case "CGST":
                whole, found = 2 * rate, TaxSums(base, 0, amount, 0)
            case _:
                whole, found = 2 * rate, TaxSums(0, 0, 0, amount)
        sums[whole] = sums.get(whole, _NOTHING) + found
    return tuple(Item(rate, sums[rate]) for rate in sorted(sums))


def _key(merchant_id: MerchantId, days: Days) -> dict[str, Any]:
    return {"merchant_id": merchant_id, "first": days.first, "last": days.last}
