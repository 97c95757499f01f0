"""Refunds: what can be given back, and where it comes from."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain.errors import PaymentStateWrong
from services.billing.domain.ids import LegId
from services.billing.domain.money_errors import RefundCeilingExceeded, RefundMethodUnfit, RefundTooHigh
from services.billing.domain.payment import (
    Cash,
    Cheque,
    CustomerCredit,
    LegState,
    LegTerms,
    MethodKind,
    PaymentLeg,
    first_leg,
    may_become,
    nothing_settled,
    rejected,
    settle,
    verified,
)
from services.billing.domain.refund import refunded, require_allowed, require_fit, require_refundable, split
from services.kit.money import Money
from tests.services.billing.domain import makers


def _inr(minor: int) -> Money:
    return Money(minor, "INR")


def _leg(amount: int, *, outstanding: int, method: Cash | Cheque = Cash()) -> PaymentLeg:  # noqa: B008 - immutable
    (allocation,) = settle(_inr(outstanding), [_inr(amount)])
    return first_leg(LegId(UUID(int=1)), LegTerms(_inr(amount), method), allocation)


@given(
    amount=st.integers(1, 1000),
    outstanding=st.integers(0, 1000),
    credit=st.integers(0, 1000),
    asked=st.lists(st.integers(1, 1000), max_size=4),
)
def test_no_more_goes_back_than_came(amount: int, outstanding: int, credit: int, asked: list[int]) -> None:
    leg = _leg(amount, outstanding=outstanding)
    back = 0
    for part in asked:
        refundable = leg.allocation.settled.minor + min(leg.allocation.credited.minor, credit)
        if leg.state is LegState.REFUNDED:
            with pytest.raises(PaymentStateWrong):
                require_refundable(leg, "leg_x")
            continue
        if part > refundable:
            with pytest.raises(RefundTooHigh):
                split(leg, _inr(part), credit=_inr(credit))
            continue
        parts = split(leg, _inr(part), credit=_inr(credit))
        credit -= parts.from_credit.minor
        leg = refunded(leg, parts, outstanding=_inr(0))
        back += part
        assert leg.refunded.minor == back <= amount
        assert leg.allocation.settled.minor + leg.allocation.credited.minor + back == amount
        assert (leg.state is LegState.REFUNDED) == (back == amount)


def test_credit_goes_first() -> None:
    leg = _leg(100, outstanding=60)
    parts = split(leg, _inr(50), credit=_inr(1000))
    assert (parts.reopened.minor, parts.from_credit.minor) == (10, 40)
    with pytest.raises(RefundTooHigh) as high:
        split(leg, _inr(100), credit=_inr(39))
    assert high.value.metadata == {"refundable": "0.99 INR"}


def test_a_ceiling_is_in_its_own_currency() -> None:
    require_allowed(_inr(500), None)
    require_allowed(_inr(500), _inr(500))
    for ceiling in (_inr(499), Money(10_000, "EUR")):
        with pytest.raises(RefundCeilingExceeded):
            require_allowed(_inr(500), ceiling)


def test_credit_goes_back_to_credit_and_nothing_else_does() -> None:
    require_fit(CustomerCredit(), MethodKind.CUSTOMER_CREDIT)
    require_fit(Cash(), MethodKind.UPI)
    require_fit(Cash(), None)
    for method, paid_by in (
        (Cash(), MethodKind.CUSTOMER_CREDIT),
        (CustomerCredit(), MethodKind.CASH),
        (CustomerCredit(), None),
    ):
        with pytest.raises(RefundMethodUnfit):
            require_fit(method, paid_by)


def test_only_cheques_bounce_and_only_while_nothing_went_back() -> None:
    cheque = _leg(100, outstanding=60, method=Cheque("000123", "SBI", makers.NOW.date()))
    assert may_become(cheque, LegState.REJECTED)
    assert may_become(verified(cheque, cheque.allocation), LegState.REJECTED)
    assert not may_become(_leg(100, outstanding=60), LegState.REJECTED)
    part = refunded(cheque, split(cheque, _inr(1), credit=_inr(0)), outstanding=_inr(0))
    assert not may_become(part, LegState.REJECTED)
    bounced = rejected(cheque, reason="No funds", outstanding=_inr(60))
    assert (bounced.state, bounced.allocation) == (LegState.REJECTED, nothing_settled(_inr(60)))
    assert not may_become(bounced, LegState.VERIFIED)
