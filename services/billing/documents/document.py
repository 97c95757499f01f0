"""What stands on a page: every amount and date is text already, in the reader's language.

The templates only place these texts. They are handed over as data, never as source, so nothing in them can be an
instruction to the typesetter.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from services.billing.domain.document import Order

if TYPE_CHECKING:
    from services.billing.domain.document import Layout


@dataclass(frozen=True, slots=True)
class Party:
    """Who issues a document, or whom it is for. `label` says which of the two; empty for the issuer."""

    name: str
    lines: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `wide`: takes the room that is left. `number`: set to the right, never broken."""

    label: str
    wide: bool = False
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as there are columns; no columns, no table."""

    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Slip:
    """A row on a narrow roll: the name on its own line, below it how the amount came about and the amount."""

    name: str
    detail: str
    amount: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A line of the reckoning."""

    label: str
    amount: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """A code that asks for the money: the QR code as SVG, and the link in it for those who read on a telephone."""

    svg: str
    link: str
    hint: str
    amount: str
    address: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """A mark across the page. `tone`: "good" or "bad"."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document, ready to be set."""

    layout: Layout
    # BCP 47 language, for shaping and for screen readers.
    language: str
    heading: str
    # What the law wants to stand under the heading.
    notice: str = ""
    # Heading and number: the title of the file.
    title: str
    # The file's name in ASCII.
    name: str
    issuer: Party
    party: Party | None
    # Label and text.
    facts: tuple[tuple[str, str], ...]
    table: Table
    slips: tuple[Slip, ...]
    remarks: tuple[str, ...] = ()
    taxes: Table = Table()
    # When how much is due.
    plan: Table = Table()
    sums: tuple[Sum, ...] = ()
    in_words: tuple[str, str] | None = None
    scan: Scan | None = None
    notes: tuple[tuple[str, str], ...] = ()
    stamp: Stamp | None = None
    # Set on documents of test tenants, on every page.
    test: str = ""
    # Who is to sign, and how that is called.
    signature: tuple[str, str] | None = None
    thanks: str = ""
    # "Page {page} of {pages}".
    page: str = ""

    def order(self, logo: bytes = b"") -> Order:
        """The same for a printer; equal documents make equal bytes."""
        return Order(json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode(), logo)
