"""Limits and what is held against them."""

from __future__ import annotations

import pytest

from services.billing.domain import credit
from services.billing.domain.customer import Balance
from services.billing.domain.customer_errors import CreditLimitDenied, CreditLimitReached
from services.kit.money import Money


def _inr(minor: int) -> Money:
    return Money(minor, "INR")


_OWES = (Balance(Money(10**6, "EUR"), Money(0, "EUR")), Balance(_inr(700), _inr(200)))


@pytest.mark.parametrize(
    ("limit", "more"),
    [
        (None, _inr(10**9)),
        (_inr(600), _inr(100)),
        (_inr(0), _inr(0)),
        (Money(1, "EUR"), _inr(100)),
    ],
)
def test_within_the_limit(limit: Money | None, more: Money) -> None:
    credit.require_within(limit, _OWES, more=more)


@pytest.mark.parametrize(("limit", "more", "left"), [(600, 101, "1.00 INR"), (500, 1, "0.00 INR"), (0, 5, "0.00 INR")])
def test_beyond_the_limit(limit: int, more: int, left: str) -> None:
    with pytest.raises(CreditLimitReached) as caught:
        credit.require_within(_inr(limit), _OWES, more=_inr(more))
    assert caught.value.metadata == {"left": left}


def test_without_a_balance_all_of_the_limit_is_left() -> None:
    credit.require_within(_inr(5), (), more=_inr(5))
    with pytest.raises(CreditLimitReached):
        credit.require_within(_inr(5), _OWES[:1], more=_inr(6))


def test_over_the_limit() -> None:
    euros, rupees = _OWES
    assert [credit.is_over(limit, rupees) for limit in (None, _inr(499), _inr(500))] == [False, True, False]
    assert not credit.is_over(_inr(0), euros)


def test_who_decides() -> None:
    for role in ("owner", "manager"):
        credit.require_may_set(frozenset((role, "cashier")))
        credit.require_may_waive(frozenset((role,)))
    credit.require_may_set(frozenset((credit.CLIENT,)))
    for roles in ((), ("cashier", "viewer", "accountant")):
        with pytest.raises(CreditLimitDenied):
            credit.require_may_set(frozenset(roles))
    with pytest.raises(CreditLimitDenied):
        credit.require_may_waive(frozenset((credit.CLIENT,)))
