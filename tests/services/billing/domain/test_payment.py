"""How legs settle a bill."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain.bill import BillState, state_after
from services.billing.domain.payment import nothing_settled, settle
from services.kit.money import Money

_AMOUNTS = st.integers(1, 10**15)


@given(outstanding=st.integers(0, 10**15), amounts=st.lists(_AMOUNTS, min_size=1, max_size=20))
def test_every_paisa_of_a_payment_is_somewhere(outstanding: int, amounts: list[int]) -> None:
    left = outstanding
    allocations = settle(Money(outstanding, "INR"), [Money(amount, "INR") for amount in amounts])
    for amount, allocation in zip(amounts, allocations, strict=True):
        assert allocation.settled.minor + allocation.credited.minor == amount
        assert allocation.outstanding_after.minor == left - allocation.settled.minor >= 0
        # Nothing becomes credit while the bill still asks for something.
        assert allocation.credited.minor == 0 or allocation.outstanding_after.minor == 0
        left = allocation.outstanding_after.minor
    assert sum(a.settled.minor for a in allocations) == min(outstanding, sum(amounts))


def test_what_waits_settles_nothing() -> None:
    allocation = nothing_settled(Money(500, "INR"))
    assert (allocation.settled.minor, allocation.credited.minor, allocation.outstanding_after.minor) == (0, 0, 500)


def test_states_follow_what_is_settled() -> None:
    total = Money(100, "INR")
    assert state_after(total, Money(0, "INR")) is BillState.ISSUED
    assert state_after(total, Money(1, "INR")) is BillState.PARTLY_PAID
    assert state_after(total, Money(100, "INR")) is BillState.PAID
    assert state_after(Money(0, "INR"), Money(0, "INR")) is BillState.PAID
