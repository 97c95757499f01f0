"""Tables as CSV (RFC 4180, UTF-8) that spreadsheets open without running anything in them, made chunk by chunk."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

MEDIA_TYPE = "text/csv; charset=utf-8"
# Characters.
_CHUNK = 64 * 1024
# What spreadsheets take for the beginning of a formula, or for white space before one
# (https://owasp.org/www-community/attacks/CSV_Injection).
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def to_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Generator[bytes]:
    """The table, lines ended by CR LF, in chunks of about 64 KiB; each row is asked for when its chunk is.

    A text that a spreadsheet would run begins with an apostrophe. The file begins with a byte order mark, without which
    spreadsheets take it for something else than UTF-8.
    """
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
        if out.tell() >= _CHUNK:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def inert(cell: str) -> str:
    """The cell as it is, or with an apostrophe before it. Plain numbers, also negative ones, stay as they are."""
    if cell.lstrip(" ").startswith(_ACTIVE) and not _is_number(cell):
        return "'" + cell
    return cell


def _is_number(cell: str) -> bool:
    digits = cell.removeprefix("-")
    whole, _, fraction = digits.partition(".")
    return whole.isascii() and whole.isdigit() and (not fraction or (fraction.isascii() and fraction.isdigit()))
