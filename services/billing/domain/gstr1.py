"""The return GSTR-1 in the shape that the GST portal's offline tool takes (version GST3.2.3; HSN by kind of buyer since
the period May 2025, table 12 phase III). Pure: from figures to named values; amounts are decimals of rupees.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from services.billing.domain import tax_tables as tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    Shape = Callable[["Document"], dict[str, Any]]

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


class DocumentKind(StrEnum):
    """What is told one by one."""

    BILL = "BILL"
    CREDIT_NOTE = "CREDIT_NOTE"
    # In a later month than it was issued, whose return has it: it is amended to nothing.
    VOIDED_BILL = "VOIDED_BILL"


@dataclass(frozen=True, slots=True)
class TaxSums:
    """Amounts in paise. Cess is not charged anywhere."""

    net: int
    igst: int
    cgst: int
    sgst: int

    def __add__(self, other: TaxSums) -> TaxSums:
        """Both together."""
        return TaxSums(self.net + other.net, self.igst + other.igst, self.cgst + other.cgst, self.sgst + other.sgst)

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.net or self.igst or self.cgst or self.sgst)


@dataclass(frozen=True, slots=True)
class Item:
    """A document's lines at one whole rate."""

    rate: Decimal
    sums: TaxSums


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A bill, credit note or voiding that is told by itself."""

    kind: DocumentKind
    recipient: Recipient
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


_NOTHING = TaxSums(0, 0, 0, 0)
# What is told of a bill without a buyer's number.
_OF_CONSUMERS = ("oinum", "oidt", "inum", "idt", "val", "itms")


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
    bills, notes, voided = (
        [document for document in documents if document.kind is kind]
        for kind in (DocumentKind.BILL, DocumentKind.CREDIT_NOTE, DocumentKind.VOIDED_BILL)
    )
    sections = {
        "b2b": _by_buyer(bills, "inv", _invoice),
        "b2ba": _by_buyer(voided, "inv", _amended),
        "b2cl": _by_place(bills, _invoice),
        "b2cla": _by_place(voided, _amended),
        "b2cs": _consumers(supplies, region),
        "exp": _exports(bills, _invoice),
        "expa": _exports(voided, _amended),
        "cdnr": _by_buyer(notes, "nt", _note),
        "cdnur": _unregistered_notes(notes),
        "nil": _nil(supplies, region),
        "hsn": _hsn(supplies),
        "doc_issue": _numbers(numbers),
    }
    head = {"gstin": gstin, "fp": f"{month:%m%Y}", "version": _VERSION, "hash": "hash"}
    return head | {name: section for name, section in sections.items() if section}


def to_json(value: Any) -> str:
    """JSON of dicts, lists, texts, whole numbers and decimals; decimals become numbers digit by digit.

    A large merchant's return has some hundred thousand values, of few kinds: hence by type, the most frequent first.
    """
    kind = type(value)
    if kind is Decimal:
        return f"{value:f}"
    if kind is dict:
        return "{" + ",".join([f"{_text(name)}:{to_json(part)}" for name, part in value.items()]) + "}"
    if kind is list:
        return "[" + ",".join([to_json(part) for part in value]) + "]"
    return _text(value) if kind is str else str(value)


# Names, numbers of taxes, states and kinds come again and again.
@lru_cache(maxsize=1_000)
def _text(value: str) -> str:
    return json.dumps(value)


def _rupees(paise: int) -> Decimal:
    return Decimal(paise).scaleb(-2)


@lru_cache(maxsize=1_000)
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


def _amended(document: Document) -> dict[str, Any]:
    """The same bill, of nothing."""
    invoice = _invoice(document)
    items = [
        {"num": item["num"], "itm_det": dict.fromkeys(item["itm_det"], 0) | {"rt": item["itm_det"]["rt"]}}
        for item in invoice["itms"]
    ]
    return {"oinum": document.number, "oidt": invoice["idt"], **invoice, "val": 0, "itms": items}


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


def _unregistered_notes(notes: Sequence[Document]) -> list[dict[str, Any]]:
    """Credit notes on large bills to consumers and on exports; on others they are in the sums of b2cs."""
    large = [{"typ": "B2CL", **_note(d)} for d in notes if d.recipient is Recipient.LARGE]
    exports = [(_export_type(d), d) for d in notes if d.recipient is Recipient.EXPORT]
    return large + [{"typ": "EXPWP" if kind == "WPAY" else "EXPWOP", **_note(d)} for kind, d in exports]


def _by_buyer(documents: Iterable[Document], name: str, shape: Shape) -> list[dict[str, Any]]:
    buyers: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        if document.recipient is Recipient.REGISTERED:
            buyers.setdefault(document.tax_id, []).append(shape(document))
    return [{"ctin": tax_id, name: shaped} for tax_id, shaped in sorted(buyers.items())]


def _by_place(documents: Iterable[Document], shape: Shape) -> list[dict[str, Any]]:
    places: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        if document.recipient is Recipient.LARGE:
            places.setdefault(document.place_of_supply, []).append(_only(shape(document), _OF_CONSUMERS))
    return [{"pos": place, "inv": shaped} for place, shaped in sorted(places.items())]


def _exports(documents: Iterable[Document], shape: Shape) -> list[dict[str, Any]]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        if document.recipient is Recipient.EXPORT:
            shaped = _only(shape(document), _OF_CONSUMERS)
            shaped["itms"] = [item["itm_det"] for item in shaped["itms"]]
            kinds.setdefault(_export_type(document), []).append(shaped)
    return [{"exp_typ": kind, "inv": shaped} for kind, shaped in sorted(kinds.items())]


def _only(invoice: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: invoice[name] for name in names if name in invoice}


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
            sums[key] = sums.get(key, _NOTHING) + supply.sums
    return [
        {"sply_ty": kind, "rt": _plain(rate), "typ": "OE", "pos": place, **_amounts(found)}
        for (kind, place, rate), found in sorted(sums.items())
        if found
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
        if any(row.values())
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
        quantity, sums = table.get(key, (Decimal(0), _NOTHING))
        table[key] = (quantity + supply.quantity, sums + supply.sums)
    # What was taken back altogether is not told.
    told = {name: {key: row for key, row in table.items() if any(row)} for name, table in tables_.items()}
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
        for name, table in sorted(told.items())
        if table
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
