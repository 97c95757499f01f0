"""Bills that are paid in parts."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain.bill import BillState
from services.billing.domain.errors import InstalmentsMismatch
from services.billing.domain.instalments import Instalment, left_of, require_in_order, require_whole
from services.kit.failure import InvalidRequest
from services.kit.money import Money
from tests.services.billing.domain import makers


def _parts(*amounts: int) -> tuple[Instalment, ...]:
    return tuple(
        Instalment(date(2026, month, 15), Money(amount, "INR")) for month, amount in enumerate(amounts, start=1)
    )


@given(amounts=st.lists(st.integers(1, 10**12), max_size=12), share=st.fractions(0, 1))
def test_the_earliest_is_paid_first_and_nothing_is_lost(amounts: list[int], share: float) -> None:
    parts = _parts(*amounts)
    paid = int(sum(amounts) * share)
    left = [money.minor for money in left_of(parts, Money(paid, "INR"))]
    assert sum(left) == sum(amounts) - paid
    touched = [rest < part.amount.minor for rest, part in zip(left, parts, strict=True)]
    # Whatever is paid is paid from the front, with at most one part open in between.
    assert touched == sorted(touched, reverse=True)
    assert all(rest == 0 for rest, after in zip(left, touched[1:], strict=False) if after)


def test_what_is_due_next() -> None:
    bill = makers.bill(10_000, settled=4_500, state=BillState.PARTLY_PAID, instalments=_parts(4_000, 3_000, 3_000))
    assert [left.minor for left in bill.instalments_left] == [0, 2_500, 3_000]
    assert bill.next_due == (date(2026, 2, 15), Money(2_500, "INR"))
    paid = makers.bill(10_000, settled=10_000, state=BillState.PAID, instalments=_parts(4_000, 6_000))
    assert paid.next_due is None
    void = makers.bill(10_000, state=BillState.VOID, instalments=_parts(4_000, 6_000))
    assert ([left.minor for left in void.instalments_left], void.next_due) == ([0, 0], None)


def test_a_bill_without_instalments_is_due_as_a_whole() -> None:
    assert makers.bill(10_000, settled=1).next_due == (date(2026, 6, 15), Money(9_999, "INR"))
    assert makers.bill(10_000, settled=10_000).next_due is None
    assert makers.bill(10_000, state=BillState.DRAFT, due_date=None).next_due is None


def test_they_add_up() -> None:
    require_whole((), Money(5, "INR"))
    require_whole(_parts(2, 3), Money(5, "INR"))
    with pytest.raises(InstalmentsMismatch) as refused:
        require_whole(_parts(2, 2), Money(5, "INR"))
    assert refused.value.metadata == {"total": "0.05 INR"}


def test_they_are_in_order() -> None:
    require_in_order((), None)
    require_in_order(_parts(1, 2), date(2026, 2, 15))
    for broken, due, field in (
        (_parts(1, 2)[::-1], None, "bill.instalments[1].due_date"),
        (_parts(1) * 2, None, "bill.instalments[1].due_date"),
        (_parts(1, 2), date(2026, 2, 14), "bill.due_date"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            require_in_order(broken, due)
        assert [violation.field for violation in refused.value.fields] == [field]
