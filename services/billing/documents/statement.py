"""A statement of account: what a customer owed, what changed it, and what they owe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.billing.documents import parts
from services.billing.documents.document import Column, Document, Slip, Sum, Table
from services.billing.documents.formats import Formats, breakable
from services.billing.domain.customer_statement import RowKind
from services.billing.domain.document import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.billing.domain.customer_statement import Span, Statement, StatementRow
    from services.billing.domain.settings import MerchantSettings

# More rows than anybody reads on paper.
MOST_ROWS: Final = 2_000
_WORDS: Mapping[RowKind, str] = {
    RowKind.BILL: "entry_bill",
    RowKind.VOID: "entry_void",
    RowKind.PAYMENT: "entry_payment",
    RowKind.PAYMENT_BOUNCED: "entry_bounced",
    RowKind.REFUND: "entry_refund",
    RowKind.CREDIT_NOTE: "entry_credit_note",
    RowKind.MERGE: "entry_merge",
}


def of_statement(statement: Statement, settings: MerchantSettings, *, layout: Layout, locale: str) -> Document:
    """All rows of a statement, at most MOST_ROWS."""
    formats = Formats(locale)
    words = formats.words
    period = _period(statement.span, formats)
    customer = statement.customer.fields
    on_a4 = layout is Layout.A4
    rows = statement.rows
    return Document(
        layout=layout,
        language=formats.language,
        heading=words["statement"],
        title=f"{words['statement']} {period}",
        name=parts.file_name("statement", str(statement.span.end)),
        issuer=parts.issuer(settings, formats),
        party=parts.recipient(
            customer.display_name, customer.tax_id, label=words["customer"], settings=settings, formats=formats
        ),
        facts=((words["period"], period), (words["opening"], formats.money(statement.opening))),
        table=_table(rows, formats) if on_a4 and rows else Table(),
        slips=() if on_a4 else tuple(_slip(row, formats) for row in rows),
        sums=(Sum(words["closing"], formats.money(statement.closing), strong=True),),
        test=words["test"] if settings.is_test else "",
        page=words["page"],
    )


def _period(span: Span, formats: Formats) -> str:
    end = formats.date(span.end)
    return f"{formats.date(span.start)} – {end}" if span.start else f"– {end}"


def _table(rows: Sequence[StatementRow], formats: Formats) -> Table:
    words = formats.words
    columns = (
        Column(words["date"]),
        Column(words["entry"]),
        Column(words["reference"], wide=True),
        Column(words["debit"], number=True),
        Column(words["credit"], number=True),
        Column(words["balance"], number=True),
    )
    return Table(columns, tuple(_row(row, formats) for row in rows))


def _row(row: StatementRow, formats: Formats) -> tuple[str, ...]:
    return (
        formats.date(row.day).replace(" ", "\u00a0"),
        _name(row, formats),
        _reference(row, formats),
        formats.number(row.amount) if row.amount.minor > 0 else "",
        formats.number(-row.amount) if row.amount.minor < 0 else "",
        formats.number(row.balance),
    )


def _slip(row: StatementRow, formats: Formats) -> Slip:
    name = " ".join(filter(None, (_name(row, formats), _reference(row, formats))))
    detail = f"{formats.date(row.day)} · {formats.words['balance']}\u00a0{formats.number(row.balance)}"
    return Slip(name, detail, formats.number(row.amount))


def _name(row: StatementRow, formats: Formats) -> str:
    return formats.words[_WORDS[row.kind]] if row.kind else ""


def _reference(row: StatementRow, formats: Formats) -> str:
    """The number on paper, and how money came or went."""
    methods = (formats.words.get(method.lower(), method) for method in row.methods)
    return breakable(" · ".join(filter(None, (row.number, *methods))))
