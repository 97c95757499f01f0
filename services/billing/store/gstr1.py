"""What the return of a month is made from: documents told one by one, and sums out of the summaries of its days."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from services.billing.domain.gstr1 import Document, Item, NumbersGiven, Recipient, Supply, TaxSums
from services.billing.store.summaries import RECIPIENT
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId
    from services.billing.domain.reports import Days
    from services.kit.crypto import Vault

# The whole rate of a line and its taxes, for `l.taxes`.
_TAXED = """
    CROSS JOIN LATERAL (
        SELECT coalesce(sum((part->>2)::numeric), 0) AS rate,
            coalesce(sum((part->>4)::bigint) FILTER (WHERE part->>0 = 'IGST'), 0) AS igst,
            coalesce(sum((part->>4)::bigint) FILTER (WHERE part->>0 = 'CGST'), 0) AS cgst,
            coalesce(sum((part->>4)::bigint) FILTER (WHERE part->>0 IN ('SGST', 'UTGST')), 0) AS sgst
        FROM jsonb_array_elements({taxes}) AS part
    ) AS t
"""
_SUMS = """
    t.rate, sum({net})::bigint AS net, sum(t.igst)::bigint AS igst, sum(t.cgst)::bigint AS cgst,
    sum(t.sgst)::bigint AS sgst, bool_or(l.tax_code = 'GST_ZERO') AS zero_rated
"""
# These bills have an index of their own, bills_told_alone. One that was voided later than the month was in the month's
# return; its voiding is for the amendments.
_BILLS = f"""
SELECT b.id, false AS is_note, {RECIPIENT} AS recipient, b.number, b.issue_date AS day, b.total_minor,
    b.place_of_supply, b.customer_tax_id, b.id AS sealed_for, {_SUMS.format(net="l.net_minor")}
FROM bills b
    JOIN bill_lines l ON l.merchant_id = b.merchant_id AND l.bill_id = b.id
    {_TAXED.format(taxes="l.taxes")}
WHERE b.merchant_id = %(merchant_id)s AND b.issue_date BETWEEN %(first)s AND %(last)s
    AND (b.customer_tax_id IS NOT NULL OR b.place_of_supply = '96' OR b.taxes @> '[["IGST"]]')
    AND b.currency = 'INR' AND {RECIPIENT} <> 'CONSUMER' AND NOT l.tax_code = ANY(%(nil_codes)s)
    AND (b.state <> 'VOID' OR NOT EXISTS (
        SELECT 1 FROM ledger_entries v WHERE v.merchant_id = b.merchant_id AND v.bill_id = b.id
            AND v.kind = 'BILL_VOIDED' AND v.entry_date <= %(last)s))
GROUP BY b.merchant_id, b.id, t.rate
"""  # noqa: S608 - constants alone
_NOTES = f"""
SELECT c.id, true, {RECIPIENT}, c.number, c.issue_date, c.total_minor, b.place_of_supply, b.customer_tax_id, b.id,
    {_SUMS.format(net="n.net_minor")}
FROM ledger_entries e
    JOIN credit_notes c ON c.merchant_id = e.merchant_id AND c.id = e.credit_note_id
    JOIN bills b ON b.merchant_id = c.merchant_id AND b.id = c.bill_id
    JOIN credit_note_lines n ON n.merchant_id = c.merchant_id AND n.credit_note_id = c.id
    JOIN bill_lines l ON l.merchant_id = n.merchant_id AND l.bill_id = n.bill_id AND l.position = n.bill_position
    {_TAXED.format(taxes="n.taxes")}
WHERE e.merchant_id = %(merchant_id)s AND e.entry_date BETWEEN %(first)s AND %(last)s
    AND e.kind = 'CREDIT_NOTE_ISSUED' AND b.currency = 'INR' AND {RECIPIENT} <> 'CONSUMER'
    AND NOT l.tax_code = ANY(%(nil_codes)s)
GROUP BY b.merchant_id, b.id, c.merchant_id, c.id, t.rate
"""  # noqa: S608 - constants alone
_DOCUMENTS = f"{_BILLS} UNION ALL {_NOTES} ORDER BY 5, 4, 10"
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
GROUP BY recipient, tax_code, hsn_code, unit_code, place_of_supply, whole_rate
ORDER BY recipient, tax_code, hsn_code, unit_code, place_of_supply, whole_rate
"""
_NUMBERS = """
SELECT of_bills, min(first_number) AS first_number, max(last_number) AS last_number,
    sum(given_count)::bigint AS number_count, sum(void_count)::bigint AS voids
FROM number_days WHERE merchant_id = %(merchant_id)s AND day BETWEEN %(first)s AND %(last)s
GROUP BY of_bills, series HAVING sum(given_count) > 0 ORDER BY of_bills DESC, series
"""


def list_documents(
    tx: Connection, merchant_id: MerchantId, *, days: Days, nil_codes: Iterable[str], vault: Vault
) -> Sequence[Document]:
    """Bills and credit notes that the return tells one by one, in the order of their days and numbers."""
    rows = run(tx, _DOCUMENTS, _key(merchant_id, days) | {"nil_codes": sorted(nil_codes)})
    return [
        _document(tx, merchant_id, list(of_one), vault)
        for _, of_one in groupby(rows, key=lambda row: (row.is_note, row.id))
    ]


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


def _document(tx: Connection, merchant_id: MerchantId, rows: Sequence[Any], vault: Vault) -> Document:
    row = rows[0]
    sealed = row.customer_tax_id
    return Document(
        recipient=Recipient(row.recipient),
        is_credit_note=row.is_note,
        number=row.number,
        on=row.day,
        total=row.total_minor,
        place_of_supply=row.place_of_supply,
        tax_id=vault.open(tx, merchant_id, "bills.customer_tax_id", row.sealed_for, bytes(sealed)) if sealed else "",
        zero_rated=any(one.zero_rated for one in rows),
        items=tuple(Item(rate=Decimal(one.rate), sums=TaxSums(one.net, one.igst, one.cgst, one.sgst)) for one in rows),
    )


def _key(merchant_id: MerchantId, days: Days) -> dict[str, Any]:
    return {"merchant_id": merchant_id, "first": days.first, "last": days.last}
