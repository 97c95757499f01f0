"""Credit notes: how much of a bill is taken back, and how it is rounded.

What is taken back of a line is the difference of two roundings: of all that is credited after this note, and of all
that was before. So the pieces of a line add up to its net amount and to each of its taxes, whatever the steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from services.billing.domain.bill import BillLine, TaxAmount, Totals
from services.billing.domain.computing import sum_taxes
from services.billing.domain.money_errors import CreditQuantityTooHigh, NothingToCredit
from services.billing.domain.taxes import plain
from services.kit.failure import FieldViolation, InvalidRequest
from services.kit.money import Money, round_half_up

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from services.billing.domain.bill import Bill
    from services.billing.domain.ids import AccountId, BillId, CreditNoteId, CustomerId, MerchantId


@dataclass(frozen=True, slots=True)
class CreditInput:
    """What is asked for. `lines`: position on the bill, from 1, and quantity; None for all that is left."""

    lines: tuple[tuple[int, Decimal], ...] | None
    reason: str
    restock: bool


@dataclass(frozen=True, slots=True)
class CreditLine:
    """How much of the bill's line at `position`, from 1, is taken back. `sold` is that line, cut to this quantity."""

    position: int
    quantity: Decimal
    sold: BillLine


@dataclass(frozen=True, slots=True)
class Credited:
    """What a credit note comes to."""

    lines: tuple[CreditLine, ...]
    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """A credit note as it is stored: total = applied + to_credit. It never changes."""

    id: CreditNoteId
    merchant_id: MerchantId
    bill_id: BillId
    customer_id: CustomerId
    number: str
    reason: str
    restock: bool
    lines: tuple[CreditLine, ...]
    totals: Totals
    # What it took off the bill's outstanding amount, and what became the customer's credit.
    applied: Money
    to_credit: Money
    # The merchant's business day.
    issue_date: date
    create_time: datetime
    account_id: AccountId | None

    @property
    def currency(self) -> str:
        """ISO 4217 code of every amount."""
        return self.totals.total.currency

    @property
    def goods(self) -> tuple[CreditLine, ...]:
        """The lines whose stock comes back."""
        return tuple(line for line in self.lines if line.sold.terms.item_id is not None) if self.restock else ()


def credit(bill: Bill, asked: CreditInput, *, before: Mapping[int, Decimal]) -> Credited:
    """What is taken back of an issued bill. `before`: what was credited of each line, by its position.

    Raises NothingToCredit, CreditQuantityTooHigh, InvalidRequest naming fields from `credit_note` on.
    """
    wanted = _wanted(bill, asked, before)
    after = {position: before.get(position, Decimal(0)) + quantity for position, quantity in wanted.items()}
    lines = tuple(
        CreditLine(
            position,
            quantity,
            _piece(bill.lines[position - 1], before.get(position, Decimal(0)), after[position]),
        )
        for position, quantity in sorted(wanted.items())
    )
    currency = bill.currency
    net = sum(line.sold.net.minor for line in lines)
    taxes = sum_taxes([line.sold for line in lines], currency)
    pieces = net + sum(tax.amount.minor for tax in taxes)
    total = _worth(bill, {**before, **after}) - _worth(bill, before)
    return Credited(lines, Totals(Money(net, currency), taxes, Money(total - pieces, currency), Money(total, currency)))


def _wanted(bill: Bill, asked: CreditInput, before: Mapping[int, Decimal]) -> dict[int, Decimal]:
    left = {
        position: line.terms.quantity - before.get(position, Decimal(0))
        for position, line in enumerate(bill.lines, start=1)
    }
    if not any(left.values()):
        raise NothingToCredit
    if asked.lines is None:
        return {position: quantity for position, quantity in left.items() if quantity}
    wanted: dict[int, Decimal] = {}
    broken: list[FieldViolation] = []
    above: dict[str, str] = {}
    for number, (position, quantity) in enumerate(asked.lines):
        field = f"credit_note.lines[{number}]"
        if position not in left:
            broken.append(FieldViolation(f"{field}.bill_line", "must be a line of the bill"))
        elif position in wanted:
            broken.append(FieldViolation(f"{field}.bill_line", "must be named once"))
        elif quantity > left[position]:
            above[f"{field}.quantity"] = plain(left[position])
        wanted[position] = quantity
    if broken:
        raise InvalidRequest(*broken)
    if above:
        raise CreditQuantityTooHigh(above)
    return wanted


def _piece(line: BillLine, before: Decimal, after: Decimal) -> BillLine:
    """What of a line lies between two quantities that are credited of it."""

    def between(amount: Money) -> Money:
        return Money(_part(amount, line, after) - _part(amount, line, before), amount.currency)

    taxes = (
        TaxAmount(tax.code, tax.display_name, tax.rate, between(tax.base), between(tax.amount)) for tax in line.taxes
    )
    return BillLine(line.terms, between(line.net), tuple(taxes))


def _part(amount: Money, line: BillLine, quantity: Decimal) -> int:
    return round_half_up(amount.minor * quantity / line.terms.quantity)


def _worth(bill: Bill, quantities: Mapping[int, Decimal]) -> int:
    """What is credited in all once so much of each line is: never more than the bill, and with all of it just that."""
    lines = list(enumerate(bill.lines, start=1))
    if all(quantities.get(position, 0) == line.terms.quantity for position, line in lines):
        return bill.totals.total.minor
    pieces = sum(
        _part(amount, line, quantities.get(position, Decimal(0)))
        for position, line in lines
        for amount in (line.net, *(tax.amount for tax in line.taxes))
    )
    return min(pieces, bill.totals.total.minor)
