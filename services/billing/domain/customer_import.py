"""Imports of customers: what a file's columns are taken for, and what comes of its rows."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.billing.domain.customer import CustomerFields
    from services.billing.domain.ids import CustomerId

# What columns are commonly called, by the field that they hold; without case, blanks and marks.
_ALIASES: dict[str, str] = {
    "display_name": """
        name, full name, customer, customer name, client, client name, display name, party, party name, buyer,
        account name, company, company name, नाम, ग्राहक, nimi, asiakas
    """,
    "phone": """
        phone, phone number, phone no, mobile, mobile number, mobile no, mob, mob no, cell, cell phone, telephone, tel,
        contact, contact number, contact no, whatsapp, whatsapp number, फ़ोन, मोबाइल, puhelin, puhelinnumero
    """,
    "email": "email, e-mail, email address, email id, mail, mail id, ईमेल, sähköposti",
    "tax_id": """
        tax id, tax number, tax no, gst, gstin, gst no, gst number, gstin uin, vat, vat number, vat no, vat id,
        y-tunnus, alv-numero
    """,
    "region_code": "region code, state code, gst state code, place of supply code",
    "locale": "locale, language, lang, kieli",
    "note": "note, notes, remark, remarks, comment, comments, memo, huomautus",
    "tags": "tag, tags, group, groups, label, labels, category, customer group",
    "credit_limit": "credit limit, limit, luottoraja",
}


class ImportMode(StrEnum):
    """What becomes of good rows beside bad ones."""

    ALL_OR_NOTHING = "ALL_OR_NOTHING"
    GOOD_ROWS = "GOOD_ROWS"


class Outcome(StrEnum):
    """What comes of a good row."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing wrong with a row. `row` as a spreadsheet counts, the header is 1; `field` of CustomerFields or ""."""

    row: int
    column: str
    field: str
    description: str


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row that can be read. `written` are the fields whose cells are not empty."""

    number: int
    fields: CustomerFields
    written: frozenset[str]

    def onto(self, before: CustomerFields) -> CustomerFields:
        """What the customer is after this row; an empty cell changes nothing."""
        changes: dict[str, Any] = {name: getattr(self.fields, name) for name in self.written}
        if "tax_id" in changes and "region_code" not in changes and changes["tax_id"] != before.tax_id:
            # The state follows the new number.
            changes["region_code"] = ""
        return replace(before, **changes)


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file as it was read. `columns` are the headings as written, by field."""

    columns: dict[str, str]
    ignored: tuple[str, ...]
    row_count: int
    rows: tuple[ImportRow, ...]
    faults: tuple[RowFault, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """A row that was taken; `customer_id` None for one that a preview would make."""

    row: int
    outcome: Outcome
    customer_id: CustomerId | None


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, or a preview would; faults by row."""

    file: ImportFile
    imported: tuple[Imported, ...]
    faults: tuple[RowFault, ...]

    def count(self, outcome: Outcome) -> int:
        """How many rows came to that."""
        return sum(each.outcome is outcome for each in self.imported)


def field_of(heading: str) -> str | None:
    """The field that a column with this heading holds; None if it is none of ours."""
    return _FIELDS.get(_plain(heading))


def _plain(heading: str) -> str:
    folded = unicodedata.normalize("NFKC", heading).casefold()
    # Letters, digits, and the vowel signs of Indian scripts.
    return "".join(each for each in folded if unicodedata.category(each)[0] in "LNM")


_FIELDS = {
    _plain(alias): field
    for field, aliases in _ALIASES.items()
    for alias in (*aliases.split(","), field.replace("_", " "))
}
