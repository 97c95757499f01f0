"""How a bill adds up. The only place that computes amounts; everything else shows what came out here.

Rounding is half up at the currency's minor unit, by `services.kit.money.round_half_up` alone.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from services.billing.domain.bill import BillLine, LineTerms, TaxAmount, Totals
from services.kit.failure import FieldViolation, InvalidRequest
from services.kit.money import Money, exponent, round_half_up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from services.billing.domain.taxes import TaxPart

# In major units: beyond this an amount is a slip of the keyboard, and sums could leave 64 bits.
_MAX_UNITS = 10**12
_HUNDRED = Decimal(100)


def compute(
    lines: Sequence[LineTerms],
    *,
    taxes: Callable[[LineTerms], tuple[TaxPart, ...]],
    discount: Money,
    coin: Money | None,
) -> tuple[tuple[BillLine, ...], Totals]:
    """Computes every line and the bill's sums.

    `lines` and `discount` share one currency. `taxes` tells which taxes a line bears. `coin`: what the total is rounded
    to, in the same currency; None for no rounding. Raises InvalidRequest, naming fields from `bill` on, for a discount
    above what it is taken off and for an amount out of bounds.
    """
    currency = discount.currency
    amounts = _line_amounts(lines, most=_MAX_UNITS * 10 ** exponent(currency))
    if discount.minor > sum(amounts):
        raise InvalidRequest.of("bill.discount", "must not be more than the lines come to")
    shares = allocate(discount.minor, amounts)
    computed = tuple(
        _compute_line(terms, amount - share, taxes(terms))
        for terms, amount, share in zip(lines, amounts, shares, strict=True)
    )
    net = sum(line.net.minor for line in computed)
    summed = sum_taxes(computed, currency)
    before = net + sum(tax.amount.minor for tax in summed)
    rounding = _to_coin(before, coin) - before
    return computed, Totals(
        net=Money(net, currency),
        taxes=summed,
        rounding=Money(rounding, currency),
        total=Money(before + rounding, currency),
    )


def allocate(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Shares `amount` in proportion to `weights` so that the parts add up, by largest remainder; ties to the earlier.

    All are minor units, none negative. With no weight at all the first part bears everything.
    """
    whole = sum(weights)
    if whole == 0:
        return tuple(amount if position == 0 else 0 for position in range(len(weights)))
    parts = [amount * weight // whole for weight in weights]
    remainders = [amount * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda position: (-remainders[position], position))
    for position in by_remainder[: amount - sum(parts)]:
        parts[position] += 1
    return tuple(parts)


def _line_amounts(lines: Sequence[LineTerms], *, most: int) -> tuple[int, ...]:
    amounts = []
    broken = []
    for position, terms in enumerate(lines):
        gross = round_half_up(terms.quantity * terms.unit_price.minor)
        if gross > most:
            broken.append(FieldViolation(f"bill.lines[{position}].quantity", "makes the line's amount too large"))
        elif terms.discount.minor > gross:
            field = f"bill.lines[{position}].discount"
            broken.append(FieldViolation(field, "must not be more than quantity times unit price"))
        amounts.append(gross - terms.discount.minor)
    if broken:
        raise InvalidRequest(*broken)
    if sum(amounts) > most:
        raise InvalidRequest.of("bill.lines", "come to too large an amount together")
    return tuple(amounts)


def _compute_line(terms: LineTerms, amount: int, parts: tuple[TaxPart, ...]) -> BillLine:
    currency = terms.unit_price.currency
    divisor = _HUNDRED + sum((part.rate for part in parts), Decimal(0)) if terms.price_includes_tax else _HUNDRED
    taxes = [round_half_up(amount * part.rate / divisor) for part in parts]
    net = Money(amount - sum(taxes) if terms.price_includes_tax else amount, currency)
    return BillLine(
        terms=terms,
        net=net,
        taxes=tuple(
            TaxAmount(part.code, part.display_name, part.rate, net, Money(tax, currency))
            for part, tax in zip(parts, taxes, strict=True)
        ),
    )


def sum_taxes(lines: Sequence[BillLine], currency: str) -> tuple[TaxAmount, ...]:
    """One sum for each tax and rate, in the order in which they first appear."""
    sums: dict[tuple[str, Decimal], tuple[str, int, int]] = {}
    for line in lines:
        for tax in line.taxes:
            name, base, amount = sums.get((tax.code, tax.rate), (tax.display_name, 0, 0))
            sums[tax.code, tax.rate] = (name, base + tax.base.minor, amount + tax.amount.minor)
    return tuple(
        TaxAmount(code, name, rate, Money(base, currency), Money(amount, currency))
        for (code, rate), (name, base, amount) in sums.items()
    )


def _to_coin(amount: int, coin: Money | None) -> int:
    if coin is None or coin.minor == 0:
        return amount
    return round_half_up(Decimal(amount) / coin.minor) * coin.minor
