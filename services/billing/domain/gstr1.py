"""The return GSTR-1 in the shape that the GST portal's offline tool takes (version GST3.2.3; HSN by kind of buyer since
the period May 2025, table 12 phase III). Pure: from figures to named values; amounts are decimals of rupees.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from services.billing.domain import tax_tables as tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

_VERSION = "GST3.2.3"
# UN/ECE Recommendation 20 to the unit quantity codes of GST.
_UNITS = {
    "BG": "BAG",
    "BO": "BTL",
    "BX": "BOX",
    "C62": "NOS",
    "CMT": "CMS",
    "DZN": "DOZ",
    "EA": "NOS",
    "FTK": "SQF",
    "GRM": "GMS",
    "H87": "PCS",
    "KGM": "KGS",
    "KMT": "KME",
    "LTR": "LTR",
    "MLT": "MLT",
    "MTK": "SQM",
    "MTQ": "CBM",
    "MTR": "MTR",
    "PK": "PAC",
    "PR": "PRS",
    "RO": "ROL",
    "SET": "SET",
    "TNE": "TON",
}
# Codes of services begin so; they have no unit.
_SERVICES = "99"
# Bills and credit notes in the portal's list of documents.
_BILLS = (1, "Invoices for outward supply")
_CREDIT_NOTES = (5, "Credit Note")
_NIL = {"GST0": "nil_amt", tables.GST_EXEMPT: "expt_amt", tables.GST_NONE: "ngsup_amt"}
# What is told as nil-rated, exempt or outside of GST, and not bill by bill.
NIL_CODES = frozenset(_NIL)


class Recipient(StrEnum):
    """Who bought, as the return tells them apart."""

    REGISTERED = "REGISTERED"
    EXPORT = "EXPORT"
    LARGE = "LARGE"
    CONSUMER = "CONSUMER"


@dataclass(frozen=True, slots=True)
class TaxSums:
    """Amounts in paise. Cess is not charged anywhere."""

    net: int
    igst: int
    cgst: int
    sgst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A document's lines at one whole rate."""

    rate: Decimal
    sums: TaxSums


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A bill or a credit note that is told by itself."""

    recipient: Recipient
    is_credit_note: bool
    number: str
    on: date
    total: int
    place_of_supply: str
    # GSTIN; empty but for registered buyers.
    tax_id: str
    # To a special economic zone, or abroad, under a bond.
    zero_rated: bool
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What was sold under one code to one kind of buyer at one place, at one whole rate."""

    recipient: Recipient
    tax_code: str
    hsn_code: str
    unit_code: str
    place_of_supply: str
    rate: Decimal
    quantity: Decimal
    sums: TaxSums


@dataclass(frozen=True, slots=True)
class NumbersGiven:
    """The numbers of one series that a month gave."""

    of_bills: bool
    first: str
    last: str
    count: int
    void_count: int


def gstr1(
    *,
    gstin: str,
    region: str,
    month: date,
    documents: Sequence[Document],
    supplies: Sequence[Supply],
    numbers: Sequence[NumbersGiven],
) -> dict[str, Any]:
    """The return; sections with nothing in them are left out."""
    sections = {
        "b2b": _by_buyer([d for d in documents if not d.is_credit_note], "inv", _invoice),
        "b2cl": _by_place(_some(documents, Recipient.LARGE, notes=False)),
        "b2cs": _consumers(supplies, region),
        "exp": _exports(_some(documents, Recipient.EXPORT, notes=False)),
        "cdnr": _by_buyer([d for d in documents if d.is_credit_note], "nt", _note),
        "cdnur": _unregistered_notes(documents),
        "nil": _nil(supplies, region),
        "hsn": _hsn(supplies),
        "doc_issue": _numbers(numbers),
    }
    head = {"gstin": gstin, "fp": f"{month:%m%Y}", "version": _VERSION, "hash": "hash"}
    return head | {name: section for name, section in sections.items() if section}


