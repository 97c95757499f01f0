"""A credit note: what of a bill was taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.billing.documents import parts
from services.billing.documents.document import Document, Sum, Table
from services.billing.documents.formats import Formats, breakable
from services.billing.domain.document import Layout
from services.kit.money import Money

if TYPE_CHECKING:
    from services.billing.domain.bill import Bill, BillLine
    from services.billing.domain.credit_note import CreditLine, CreditNote
    from services.billing.domain.settings import MerchantSettings


def of_credit_note(
    note: CreditNote, bill: Bill, settings: MerchantSettings, *, layout: Layout, locale: str
) -> Document:
    """A credit note on a bill. Its amounts are what is taken back, without a sign."""
    formats = Formats(locale)
    words = formats.words
    lines = [_taken_back(line) for line in note.lines]
    on_a4 = layout is Layout.A4
    spelt = formats.in_words(note.totals.total)
    return Document(
        layout=layout,
        language=formats.language,
        heading=words["credit_note"],
        title=f"{words['credit_note']} {note.number}",
        name=parts.file_name("credit-note", note.number),
        issuer=parts.issuer(settings, formats),
        party=parts.recipient(
            bill.customer_name, bill.customer_tax_id, label=words["billed_to"], settings=settings, formats=formats
        ),
        facts=_facts(note, bill, formats),
        table=parts.lines_table(lines, formats) if on_a4 else Table(),
        slips=() if on_a4 else parts.slips(lines, formats),
        remarks=parts.remarks(lines, formats),
        taxes=parts.taxes_table(note.totals.taxes, formats) if on_a4 else Table(),
        sums=_sums(note, formats, on_a4=on_a4),
        in_words=(words["in_words"], spelt) if spelt else None,
        notes=((words["reason"], breakable(note.reason)),) if note.reason.strip() else (),
        test=words["test"] if settings.is_test else "",
        signature=parts.signature(settings, formats) if on_a4 else None,
        page=words["page"],
    )


def _taken_back(line: CreditLine) -> BillLine:
    """The line with what was taken back of it. A discount it was sold with is inside its net amount."""
    terms = line.sold.terms
    undiscounted = Money.zero(terms.discount.currency)
    return replace(line.sold, terms=replace(terms, quantity=line.quantity, discount=undiscounted))


def _facts(note: CreditNote, bill: Bill, formats: Formats) -> tuple[tuple[str, str], ...]:
    words = formats.words
    facts = [(words["number"], note.number), (words["date"], formats.date(note.issue_date))]
    # CGST Rules, rule 53(1A): number and date of the invoice.
    facts.append((words["for_bill"], bill.number))
    if bill.issue_date is not None:
        facts.append(("", formats.date(bill.issue_date)))
    if bill.place_of_supply:
        facts.append((words["place_of_supply"], parts.place_of_supply(bill.place_of_supply)))
    return tuple(facts)


def _sums(note: CreditNote, formats: Formats, *, on_a4: bool) -> tuple[Sum, ...]:
    sums = parts.total_sums(note.totals, formats, with_base=not on_a4)
    if note.to_credit.minor:
        sums.append(Sum(formats.words["kept_as_credit"], formats.money(note.to_credit)))
    return tuple(sums)
