"""Reads a bank's CSV file: where its headings are, how it writes days and amounts, and all that is wrong with it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.billing.domain import bank_cells as cells
from services.billing.domain.bank_columns import (
    AMOUNT,
    COUNTERPARTY,
    CREDIT,
    CURRENCY,
    DATE,
    DEBIT,
    DESCRIPTION,
    DIRECTION,
    FIELDS,
    REFERENCE,
    places,
)
from services.billing.domain.bank_statement import BankFile, Layout, Movement, RowFault
from services.kit.failure import InvalidRequest
from services.kit.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

MOST_ROWS = 10_000
_DELIMITERS = (",", ";", "\t", "|")
# Banks put the account, its holder and the period above the headings.
_HEADINGS_WITHIN = 50
_LONGEST = {REFERENCE: 64, DESCRIPTION: 1000, COUNTERPARTY: 200}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_OUT_WORDS = frozenset(("d", "dr", "debit", "dbit", "s", "soll", "af", "withdrawal", "out"))
# Below the last of these is the summary, which is no movement however many amounts it has.
_LIKE_A_DAY = re.compile(r"\d{1,4}[-/. ]+\w+[-/., ]+\d|\d{8}")
# A line drawn under the headings.
_DRAWN = re.compile(r"[\s*=_.-]*")


def read(content: bytes, layout: Layout) -> BankFile:
    """What the file says, with all its faults. Raises InvalidRequest, naming `file`, if there is no reading it."""
    text = _decoded(content)
    records, first, found = _table(text, layout.columns)
    header = records[first]
    rows = [
        (number, record) for number, record in enumerate(records[first + 1 :], start=first + 2) if not _is_drawn(record)
    ]
    if len(rows) > MOST_ROWS:
        raise InvalidRequest.of("file", f"has more than {MOST_ROWS} rows; split it")
    last = max((number for number, record in rows if _LIKE_A_DAY.match(_cell(record, found, DATE))), default=0)
    dated = [(number, record) for number, record in rows if number <= last]
    reader = _reader(header, found, dated, layout)
    taken = [reader.row(number, record) for number, record in dated]
    movements = [each for each in taken if each is not None]
    seen: Counter[str] = Counter()
    return BankFile(
        columns={field: header[place] for field, place in found.items() if field in FIELDS},
        movements=tuple(_counted(movement, seen) for movement in movements),
        faults=tuple(sorted(reader.faults, key=lambda fault: fault.row)),
        passed_over=len(rows) - len(movements) - len({fault.row for fault in reader.faults}),
    )


@dataclass(slots=True)
class _Row:
    """A movement before it is known which of its like it is."""

    row: int
    booking_date: date
    amount: Money
    texts: dict[str, str]


@dataclass(slots=True)
class _Reader:
    """Reads rows by what was found out about the whole file."""

    header: Sequence[str]
    found: Mapping[str, int]
    currency: str
    month_first: bool
    mark: str
    faults: list[RowFault]

    def row(self, number: int, record: Sequence[str]) -> _Row | None:
        """The movement; None if there is none, or a fault, which is kept."""
        before = len(self.faults)
        amount = self._amount(number, record)
        if amount == 0:
            return None
        booked = cells.day(_cell(record, self.found, DATE), month_first=self.month_first)
        if booked is None:
            self._fault(number, DATE, "must be a date, for example 31/12/2026")
        currency = _cell(record, self.found, CURRENCY).upper()
        if currency not in {"", self.currency}:
            self._fault(number, CURRENCY, f"must be {self.currency}, as the account is")
        if amount is None or booked is None or len(self.faults) > before:
            return None
        texts = {field: _printable(_cell(record, self.found, field))[:most] for field, most in _LONGEST.items()}
        return _Row(number, booked, Money(amount, self.currency), texts)

    def _amount(self, number: int, record: Sequence[str]) -> int | None:
        """Minor units with their sign, 0 for none; None for a fault."""
        if AMOUNT in self.found and _cell(record, self.found, AMOUNT):
            amount = self._number(number, record, AMOUNT)
            return amount if amount is None else self._directed(record, amount)
        out, into = (self._number(number, record, field) for field in (DEBIT, CREDIT))
        if out is None or into is None:
            return None
        if out and into:
            self._fault(number, "", "must have either a debit or a credit")
            return None
        # Some banks write what went out below zero, in its own column.
        return into - abs(out)

    def _directed(self, record: Sequence[str], amount: int) -> int:
        """Turns an amount without a sign the way that a column beside it says."""
        if DIRECTION not in self.found:
            return amount
        word = re.sub(r"[^a-z]", "", _cell(record, self.found, DIRECTION).casefold())
        # "Transaction type" may as well be TRANSFER or CARD; then the sign alone says it.
        return -abs(amount) if word in _OUT_WORDS else amount

    def _number(self, number: int, record: Sequence[str], field: str) -> int | None:
        cell = _cell(record, self.found, field)
        try:
            return cells.minor_units(cell, self.currency, mark=self.mark)
        except ValueError as error:
            self._fault(number, field, str(error))
            return None

    def _fault(self, number: int, field: str, description: str) -> None:
        column = self.header[self.found[field]] if field else ""
        self.faults.append(RowFault(number, column, description))


def _reader(
    header: Sequence[str], found: Mapping[str, int], dated: Sequence[tuple[int, Sequence[str]]], layout: Layout
) -> _Reader:
    days = [_cell(record, found, DATE) for _, record in dated]
    amounts = [_cell(record, found, field) for _, record in dated for field in (AMOUNT, DEBIT, CREDIT)]
    return _Reader(
        header=header,
        found=found,
        currency=layout.currency,
        month_first=cells.is_month_first(days, layout.date_order),
        mark=layout.decimal_mark.value or cells.decimal_mark(amounts),
        faults=[],
    )


def _counted(row: _Row, seen: Counter[str]) -> Movement:
    movement = Movement(
        row=row.row,
        booking_date=row.booking_date,
        amount=row.amount,
        reference=row.texts[REFERENCE],
        description=row.texts[DESCRIPTION],
        counterparty=row.texts[COUNTERPARTY],
    )
    key = movement.key("")
    seen[key] += 1
    return replace(movement, occurrence=seen[key])


def _table(text: str, given: Mapping[str, str]) -> tuple[list[list[str]], int, dict[str, int]]:
    """The records, which of them has the headings, and where each field stands. Raises InvalidRequest."""
    complaint = ""
    for delimiter in sorted(_DELIMITERS, key=text.count, reverse=True):
        try:
            records = _records(text, delimiter)
        except csv.Error as error:
            complaint = f"is no CSV: {error}"
            continue
        for number, record in enumerate(records[:_HEADINGS_WITHIN]):
            found = places(record, given)
            if found is not None:
                return records, number, found
    named = " and ".join(repr(heading) for heading in given.values())
    needs = f"has no row with the headings {named}, a day and an amount" if given else _NO_HEADINGS
    raise InvalidRequest.of("file", complaint or needs)


_NO_HEADINGS = "has no row with headings for a day and an amount that are known; name them in columns"


def _is_drawn(record: Sequence[str]) -> bool:
    return all(_DRAWN.fullmatch(cell) for cell in record)


def _records(text: str, delimiter: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in record] for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    ]


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InvalidRequest.of("file", "is no CSV; export the statement as CSV")


def _cell(record: Sequence[str], found: Mapping[str, int], field: str) -> str:
    place = found.get(field)
    return "" if place is None or place >= len(record) else record[place]


def _printable(text: str) -> str:
    return " ".join(_UNPRINTABLE.sub(" ", text).split())
