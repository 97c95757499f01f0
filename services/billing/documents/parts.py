"""What bills and credit notes have in common on paper: the merchant's head, lines, taxes, sums."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from services.billing.documents.document import Column, Party, Slip, Sum, Table
from services.billing.documents.formats import breakable
from services.billing.domain.tax_tables import GST_STATES
from services.billing.domain.taxes import TaxRegime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from services.billing.documents.formats import Formats
    from services.billing.domain.bill import BillLine, TaxAmount, Totals
    from services.billing.domain.settings import MerchantSettings
    from services.kit.money import Money

_UNFIT_FOR_A_FILE = re.compile(r"[^A-Za-z0-9.-]+")


def issuer(settings: MerchantSettings, formats: Formats) -> Party:
    """The merchant at the head."""
    fields = settings.fields
    lines = [breakable(line) for line in fields.address.splitlines() if line.strip()]
    if fields.tax_id:
        lines.append(f"{tax_number_label(settings, formats)}: {fields.tax_id}")
    return Party(breakable(fields.business_name), tuple(lines))


def recipient(name: str, tax_id: str, *, label: str, settings: MerchantSettings, formats: Formats) -> Party:
    """The customer."""
    lines = (f"{tax_number_label(settings, formats)}: {tax_id}",) if tax_id else ()
    return Party(breakable(name), lines, label)


def tax_number_label(settings: MerchantSettings, formats: Formats) -> str:
    """What the law calls a tax number; people in India know it by no other name."""
    return "GSTIN" if settings.fields.tax_regime is TaxRegime.IN_GST else formats.words["tax_number"]


def place_of_supply(code: str) -> str:
    """A GST state as it has to stand on an invoice: "29 Karnataka"."""
    return f"{code} {GST_STATES.get(code, '')}".strip()


def file_name(heading: str, number: str) -> str:
    """The name of a document's file."""
    return f"{heading}-{_UNFIT_FOR_A_FILE.sub('-', number).strip('-')}.pdf"


def lines_table(lines: Sequence[BillLine], formats: Formats) -> Table:
    """The lines with what they have: columns in which nothing would stand are left out."""
    words = formats.words
    inclusive = [line.terms.price_includes_tax for line in lines]
    price = words["price_with_tax"] if all(inclusive) else words["price"]
    mark = any(inclusive) and not all(inclusive)
    taxed = any(line.taxes for line in lines)
    columns: list[tuple[Column, Callable[[BillLine], str]]] = [
        (Column(words["item"], wide=True), lambda line: breakable(line.terms.description)),
    ]
    if any(line.terms.hsn_code for line in lines):
        columns.append((Column("HSN/SAC"), lambda line: line.terms.hsn_code))
    columns += [
        (Column(words["quantity"], number=True), lambda line: formats.quantity(line.terms)),
        (
            Column(price, number=True),
            lambda line: (
                formats.number(line.terms.unit_price) + ("*" if mark and line.terms.price_includes_tax else "")
            ),
        ),
    ]
    if any(line.terms.discount.minor for line in lines):
        columns.append(
            (Column(words["discount"], number=True), lambda line: _unless_zero(line.terms.discount, formats))
        )
    if taxed:
        columns += [
            (Column(words["net"], number=True), lambda line: formats.number(line.net)),
            (Column(words["tax"], number=True), lambda line: whole_rate(line.taxes, formats)),
        ]
    columns.append((Column(words["amount"], number=True), lambda line: formats.number(line.total)))
    rows = tuple((str(number), *(cell(line) for _, cell in columns)) for number, line in enumerate(lines, start=1))
    return Table((Column("#", number=True), *(column for column, _ in columns)), rows)


def slips(lines: Sequence[BillLine], formats: Formats) -> tuple[Slip, ...]:
    """The same lines for a narrow roll."""
    return tuple(_slip(line, formats) for line in lines)


def remarks(lines: Sequence[BillLine], formats: Formats) -> tuple[str, ...]:
    """What the marks at the lines mean."""
    inclusive = [line.terms.price_includes_tax for line in lines]
    return (formats.words["tax_inside"],) if any(inclusive) and not all(inclusive) else ()


def whole_rate(taxes: Sequence[TaxAmount], formats: Formats) -> str:
    """The rate of all taxes on a line together: "18%"."""
    rates: list[Decimal] = [tax.rate for tax in taxes]
    return formats.rate(sum(rates[1:], rates[0])) if rates else "–"


def taxes_table(taxes: Sequence[TaxAmount], formats: Formats) -> Table:
    """The taxes by rate: what bears them and, a column each, what they come to. The amounts are the bill's own."""
    if not taxes:
        return Table()
    words = formats.words
    codes = list(dict.fromkeys(tax.code for tax in taxes))
    by_rate: dict[Decimal, dict[str, TaxAmount]] = {}
    for tax in taxes:
        by_rate.setdefault(tax.rate, {})[tax.code] = tax
    columns = [Column(words["taxable"], number=True)]
    for code in codes:
        columns += [Column(f"{code} %", number=True), Column(code, number=True)]
    rows = tuple(
        (formats.number(next(iter(row.values())).base), *_cells(row, codes, formats)) for row in by_rate.values()
    )
    return Table(tuple(columns), rows, words["tax_summary"])


def total_sums(totals: Totals, formats: Formats, *, with_base: bool) -> list[Sum]:
    """The reckoning down to the total; `with_base` where there is no table to say what bears a tax."""
    words = formats.words
    sums = []
    if totals.taxes or totals.rounding.minor:
        sums.append(Sum(words["net_sum"], formats.money(totals.net)))
    for tax in totals.taxes:
        label = f"{tax.display_name} × {formats.number(tax.base)}" if with_base else tax.display_name
        sums.append(Sum(label, formats.money(tax.amount)))
    if totals.rounding.minor:
        sums.append(Sum(words["rounding"], formats.money(totals.rounding)))
    sums.append(Sum(words["total"], formats.money(totals.total), strong=True))
    return sums


def signature(settings: MerchantSettings, formats: Formats) -> tuple[str, str] | None:
    """CGST Rules, rule 46(q): the supplier or someone for them signs."""
    if settings.fields.tax_regime is not TaxRegime.IN_GST:
        return None
    words = formats.words
    return words["signed_for"].replace("{name}", breakable(settings.fields.business_name)), words["signatory"]


def _cells(row: Mapping[str, TaxAmount], codes: Sequence[str], formats: Formats) -> list[str]:
    cells = []
    for code in codes:
        tax = row.get(code)
        cells += ["–", "–"] if tax is None else [formats.rate(tax.rate), formats.number(tax.amount)]
    return cells


def _slip(line: BillLine, formats: Formats) -> Slip:
    terms = line.terms
    detail = f"{formats.quantity(terms)} × {formats.number(terms.unit_price)}"
    if terms.discount.minor:
        detail += f" − {formats.number(terms.discount)}"
    if line.taxes:
        within = "" if terms.price_includes_tax else "+"
        detail += f" · {within}{whole_rate(line.taxes, formats)}"
    if terms.hsn_code:
        detail += f" · HSN\u00a0{terms.hsn_code}"
    return Slip(breakable(terms.description), detail, formats.number(line.total))


def _unless_zero(money: Money, formats: Formats) -> str:
    return formats.number(money) if money.minor else ""
