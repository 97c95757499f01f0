"""Tables that people send as CSV: their encoding, their delimiter, their cells."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING

from services.kit.failure import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

_DELIMITERS = (",", ";", "\t", "|")
# Our own CSV puts an apostrophe before what a spreadsheet would run; read again, it goes.
_GUARDED = ("'=", "'+", "'-", "'@")


def read_table(content: bytes, *, field: str, most_rows: int) -> list[list[str]]:
    """The records, the header first, cells without blanks around them; empty records stay, so that they can be counted.

    Raises InvalidRequest, naming `field`, for what is no CSV, and for more than `most_rows` below the header.
    """
    text = _decoded(content, field)
    first, _, rest = text.partition("\n")
    delimiter = first.rstrip("\r\n")[4:]
    if first.lower().startswith("sep=") and len(delimiter) == 1:
        # What spreadsheets write at the head of a file to tell each other.
        text = rest
    else:
        delimiter = max(_DELIMITERS, key=_outside_quotes(first).count)
    records: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for record in reader:
            if len(records) > most_rows:
                raise InvalidRequest.of(field, f"has more than {most_rows} rows; split it")
            records.append([_cell(cell) for cell in record])
    except csv.Error as error:
        raise InvalidRequest.of(field, f"is no CSV at line {reader.line_num}: {error}") from error
    return records


def is_empty(record: Sequence[str]) -> bool:
    """Whether nothing is in any cell."""
    return not any(record)


def _decoded(content: bytes, field: str) -> str:
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidRequest.of(field, f"is not UTF-8 at byte {error.start}; save it as CSV UTF-8") from error
    if "\0" in text:
        raise InvalidRequest.of(field, "is no CSV; export the spreadsheet as CSV")
    return text


def _outside_quotes(line: str) -> str:
    return "".join(part for number, part in enumerate(line.split('"')) if number % 2 == 0)


def _cell(cell: str) -> str:
    bare = cell.strip()
    return bare[1:] if bare.startswith(_GUARDED) else bare