def to_json(value: Any) -> str:
    """JSON of dicts, lists, texts, whole numbers and decimals; decimals become numbers digit by digit."""
    match value:
        case dict():
            return "{" + ",".join(f"{json.dumps(name)}:{to_json(part)}" for name, part in value.items()) + "}"
        case list():
            return "[" + ",".join(to_json(part) for part in value) + "]"
        case Decimal():
            return f"{value:f}"
        case _:
            return json.dumps(value)


def _rupees(paise: int) -> Decimal:
    return Decimal(paise).scaleb(-2)


def _plain(number: Decimal) -> Decimal:
    """Without needless zeros, and never in powers of ten."""
    whole = number.to_integral_value()
    return whole if whole == number else number.normalize()


def _amounts(sums: TaxSums) -> dict[str, Any]:
    """The taxes that there are: between states IGST alone, else the two halves."""
    between = {"iamt": _rupees(sums.igst)} if sums.igst or not (sums.cgst or sums.sgst) else {}
    within = {"camt": _rupees(sums.cgst), "samt": _rupees(sums.sgst)} if sums.cgst or sums.sgst else {}
    return {"txval": _rupees(sums.net), **between, **within, "csamt": 0}


def _items(document: Document) -> list[dict[str, Any]]:
    return [
        {"num": number, "itm_det": {"rt": _plain(item.rate), **_amounts(item.sums)}}
        for number, item in enumerate(document.items, 1)
    ]


def _invoice(document: Document) -> dict[str, Any]:
    return {
        "inum": document.number,
        "idt": f"{document.on:%d-%m-%Y}",
        "val": _rupees(document.total),
        "pos": document.place_of_supply,
        "rchrg": "N",
        "inv_typ": _invoice_type(document),
        "itms": _items(document),
    }


def _note(document: Document) -> dict[str, Any]:
    registered = {"rchrg": "N", "inv_typ": _invoice_type(document)} if document.tax_id else {}
    return {
        "ntty": "C",
        "nt_num": document.number,
        "nt_dt": f"{document.on:%d-%m-%Y}",
        "val": _rupees(document.total),
        "pos": document.place_of_supply,
        **registered,
        "itms": _items(document),
    }


def _invoice_type(document: Document) -> str:
    """Regular, or to a special economic zone without payment of tax."""
    return "SEWOP" if document.zero_rated else "R"


def _unregistered_notes(documents: Sequence[Document]) -> list[dict[str, Any]]:
    """Credit notes on large bills to consumers and on exports; on others they are in the sums of b2cs."""
    large = [{"typ": "B2CL", **_note(d)} for d in _some(documents, Recipient.LARGE, notes=True)]
    exports = [(_export_type(d), d) for d in _some(documents, Recipient.EXPORT, notes=True)]
    return large + [{"typ": "EXPWP" if kind == "WPAY" else "EXPWOP", **_note(d)} for kind, d in exports]


def _some(documents: Iterable[Document], recipient: Recipient, *, notes: bool) -> list[Document]:
    return [d for d in documents if d.recipient is recipient and d.is_credit_note is notes]


def _by_buyer(documents: Iterable[Document], name: str, shape: Any) -> list[dict[str, Any]]:
    buyers: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        if document.recipient is Recipient.REGISTERED:
            buyers.setdefault(document.tax_id, []).append(shape(document))
    return [{"ctin": tax_id, name: shaped} for tax_id, shaped in sorted(buyers.items())]


def _by_place(documents: Iterable[Document]) -> list[dict[str, Any]]:
    places: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        invoice = _invoice(document)
        shaped = {name: invoice[name] for name in ("inum", "idt", "val", "itms")}
        places.setdefault(document.place_of_supply, []).append(shaped)
    return [{"pos": place, "inv": shaped} for place, shaped in sorted(places.items())]


def _exports(documents: Iterable[Document]) -> list[dict[str, Any]]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        invoice = _invoice(document)
        items = [{"rt": _plain(item.rate), **_amounts(item.sums)} for item in document.items]
        shaped = {name: invoice[name] for name in ("inum", "idt", "val")} | {"itms": items}
        kinds.setdefault(_export_type(document), []).append(shaped)
    return [{"exp_typ": kind, "inv": shaped} for kind, shaped in sorted(kinds.items())]


