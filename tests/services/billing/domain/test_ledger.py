"""What events post."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain import ledger
from services.billing.domain.bill import TaxAmount, Totals
from services.billing.domain.ids import LegId, MerchantId
from services.billing.domain.payment import (
    Card,
    Cash,
    Cheque,
    CustomerCredit,
    LegTerms,
    Method,
    Upi,
    first_leg,
    settle,
)
from services.kit.money import Money
from tests.services.billing.domain import makers


def _inr(minor: int) -> Money:
    return Money(minor, "INR")


def _sum(postings: tuple[ledger.Posting, ...]) -> int:
    return sum(posting.amount.minor for posting in postings)


@given(net=st.integers(0, 10**12), tax=st.integers(0, 10**10), rounding=st.integers(-50, 50))
def test_an_issue_balances_and_its_void_undoes_it(net: int, tax: int, rounding: int) -> None:
    taxes = tuple(
        TaxAmount(code, code, Decimal(rate), _inr(net), _inr(tax))
        for code, rate in (("CGST", 9), ("SGST", 9), ("CGST", 6))
    )
    total = net + 3 * tax + rounding
    bill = makers.bill(totals=Totals(_inr(net), taxes, _inr(rounding), _inr(total)))
    issued, voided = ledger.issue_postings(bill), ledger.void_postings(bill)
    assert _sum(issued) == 0
    assert all(posting.amount.minor for posting in issued)
    assert [(p.account, -p.amount.minor) for p in issued] == [(p.account, p.amount.minor) for p in voided]
    # Both CGST rates are one account.
    assert len({posting.account for posting in issued}) == len(issued)


_METHODS: list[Method] = [
    Upi("4" * 12),
    Card("4242", "A"),
    Cash(),
    Cheque("000123", "SBI", makers.NOW.date()),
    CustomerCredit(),
]


@given(
    outstanding=st.integers(0, 10**12),
    amounts=st.lists(st.tuples(st.sampled_from(_METHODS), st.integers(1, 10**12)), min_size=1),
)
def test_a_payment_balances(outstanding: int, amounts: list[tuple[Method, int]]) -> None:
    allocations = settle(_inr(outstanding), [_inr(amount) for _, amount in amounts])
    legs = [
        first_leg(LegId(UUID(int=n)), LegTerms(_inr(amount), method), done)
        for n, ((method, amount), done) in enumerate(zip(amounts, allocations, strict=True))
    ]
    postings = ledger.payment_postings(makers.CUSTOMER_ID, legs)
    assert _sum(postings) == 0
    by_code = {posting.account.code: posting.amount.minor for posting in postings}
    assert -by_code.get(ledger.RECEIVABLE, 0) == min(outstanding, sum(amount for _, amount in amounts))
    assert len({posting.account for posting in postings}) == len(postings)
    contrary = {posting.account: -posting.amount for posting in ledger.bounce_postings(makers.CUSTOMER_ID, legs)}
    assert contrary == {posting.account: posting.amount for posting in postings}


@given(reopened=st.integers(0, 10**12), from_credit=st.integers(1, 10**12), method=st.sampled_from(_METHODS))
def test_a_refund_balances(reopened: int, from_credit: int, method: Method) -> None:
    refund = makers.refund(reopened, from_credit, method=method)
    postings = ledger.refund_postings(refund)
    assert _sum(postings) == 0
    owed = {posting.account.code: posting.amount.minor for posting in postings}.get(ledger.RECEIVABLE, 0)
    assert owed == reopened


def test_an_account_is_the_same_for_the_same_name_only() -> None:
    account = ledger.Account(ledger.RECEIVABLE, makers.CUSTOMER_ID, "INR")
    assert account.id(makers.MERCHANT_ID) == ledger.Account(ledger.RECEIVABLE, makers.CUSTOMER_ID, "INR").id(
        makers.MERCHANT_ID
    )
    others = [
        account.id(MerchantId(UUID(int=9))),
        ledger.Account(ledger.RECEIVABLE, makers.CUSTOMER_ID, "EUR").id(makers.MERCHANT_ID),
        ledger.Account(ledger.RECEIVABLE, None, "INR").id(makers.MERCHANT_ID),
        ledger.Account(ledger.CUSTOMER_CREDIT, makers.CUSTOMER_ID, "INR").id(makers.MERCHANT_ID),
    ]
    assert len({account.id(makers.MERCHANT_ID), *others}) == 5
