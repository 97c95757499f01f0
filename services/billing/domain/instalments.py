"""A bill that is paid in parts: when how much is due, and what is left of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from services.billing.domain.errors import InstalmentsMismatch
from services.kit.failure import InvalidRequest
from services.kit.money import Money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of a bill and the last day to pay it."""

    due_date: date
    amount: Money


def require_in_order(instalments: Sequence[Instalment], due_date: date | None) -> None:
    """Each is due after the one before, and the bill with the last. Raises InvalidRequest."""
    for position, (earlier, later) in enumerate(pairwise(instalments), start=1):
        if later.due_date <= earlier.due_date:
            raise InvalidRequest.of(f"bill.instalments[{position}].due_date", "must be after the one before")
    if instalments and due_date not in {None, instalments[-1].due_date}:
        raise InvalidRequest.of("bill.due_date", "must be left out, or the last instalment's")


def require_whole(instalments: Sequence[Instalment], total: Money) -> None:
    """They add up to the bill. Raises InstalmentsMismatch."""
    if instalments and sum(instalment.amount.minor for instalment in instalments) != total.minor:
        raise InstalmentsMismatch(str(total))


def left_of(instalments: Sequence[Instalment], paid: Money) -> tuple[Money, ...]:
    """What is left of each, in order, when so much of the bill is paid or credited: the first is paid first."""
    rest = paid.minor
    left = []
    for instalment in instalments:
        part = min(rest, instalment.amount.minor)
        rest -= part
        left.append(Money(instalment.amount.minor - part, paid.currency))
    return tuple(left)
