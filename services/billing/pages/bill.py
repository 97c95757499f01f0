"""The public page of a bill: one HTML document that loads nothing, runs nothing and tells search engines nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel.dates import format_date
from babel.numbers import format_decimal
from markupsafe import Markup

from services.billing import qr
from services.billing.domain import upi
from services.billing.domain.bill import BillDocument, BillState
from services.billing.pages.shell import TEMPLATES, headers, in_money, locale_of, style
from services.billing.pages.words import BY_LANGUAGE, Words, in_language

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from babel import Locale

    from services.billing.domain.bill import Bill, BillLine
    from services.billing.domain.person import BillToPay

_STYLE = style("bill.css")
# Sent along with every page.
HEADERS = headers(_STYLE, form_action="'none'")
# Beside HEADERS: the browser asks once more after a second.
REFRESH = ("refresh", "1")

_TEMPLATE = TEMPLATES.get_template("bill.html")


@dataclass(frozen=True, slots=True)
class _Line:
    description: str
    quantity: str
    net: str


@dataclass(frozen=True, slots=True)
class _Instalment:
    due_on: str
    amount: str
    left: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bill:
    """The bill as words for the template."""

    merchant_name: str
    address: Sequence[str]
    merchant_tax_id: str
    customer_name: str
    number: str
    issue_date: date
    issued_on: str
    headline: str
    tone: str
    # Empty where the headline says it all.
    outstanding: str
    due_date: date | None
    due_on: str
    # What is to be paid by then, if that is not all.
    next_part: str
    instalments: Sequence[_Instalment]
    lines: Sequence[_Line]
    sums: Sequence[tuple[str, str]]
    note: str
    terms: str
    title: str
    # What the law wants at the head; empty where it wants nothing.
    notice: str


@dataclass(frozen=True, slots=True)
class _Upi:
    link: str
    qr: Markup


def render(shown: BillToPay, *, now: datetime, token: str) -> str:
    """The page of an issued bill as of `now`, in the merchant's language. `token`: of its link."""
    locale = locale_of(shown.settings.fields.locale)
    language, words = in_language(locale.language)
    bill = shown.bill
    request = upi.request_for(bill, shown.settings)
    return _TEMPLATE.render(
        language=language,
        words=words,
        title=f"{_title(bill, words)} {bill.number}",
        style=Markup(_STYLE),  # noqa: S704 - a file of ours
        bill=_in_words(shown, words, locale, shown.settings.business_day(now)),
        # segno's own output, in which nothing but the title is text.
        upi=_Upi(request.link, Markup(qr.svg(request.link, title="UPI"))) if request else None,  # noqa: S704
        pdf=f"/b/{token}/pdf",
        notices=(),
    )


def render_unknown() -> str:
    """The page for a link that no bill has. Nobody knows whose it was meant to be, so it speaks every language."""
    return _notice(*((language, words.no_bill, words.no_bill_hint) for language, words in BY_LANGUAGE.items()))


def render_waiting(locale: str) -> str:
    """The page for a PDF that is being made; sent with REFRESH, it asks again."""
    language, words = in_language(locale_of(locale).language)
    return _notice((language, words.pdf_waiting, words.pdf_waiting_hint))


def _notice(*notices: tuple[str, str, str]) -> str:
    """A page without a bill: a heading and a hint, language by language."""
    return _TEMPLATE.render(
        language=notices[0][0],
        title=notices[0][1],
        style=Markup(_STYLE),  # noqa: S704 - a file of ours
        notices=notices,
    )


def _in_words(shown: BillToPay, words: Words, locale: Locale, today: date) -> _Bill:
    bill, fields = shown.bill, shown.settings.fields
    if bill.issue_date is None:
        raise LookupError("only issued bills have a public page")
    open_ = bill.state in {BillState.ISSUED, BillState.PARTLY_PAID}
    headline, tone = _headline(bill, words, today)
    due_date = bill.next_due[0] if bill.next_due else bill.due_date
    return _Bill(
        merchant_name=fields.business_name,
        address=fields.address.splitlines(),
        merchant_tax_id=fields.tax_id,
        customer_name=bill.customer_name,
        number=bill.number,
        issue_date=bill.issue_date,
        issued_on=format_date(bill.issue_date, "long", locale=locale),
        headline=headline,
        tone=tone,
        outstanding=in_money(bill.outstanding, locale) if open_ else "",
        due_date=due_date,
        due_on=format_date(due_date, "long", locale=locale) if open_ and due_date else "",
        next_part=in_money(bill.next_due[1], locale) if bill.instalments and bill.next_due else "",
        instalments=_instalments(bill, locale) if open_ else (),
        lines=[_line(line, locale) for line in bill.lines],
        sums=_sums(bill, words, locale),
        note=bill.note,
        terms=bill.terms,
        title=_title(bill, words),
        notice=words.composition if bill.document is BillDocument.COMPOSITION_BILL else "",
    )


def _title(bill: Bill, words: Words) -> str:
    match bill.document:
        case BillDocument.TAX_INVOICE:
            return words.tax_invoice
        case BillDocument.BILL_OF_SUPPLY | BillDocument.COMPOSITION_BILL:
            return words.bill_of_supply
        case BillDocument.INVOICE_AND_BILL_OF_SUPPLY:
            return words.invoice_and_bill_of_supply
        case BillDocument.INVOICE:
            return words.bill


def _headline(bill: Bill, words: Words, today: date) -> tuple[str, str]:
    match bill.state:
        case BillState.VOID:
            return words.void, "void"
        case BillState.PAID:
            return words.paid, "settled"
        case _:
            overdue = bill.next_due is not None and bill.next_due[0] < today
            return (words.overdue, "overdue") if overdue else (words.to_pay, "open")


def _sums(bill: Bill, words: Words, locale: Locale) -> list[tuple[str, str]]:
    totals = bill.totals
    rows = [(words.net, totals.net), *((tax.display_name, tax.amount) for tax in totals.taxes)]
    if totals.rounding.minor:
        rows.append((words.rounding, totals.rounding))
    rows.append((words.total, totals.total))
    if bill.credited.minor:
        rows.append((words.credited, bill.credited))
    if bill.settled.minor:
        rows.append((words.settled, bill.settled))
    if bill.settled.minor or bill.credited.minor:
        rows.append((words.outstanding, bill.outstanding))
    return [(label, in_money(amount, locale)) for label, amount in rows]


def _instalments(bill: Bill, locale: Locale) -> list[_Instalment]:
    return [
        _Instalment(
            format_date(part.due_date, "medium", locale=locale), in_money(part.amount, locale), in_money(left, locale)
        )
        for part, left in zip(bill.instalments, bill.instalments_left, strict=True)
    ]


def _line(line: BillLine, locale: Locale) -> _Line:
    quantity = format_decimal(line.terms.quantity, locale=locale, decimal_quantization=False)
    return _Line(line.terms.description, quantity, in_money(line.net, locale))
