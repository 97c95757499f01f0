"""Documents: what is printed, on which paper, and how one is told from another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

_LENGTH_BYTES = 8


class Layout(StrEnum):
    """The paper."""

    A4 = "A4"
    # Rolls of thermal printers, by their width in millimetres.
    THERMAL_80 = "THERMAL_80"
    THERMAL_58 = "THERMAL_58"


class DocumentKind(StrEnum):
    """What a document is about; its subject is the thing of that kind."""

    BILL = "BILL"
    RECEIPT = "RECEIPT"
    CREDIT_NOTE = "CREDIT_NOTE"
    STATEMENT = "STATEMENT"


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """Names a document; there is one at a time, and what it says changes with its subject."""

    kind: DocumentKind
    subject_id: UUID
    layout: Layout
    # BCP 47.
    locale: str


@dataclass(frozen=True, slots=True)
class Pdf:
    """A finished document. `name`: of the file, without directories, in ASCII."""

    content: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """What a printer is given: the document as JSON, and the merchant's logo (PNG or JPEG; empty for none)."""

    document: bytes
    logo: bytes = b""

    def pack(self) -> bytes:
        """Both as one."""
        return len(self.document).to_bytes(_LENGTH_BYTES, "big") + self.document + self.logo

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """What `pack` made."""
        end = _LENGTH_BYTES + int.from_bytes(packed[:_LENGTH_BYTES], "big")
        return cls(packed[_LENGTH_BYTES:end], packed[end:])


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as it is stored. `content`: the PDF if it is printed, else the packed order.

    `fingerprint`: SHA-256 of everything that it is made from. `ahead`: nobody waits for it yet.
    """

    fingerprint: bytes
    file_name: str
    printed: bool
    content: bytes
    ahead: bool
    want_time: datetime
