"""Tables as CSV (RFC 4180, UTF-8) that spreadsheets open without running anything in them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MEDIA_TYPE = "text/csv; charset=utf-8"
# What spreadsheets take for the beginning of a formula, or for white space before one
# (https://owasp.org/www-community/attacks/CSV_Injection).
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def to_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The table, lines ended by CR LF. A text that a spreadsheet would run begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def inert(cell: str) -> str:
    """The cell as it is, or with an apostrophe before it. Plain numbers, also negative ones, stay as they are."""
    if cell.lstrip(" ").startswith(_ACTIVE) and not _is_number(cell):
        return "'" + cell
    return cell


def _is_number(cell: str) -> bool:
    digits = cell.removeprefix("-")
    whole, _, fraction = digits.partition(".")
    return whole.isascii() and whole.isdigit() and (not fraction or (fraction.isascii() and fraction.isdigit()))
