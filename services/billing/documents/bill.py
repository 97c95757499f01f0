"""A bill on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing import qr
from services.billing.documents import parts
from services.billing.documents.document import Column, Document, Scan, Stamp, Sum, Table
from services.billing.documents.formats import Formats, breakable
from services.billing.domain import upi
from services.billing.domain.bill import BillDocument, BillState
from services.billing.domain.document import Layout

if TYPE_CHECKING:
    from services.billing.domain.bill import Bill
    from services.billing.domain.settings import MerchantSettings

_HEADINGS = {
    BillDocument.INVOICE: "invoice",
    BillDocument.TAX_INVOICE: "tax_invoice",
    BillDocument.BILL_OF_SUPPLY: "bill_of_supply",
    BillDocument.COMPOSITION_BILL: "bill_of_supply",
    BillDocument.INVOICE_AND_BILL_OF_SUPPLY: "invoice_and_bill_of_supply",
}
# Characters of an address that the narrowest paper holds; such a one is left as it is, to be copied.
_FITTING_ADDRESS = 30


def of_bill(bill: Bill, settings: MerchantSettings, *, layout: Layout, locale: str) -> Document:
    """An issued bill as it stands now, with a code that asks for what is outstanding."""
    formats = Formats(locale)
    words = formats.words
    heading = words[_HEADINGS[bill.document]]
    on_a4 = layout is Layout.A4
    return Document(
        layout=layout,
        language=formats.language,
        heading=heading,
        notice=words["composition"] if bill.document is BillDocument.COMPOSITION_BILL else "",
        title=f"{heading} {bill.number}",
        name=parts.file_name("bill", bill.number),
        issuer=parts.issuer(settings, formats),
        party=parts.recipient(
            bill.customer_name, bill.customer_tax_id, label=words["billed_to"], settings=settings, formats=formats
        ),
        facts=_facts(bill, formats),
        table=parts.lines_table(bill.lines, formats) if on_a4 else Table(),
        slips=() if on_a4 else parts.slips(bill.lines, formats),
        remarks=parts.remarks(bill.lines, formats),
        taxes=parts.taxes_table(bill.totals.taxes, formats) if on_a4 else Table(),
        plan=_plan(bill, formats),
        sums=_sums(bill, formats, on_a4=on_a4),
        in_words=_in_words(bill, formats),
        scan=_scan(bill, settings, formats),
        notes=_notes(bill, formats),
        stamp=_stamp(bill, formats),
        test=words["test"] if settings.is_test else "",
        signature=parts.signature(settings, formats) if on_a4 else None,
        thanks="" if bill.state is BillState.VOID else words["thanks"],
        page=words["page"],
    )


def _facts(bill: Bill, formats: Formats) -> tuple[tuple[str, str], ...]:
    words = formats.words
    facts = [(words["number"], bill.number)]
    if bill.issue_date is None:
        raise LookupError("only issued bills are printed")
    facts.append((words["date"], formats.date(bill.issue_date)))
    if bill.due_date is not None and bill.state in {BillState.ISSUED, BillState.PARTLY_PAID}:
        facts.append((words["due"], formats.date(bill.due_date)))
    if bill.place_of_supply:
        facts.append((words["place_of_supply"], parts.place_of_supply(bill.place_of_supply)))
    return tuple(facts)


def _sums(bill: Bill, formats: Formats, *, on_a4: bool) -> tuple[Sum, ...]:
    words = formats.words
    sums = []
    if bill.discount.minor:
        sums.append(Sum(words["bill_discount"], formats.money(bill.discount)))
    sums += parts.total_sums(bill.totals, formats, with_base=not on_a4)
    if bill.state is BillState.VOID:
        return tuple(sums)
    if bill.settled.minor:
        sums.append(Sum(words["settled"], formats.money(-bill.settled)))
    if bill.credited.minor:
        sums.append(Sum(words["credited"], formats.money(-bill.credited)))
    if bill.settled.minor or bill.credited.minor:
        sums.append(Sum(words["outstanding"], formats.money(bill.outstanding), strong=True))
    return tuple(sums)


def _plan(bill: Bill, formats: Formats) -> Table:
    """The instalments, and what is left of each; none on a bill that asks for no money."""
    if not bill.instalments or bill.state not in {BillState.ISSUED, BillState.PARTLY_PAID}:
        return Table()
    words = formats.words
    columns = (Column(words["due"]), Column(words["amount"], number=True), Column(words["outstanding"], number=True))
    rows = tuple(
        (formats.date(instalment.due_date), formats.number(instalment.amount), formats.number(left))
        for instalment, left in zip(bill.instalments, bill.instalments_left, strict=True)
    )
    return Table(columns, rows, words["instalments"])


def _in_words(bill: Bill, formats: Formats) -> tuple[str, str] | None:
    spelt = formats.in_words(bill.totals.total)
    return (formats.words["in_words"], spelt) if spelt else None


def _scan(bill: Bill, settings: MerchantSettings, formats: Formats) -> Scan | None:
    request = upi.request_for(bill, settings)
    if request is None:
        return None
    vpa = settings.fields.upi_vpa
    return Scan(
        svg=qr.svg(request.link, title="UPI"),
        link=request.link,
        hint=formats.words["scan"],
        amount=formats.money(request.amount),
        address=vpa if len(vpa) <= _FITTING_ADDRESS else breakable(vpa),
    )


def _notes(bill: Bill, formats: Formats) -> tuple[tuple[str, str], ...]:
    words = formats.words
    notes = []
    if bill.state is BillState.VOID and bill.void_reason:
        notes.append((words["void"], breakable(bill.void_reason)))
    if bill.note.strip():
        notes.append((words["note"], _lines(bill.note)))
    if bill.terms:
        notes.append((words["terms"], _lines(bill.terms)))
    return tuple(notes)


def _lines(text: str) -> str:
    return "\n".join(breakable(line) for line in text.splitlines())


def _stamp(bill: Bill, formats: Formats) -> Stamp | None:
    if bill.state is BillState.VOID:
        return Stamp(formats.words["void"], "bad")
    # A bill that a credit note took back entirely is settled, but nobody paid it.
    if bill.state is BillState.PAID and bill.settled.minor:
        return Stamp(formats.words["paid"], "good")
    return None
