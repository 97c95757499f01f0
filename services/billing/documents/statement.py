"""A statement of account: what a customer owed, what changed it, and what they owe."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from services.billing.documents import parts
from services.billing.documents.document import Column, Document, Slip, Sum, Table
from services.billing.documents.formats import Formats
from services.billing.domain.document import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from services.billing.domain.settings import MerchantSettings
    from services.kit.money import Money


class Entry(StrEnum):
    """What changed a balance; the value is the key of its word."""

    BILL = "entry_bill"
    PAYMENT = "entry_payment"
    CREDIT_NOTE = "entry_credit_note"
    REFUND = "entry_refund"
    VOID = "entry_void"


@dataclass(frozen=True, slots=True)
class StatementRow:
    """An entry, in the order of time.

    `amount`: what it adds to what the customer owes, negative for what it takes off. `reference`: the number on paper,
    if it has one. `balance`: what is owed after it.
    """

    day: date
    entry: Entry
    reference: str
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer's account in one currency, `start` to `end` both included. A negative balance is their credit."""

    customer_name: str
    customer_tax_id: str
    start: date
    end: date
    opening: Money
    rows: Sequence[StatementRow]
    closing: Money


def of_account(account: Account, settings: MerchantSettings, *, layout: Layout, locale: str) -> Document:
    """The statement on paper."""
    formats = Formats(locale)
    words = formats.words
    period = f"{formats.date(account.start)} – {formats.date(account.end)}"
    on_a4 = layout is Layout.A4
    return Document(
        layout=layout,
        language=formats.language,
        heading=words["statement"],
        title=f"{words['statement']} {period}",
        name=parts.file_name("statement", f"{account.start}-{account.end}"),
        issuer=parts.issuer(settings, formats),
        party=parts.recipient(
            account.customer_name, account.customer_tax_id, label=words["billed_to"], settings=settings, formats=formats
        ),
        facts=((words["period"], period), (words["opening"], formats.money(account.opening))),
        table=_table(account.rows, formats) if on_a4 else Table(),
        slips=() if on_a4 else tuple(_slip(row, formats) for row in account.rows),
        sums=(
            Sum(words["opening"], formats.money(account.opening)),
            Sum(words["closing"], formats.money(account.closing), strong=True),
        ),
        test=words["test"] if settings.is_test else "",
        page=words["page"],
    )


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
        formats.words[row.entry],
        row.reference,
        formats.number(row.amount) if row.amount.minor > 0 else "",
        formats.number(-row.amount) if row.amount.minor < 0 else "",
        formats.number(row.balance),
    )


def _slip(row: StatementRow, formats: Formats) -> Slip:
    words = formats.words
    name = " ".join(filter(None, (words[row.entry], row.reference)))
    detail = f"{formats.date(row.day)} · {words['balance']}\u00a0{formats.number(row.balance)}"
    return Slip(name, detail, formats.number(row.amount))
