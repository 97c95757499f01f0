"""The numbers that were given, in their order, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from services.billing.domain.reports import Fate, NumberFate
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId
    from services.billing.domain.numbering import Series


class Place(NamedTuple):
    """A place among all numbers: bills' series before those of credit notes."""

    of_bill: bool
    prefix: str
    financial_year: str
    sequence: int


# After the last number that is kept comes, as an end of the series, the one after the last that was given. Each part
# has the limit of the whole, so that the index is read in its order and no further.
_NUMBERS = """
SELECT n.prefix, n.financial_year, n.sequence, n.number, n.document_id,
    lag(n.sequence, 1, 0) OVER (PARTITION BY n.prefix, n.financial_year ORDER BY n.sequence) AS before
FROM (
    (
        SELECT prefix, financial_year, sequence, number, {document} AS document_id FROM {numbers}
        WHERE merchant_id = %(merchant_id)s AND {only}
            AND (prefix, financial_year, sequence) >= (%(after_prefix)s, %(after_year)s, %(after_sequence)s)
        ORDER BY prefix, financial_year, sequence LIMIT %(most)s
    )
    UNION ALL
    SELECT prefix, financial_year, last_number + 1, NULL, NULL FROM {series}
    WHERE merchant_id = %(merchant_id)s AND {only}
        AND (prefix, financial_year, last_number + 1) >= (%(after_prefix)s, %(after_year)s, %(after_sequence)s)
    ORDER BY 1, 2, 3 LIMIT %(most)s
) AS n
"""
_OF_SERIES = "prefix = %(prefix)s AND financial_year = %(year)s"
_COUNT_SERIES = "SELECT count(*) FROM {series} WHERE merchant_id = %(merchant_id)s"
_DOCUMENTS = {
    True: "SELECT id, issue_date, currency, total_minor, state = 'VOID' AS void FROM bills",
    False: "SELECT id, issue_date, currency, total_minor, false AS void FROM credit_notes",
}
_TABLES = {
    True: {"numbers": "bill_numbers", "series": "number_series", "document": "bill_id"},
    False: {"numbers": "credit_note_numbers", "series": "credit_note_series", "document": "credit_note_id"},
}


def list_numbers(
    tx: Connection, merchant_id: MerchantId, *, series: Series | None, only_gaps: bool, after: Place, limit: int
) -> Sequence[NumberFate]:
    """Numbers and gaps from after a place on, of one kind of document: those of `after`."""
    tables, documents = _TABLES[after.of_bill], _DOCUMENTS[after.of_bill]
    inner = _NUMBERS.format(**tables, only=_OF_SERIES if series else "true")
    statement = f"""
        SELECT n.*, d.issue_date, d.currency, d.total_minor, d.void
        FROM ({inner}) AS n LEFT JOIN LATERAL (
            {documents} WHERE merchant_id = %(merchant_id)s AND id = n.document_id
        ) AS d ON NOT %(only_gaps)s
        WHERE (n.prefix, n.financial_year, n.sequence) > (%(after_prefix)s, %(after_year)s, %(after_sequence)s)
            AND (n.sequence - n.before > 1 OR (n.number IS NOT NULL AND NOT %(only_gaps)s))
        ORDER BY 1, 2, 3 LIMIT %(limit)s + 1
    """  # noqa: S608 - constants alone
    key = {
        "merchant_id": merchant_id,
        "prefix": series.prefix if series else "",
        "year": series.financial_year if series else "",
        "after_prefix": after.prefix,
        "after_year": after.financial_year,
        "after_sequence": after.sequence,
        "only_gaps": only_gaps,
        "limit": limit,
        # Where gaps are looked for, every number is looked at, so one is found however far away it is.
        "most": None if only_gaps else limit + 2 + _count_series(tx, merchant_id, tables["series"]),
    }
    found: list[NumberFate] = []
    for row in run(tx, statement, key):
        found += _fates(row, after, only_gaps=only_gaps)
    return found[:limit]


def _fates(row: Any, after: Place, *, only_gaps: bool) -> list[NumberFate]:
    """The gap before a row, if there is one, and the row itself, unless it is the end of its series."""
    fates = []
    before = row.before
    if (row.prefix, row.financial_year) == (after.prefix, after.financial_year):
        # The row at `after` may be missing itself: a page can end with a gap.
        before = max(before, after.sequence)
    if row.sequence - before > 1:
        fates.append(
            NumberFate(
                of_bill=after.of_bill,
                prefix=row.prefix,
                financial_year=row.financial_year,
                first=before + 1,
                last=row.sequence - 1,
                fate=Fate.MISSING,
            )
        )
    if row.number is not None and not only_gaps:
        fates.append(
            NumberFate(
                of_bill=after.of_bill,
                prefix=row.prefix,
                financial_year=row.financial_year,
                first=row.sequence,
                last=row.sequence,
                fate=Fate.VOID if row.void else Fate.ISSUED,
                number=row.number,
                document_id=row.document_id,
                on=row.issue_date,
                total=None if row.total_minor is None else Money(row.total_minor, row.currency),
            )
        )
    return fates


def _count_series(tx: Connection, merchant_id: MerchantId, table: str) -> int:
    """How many ends of series there may be, which take room and are not shown."""
    key = {"merchant_id": merchant_id}
    count: int = run(tx, _COUNT_SERIES.format(series=table), key).scalar_one()
    return count
