"""Days and amounts as banks write them. What a single cell leaves open, the others of its file decide."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from services.billing.domain.bank_statement import DateOrder
from services.kit.money import exponent

if TYPE_CHECKING:
    from collections.abc import Iterable

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january janvier enero gennaio tammi",
            "feb februar february fevrier febrero febbraio helmi",
            "mar mrz maerz march mars marzo maalis",
            "apr april avril abril aprile huhti",
            "may mai mayo maggio mei touko",
            "jun juni june juin junio giugno kesa",
            "jul juli july juillet julio luglio heina",
            "aug august aout agosto augustus elo",
            "sep sept september septembre septiembre settembre syys",
            "oct okt oktober october octobre octubre ottobre loka",
            "nov november novembre noviembre marras",
            "dec dez dezember december decembre diciembre dicembre joulu",
        ),
        start=1,
    )
    for name in names.split()
}
# A time of day may follow; it decides nothing.
_TIME = r"(?:[ T]\d{1,2}:\d{2}.*)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}|(\d{{4}})(\d{{2}})(\d{{2}})")
_NUMBERS = re.compile(rf"(\d{{1,2}})[-/. ](\d{{1,2}})[-/. ](\d{{4}}|\d{{2}}){_TIME}")
_NAMED = re.compile(rf"(\d{{1,2}})[-/. ]*([A-Za-zäéû]{{3,10}})\.?[-/., ]*(\d{{4}}|\d{{2}}){_TIME}")
_PLAIN = str.maketrans({"ä": "ae", "é": "e", "û": "u"})
_MONTHS_A_YEAR = 12
_CENTURY, _SHORT_YEARS = 2000, 100
_YEARS = range(1990, 2100)

# Blanks that part thousands, the apostrophe of Switzerland, and currencies.
_IGNORED = re.compile(r"[\s\u00a0\u202f'\u2019]|rs\.?|inr|eur|gbp|usd|chf|[₹€£$]", re.IGNORECASE)
_SIGNED = re.compile(
    r"(?P<open>\()?(?P<before>[-+\u2212])?(?P<digits>[0-9.,]+)(?P<after>[-+\u2212]|cr|dr)?(?P<close>\))?",
    re.IGNORECASE,
)
_TWO, _THREE = 2, 3
_LONGEST = 15


def is_month_first(days: Iterable[str], order: DateOrder) -> bool:
    """Whether a file writes months before days: as told, else only if its days cannot be read otherwise."""
    if order is not DateOrder.TOLD_BY_FILE:
        return order is DateOrder.MONTH_FIRST
    numbers = [(int(found[1]), int(found[2])) for cell in days if (found := _NUMBERS.fullmatch(cell))]
    if any(first > _MONTHS_A_YEAR for first, _ in numbers):
        return False
    return any(second > _MONTHS_A_YEAR for _, second in numbers)


def day(cell: str, *, month_first: bool) -> date | None:
    """The day in a cell, None for none."""
    if found := _YEAR_FIRST.fullmatch(cell):
        year, month, number = (int(part) for part in found.groups() if part)
    elif found := _NUMBERS.fullmatch(cell):
        number, month, year = (int(part) for part in found.groups())
        if month_first:
            number, month = month, number
    elif found := _NAMED.fullmatch(cell):
        number, year = int(found[1]), int(found[3])
        month = _MONTHS.get(found[2].casefold().translate(_PLAIN), 0)
    else:
        return None
    if year < _SHORT_YEARS:
        year += _CENTURY
    try:
        return date(year, month, number) if year in _YEARS else None
    except ValueError:
        return None


def decimal_mark(amounts: Iterable[str]) -> str:
    """What stands before the decimals in a file's amounts; a point if nothing decides."""
    for cell in amounts:
        digits = re.sub(r"[^0-9.,]", "", _IGNORED.sub("", cell)).strip(".,")
        marks = [mark for mark in digits if mark in ".,"]
        if not marks:
            continue
        if len(set(marks)) > 1:
            return marks[-1]
        if len(marks) > 1:
            # What comes twice parts thousands.
            return "." if marks[0] == "," else ","
        if len(digits) - digits.index(marks[0]) - 1 != _THREE:
            return marks[0]
    return "."


def minor_units(cell: str, currency: str, *, mark: str) -> int:
    """The amount in a cell with its sign, 0 for an empty one. Raises ValueError, saying what is wrong."""
    bare = _IGNORED.sub("", cell)
    if bare in {"", "-", "--"}:
        return 0
    found = _SIGNED.fullmatch(bare)
    if found is None or bool(found["open"]) != bool(found["close"]):
        raise ValueError("must be an amount")
    parting = "," if mark == "." else "."
    whole, _, fraction = found["digits"].partition(mark)
    groups = whole.split(parting)
    if not _is_grouped(groups) or not re.fullmatch(r"[0-9]*", fraction):
        raise ValueError(f"must be an amount with {'a comma' if mark == ',' else 'a point'} before its decimals")
    digits, decimals = "".join(groups) or "0", exponent(currency)
    if len(digits) > _LONGEST:
        raise ValueError("is too large")
    if len(fraction.rstrip("0")) > decimals:
        raise ValueError(f"must have no more than {decimals} decimals, as {currency} has")
    minor = int(Decimal(f"{digits}.{fraction or '0'}").scaleb(decimals))
    ends = (found["after"] or "").casefold()
    is_out = (found["before"] or "+") in "-\u2212" or found["open"] or ends in {"-", "\u2212", "dr"}
    return -minor if is_out else minor


def _is_grouped(groups: list[str]) -> bool:
    """Thousands, or lakhs and crores: 12,34,567."""
    first, *others = groups
    if not all(group.isdigit() for group in others) or not (first.isdigit() or (first == "" and not others)):
        return False
    return not others or (
        len(first) <= _THREE and {len(group) for group in others} <= {_TWO, _THREE} and len(others[-1]) == _THREE
    )