def _export_type(document: Document) -> str:
    """With payment of tax or without."""
    return "WPAY" if any(item.sums.igst for item in document.items) else "WOPAY"


def _consumers(supplies: Iterable[Supply], region: str) -> list[dict[str, Any]]:
    """What is told in sums alone, by place and rate, less what was credited."""
    sums: dict[tuple[str, str, Decimal], TaxSums] = {}
    for supply in supplies:
        if supply.recipient is Recipient.CONSUMER and supply.tax_code not in NIL_CODES:
            place = supply.place_of_supply or region
            kind = "INTER" if _is_between(supply, region) else "INTRA"
            key = (kind, place, supply.rate)
            sums[key] = _add(sums.get(key), supply.sums)
    return [
        {"sply_ty": kind, "rt": _plain(rate), "typ": "OE", "pos": place, **_amounts(found)}
        for (kind, place, rate), found in sorted(sums.items())
        if found.net
    ]


def _nil(supplies: Iterable[Supply], region: str) -> dict[str, Any]:
    rows: dict[str, dict[str, int]] = {}
    for supply in supplies:
        if supply.tax_code in _NIL:
            where = "INTR" if _is_between(supply, region) else "INTRA"
            row = rows.setdefault(
                where + ("B2B" if supply.recipient is Recipient.REGISTERED else "B2C"), dict.fromkeys(_NIL.values(), 0)
            )
            row[_NIL[supply.tax_code]] += supply.sums.net
    shaped = [
        {"sply_ty": kind, **{name: _rupees(amount) for name, amount in row.items()}}
        for kind, row in sorted(rows.items())
    ]
    return {"inv": shaped} if shaped else {}


def _hsn(supplies: Iterable[Supply]) -> dict[str, Any]:
    tables_: dict[str, dict[tuple[str, str, Decimal], tuple[Decimal, TaxSums]]] = {}
    for supply in supplies:
        if not supply.hsn_code:
            continue
        table = tables_.setdefault("hsn_b2b" if supply.recipient is Recipient.REGISTERED else "hsn_b2c", {})
        unit = "NA" if supply.hsn_code.startswith(_SERVICES) else _UNITS.get(supply.unit_code, "OTH")
        key = (supply.hsn_code, unit, supply.rate)
        quantity, sums = table.get(key, (Decimal(0), None))
        table[key] = (quantity + supply.quantity, _add(sums, supply.sums))
    return {
        name: [
            {
                "num": number,
                "hsn_sc": code,
                "uqc": unit,
                "qty": 0 if unit == "NA" else _plain(quantity),
                "rt": _plain(rate),
                "txval": _rupees(sums.net),
                "iamt": _rupees(sums.igst),
                "camt": _rupees(sums.cgst),
                "samt": _rupees(sums.sgst),
                "csamt": 0,
            }
            for number, ((code, unit, rate), (quantity, sums)) in enumerate(sorted(table.items()), 1)
        ]
        for name, table in sorted(tables_.items())
    }


def _numbers(numbers: Iterable[NumbersGiven]) -> dict[str, Any]:
    kinds: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for given in numbers:
        rows = kinds.setdefault(_BILLS if given.of_bills else _CREDIT_NOTES, [])
        rows.append(
            {
                "num": len(rows) + 1,
                "from": given.first,
                "to": given.last,
                "totnum": given.count,
                "cancel": given.void_count,
                "net_issue": given.count - given.void_count,
            }
        )
    shaped = [{"doc_num": number, "doc_typ": name, "docs": rows} for (number, name), rows in sorted(kinds.items())]
    return {"doc_det": shaped} if shaped else {}


def _is_between(supply: Supply, region: str) -> bool:
    """Between states: by its tax, or where it bears none by its place."""
    if supply.sums.cgst or supply.sums.sgst:
        return False
    return bool(supply.sums.igst) or bool(region and supply.place_of_supply and supply.place_of_supply != region)


def _add(one: TaxSums | None, other: TaxSums) -> TaxSums:
    if one is None:
        return other
    return TaxSums(one.net + other.net, one.igst + other.igst, one.cgst + other.cgst, one.sgst + other.sgst)
