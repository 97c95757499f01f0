"""Credit notes: whatever the pieces, they add up to the bill."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain.bill import Bill
from services.billing.domain.computing import compute
from services.billing.domain.credit_note import CreditInput, credit
from services.billing.domain.money_errors import CreditQuantityTooHigh, NothingToCredit
from services.billing.domain.taxes import TaxPart
from services.kit.failure import InvalidRequest
from services.kit.money import Money
from tests.services.billing.domain import makers

_HALVES = (TaxPart("CGST", Decimal(9)), TaxPart("SGST", Decimal(9)))
_EVERYTHING = CreditInput(None, "Came back", restock=False)


def _bill(*lines: tuple[Decimal, int], coin: int = 0, inclusive: bool = False, discount: int = 0) -> Bill:
    """A bill over lines of quantity and price, taxed with 18 %, rounded to a coin."""
    terms = [makers.terms(quantity=quantity, price=price, inclusive=inclusive) for quantity, price in lines]
    computed, totals = compute(
        terms, taxes=lambda _: _HALVES, discount=Money(discount, "INR"), coin=Money(coin, "INR") if coin else None
    )
    return makers.bill(lines=computed, totals=totals)


def _asked(*lines: tuple[int, str]) -> CreditInput:
    return CreditInput(tuple((line, Decimal(quantity)) for line, quantity in lines), "Came back", restock=False)


def test_a_third_each_time_comes_to_the_whole() -> None:
    bill = _bill((Decimal(3), 3333), coin=100)
    before: dict[int, Decimal] = {}
    pieces = []
    for _ in range(3):
        credited = credit(bill, _asked((1, "1")), before=before)
        pieces.append(credited.totals)
        before = {1: before.get(1, Decimal(0)) + 1}
    assert [piece.net.minor for piece in pieces] == [3333, 3333, 3333]
    assert [[tax.amount.minor for tax in piece.taxes] for piece in pieces] == [[300, 300], [300, 300], [300, 300]]
    assert [piece.rounding.minor for piece in pieces] == [0, 0, bill.totals.rounding.minor] == [0, 0, 1]
    assert sum(piece.total.minor for piece in pieces) == bill.totals.total.minor == 11800
    with pytest.raises(NothingToCredit):
        credit(bill, _EVERYTHING, before=before)


def test_all_at_once_is_the_bill_itself() -> None:
    bill = _bill((Decimal("1.5"), 1999), (Decimal(2), 5), coin=100, discount=7)
    credited = credit(bill, _EVERYTHING, before={})
    assert credited.totals == bill.totals
    assert [line.sold for line in credited.lines] == list(bill.lines)


def test_pieces_never_come_to_more_than_a_bill_that_was_rounded_down() -> None:
    # 118.00 and 0.12 with tax make 118.12, which is rounded to 118.
    bill = _bill((Decimal(1), 10_000), (Decimal(1), 10), coin=100)
    assert bill.totals.rounding.minor < 0
    first = credit(bill, _asked((1, "1")), before={})
    second = credit(bill, _EVERYTHING, before={1: Decimal(1)})
    assert (first.totals.total.minor, second.totals.total.minor) == (11_800, 0)
    assert second.totals.rounding.minor == bill.totals.rounding.minor
    # The other way round, too.
    first = credit(bill, _asked((2, "1")), before={})
    second = credit(bill, _EVERYTHING, before={2: Decimal(1)})
    assert (first.totals.total.minor, second.totals.total.minor) == (12, 11_788)


@given(
    lines=st.lists(st.tuples(st.integers(1, 9999), st.integers(0, 10**6)), min_size=1, max_size=4),
    coin=st.sampled_from([0, 5, 100]),
    inclusive=st.booleans(),
    data=st.data(),
)
def test_whatever_the_pieces_they_add_up(
    lines: list[tuple[int, int]], coin: int, inclusive: bool, data: st.DataObject
) -> None:
    bill = _bill(
        *((Decimal(thousandths) / 1000, price) for thousandths, price in lines), coin=coin, inclusive=inclusive
    )
    left = {number: thousandths for number, (thousandths, _) in enumerate(lines, start=1)}
    before: dict[int, Decimal] = {}
    total = net = 0
    taxes: dict[str, int] = {}
    while any(left.values()):
        chosen = {
            number: data.draw(st.integers(1, most))
            for number, most in left.items()
            if most and data.draw(st.booleans())
        }
        asked = CreditInput(
            tuple((number, Decimal(piece) / 1000) for number, piece in chosen.items()), "Came back", restock=False
        )
        note = credit(bill, asked if chosen else _EVERYTHING, before=before)
        for line in note.lines:
            left[line.position] -= int(line.quantity * 1000)
            before[line.position] = before.get(line.position, Decimal(0)) + line.quantity
        totals = note.totals
        assert totals.total.minor >= 0
        assert totals.total.minor == (
            totals.net.minor + sum(tax.amount.minor for tax in totals.taxes) + totals.rounding.minor
        )
        assert min(totals.net.minor, *(tax.amount.minor for tax in totals.taxes)) >= 0
        total, net = total + totals.total.minor, net + totals.net.minor
        assert total <= bill.totals.total.minor
        for tax in totals.taxes:
            taxes[tax.code] = taxes.get(tax.code, 0) + tax.amount.minor
    assert (total, net) == (bill.totals.total.minor, bill.totals.net.minor)
    assert taxes == {tax.code: tax.amount.minor for tax in bill.totals.taxes}


def test_what_cannot_be_credited_is_named() -> None:
    bill = _bill((Decimal(2), 100), (Decimal(1), 100))
    with pytest.raises(CreditQuantityTooHigh) as high:
        credit(bill, _asked((2, "1"), (1, "1.5")), before={1: Decimal("0.75")})
    assert [(each.field, each.description) for each in high.value.fields] == [
        ("credit_note.lines[1].quantity", "must be at most 1.25")
    ]
    with pytest.raises(InvalidRequest) as wrong:
        credit(bill, _asked((1, "1"), (3, "1"), (1, "1")), before={})
    assert [each.field for each in wrong.value.fields] == [
        "credit_note.lines[1].bill_line",
        "credit_note.lines[2].bill_line",
    ]
