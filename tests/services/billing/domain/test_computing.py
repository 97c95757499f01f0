"""How a bill adds up: golden cases as data, and what holds for every bill."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain.bill import LineTerms
from services.billing.domain.computing import allocate, compute
from services.billing.domain.drafting import DraftInput, LineInput, compute_draft
from services.billing.domain.taxes import TaxCode, TaxPart
from services.kit.failure import InvalidRequest
from services.kit.money import Money
from tests.services.billing.domain import makers

_FOLDER = Path(__file__).resolve().parents[3] / "golden" / "bills"
_CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
    for path in sorted(_FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
_DEFAULTS = {"in_gst": ("IN", "INR"), "eu_vat": ("FI", "EUR"), "generic": ("US", "USD")}


@pytest.mark.parametrize(("regime", "case"), _CASES)
def test_golden(regime: str, case: dict[str, Any]) -> None:
    country, currency = _DEFAULTS[regime]
    currency = case.get("currency", currency)
    coin = case.get("coin")
    settings = makers.settings(
        case.get("country", country),
        currency=currency,
        region_code=case.get("region", "29") if regime == "in_gst" else "",
        coin=Money(coin, currency) if coin else None,
        custom_tax_codes=tuple(
            TaxCode(code, code.title(), Decimal(rate)) for code, rate in case.get("codes", {}).items()
        ),
    )
    draft = DraftInput(
        customer_id=makers.CUSTOMER_ID,
        store_id=None,
        lines=tuple(_line(line, currency) for line in case["lines"]),
        discount=Money(case["discount"], currency) if "discount" in case else None,
        currency="",
        place_of_supply=case.get("place", ""),
        due_date=None,
        note="",
    )
    computed = compute_draft(
        draft,
        settings=settings,
        customer=makers.customer(region_code=case.get("customer_region", "")),
        items={},
        on=case.get("day", date(2026, 6, 1)),
    )
    totals, expected = computed.totals, case["expect"]
    assert {tax.display_name: tax.amount.minor for tax in totals.taxes} == expected["taxes"]
    assert totals.net.minor == expected["net"]
    assert totals.rounding.minor == expected.get("rounding", 0)
    assert totals.total.minor == expected["total"]
    if "line_nets" in expected:
        assert [line.net.minor for line in computed.lines] == expected["line_nets"]
    bases = {tax.display_name: tax.base.minor for tax in totals.taxes}
    assert bases.items() >= expected.get("bases", {}).items()


def _line(case: dict[str, Any], currency: str) -> LineInput:
    return LineInput(
        item_id=None,
        description="Thing",
        quantity=Decimal(case.get("quantity", "1")),
        unit_code="",
        unit_price=Money(case["price"], currency),
        price_includes_tax=case.get("inclusive", False),
        discount=Money(case["discount"], currency) if "discount" in case else None,
        tax_code=case["tax"],
        hsn_code="",
    )


_RATES = st.sampled_from([Decimal(rate) for rate in ("0", "0.125", "2.5", "6", "9", "13.5", "20", "25.5")])


@st.composite
def _lines(draw: st.DrawFn) -> list[LineTerms]:
    lines: list[LineTerms] = []
    for _ in range(draw(st.integers(1, 12))):
        quantity = Decimal(draw(st.integers(1, 10_000_000))).scaleb(-3)
        price = draw(st.integers(0, 10_000_000))
        gross = makers.gross(quantity, price)
        discount = draw(st.integers(0, gross))
        inclusive = draw(st.booleans())
        lines.append(
            makers.terms(
                quantity=quantity, price=price, discount=discount, inclusive=inclusive, tax_code=str(len(lines))
            )
        )
    return lines


@given(data=st.data(), lines=_lines(), coin=st.sampled_from([None, 5, 100]))
def test_parts_add_up_to_totals(data: st.DataObject, lines: list[LineTerms], coin: int | None) -> None:
    amounts = [makers.gross(line.quantity, line.unit_price.minor) - line.discount.minor for line in lines]
    discount = data.draw(st.integers(0, sum(amounts)))
    rates = {
        line.tax_code: tuple(
            TaxPart(f"T{number}", rate) for number, rate in enumerate(data.draw(st.lists(_RATES, max_size=3)))
        )
        for line in lines
    }
    computed, totals = compute(
        lines,
        taxes=lambda line: rates[line.tax_code],
        discount=Money(discount, "INR"),
        coin=Money(coin, "INR") if coin else None,
    )
    assert totals.net.minor == sum(line.net.minor for line in computed)
    by_tax: dict[tuple[str, Decimal], int] = {}
    for line in computed:
        for tax in line.taxes:
            by_tax[tax.code, tax.rate] = by_tax.get((tax.code, tax.rate), 0) + tax.amount.minor
    assert {(tax.code, tax.rate): tax.amount.minor for tax in totals.taxes} == by_tax
    assert totals.total.minor == totals.net.minor + sum(by_tax.values()) + totals.rounding.minor
    assert all(line.net.minor >= 0 and tax.amount.minor >= 0 for line in computed for tax in line.taxes)
    # What the customer is charged for lines with tax inside is exactly their price less discounts.
    if all(line.terms.price_includes_tax for line in computed):
        assert totals.total.minor - totals.rounding.minor == sum(amounts) - discount
    if coin:
        assert totals.total.minor % coin == 0
        assert abs(totals.rounding.minor) * 2 <= coin
    minors = [totals.net.minor, totals.total.minor, totals.rounding.minor, *(line.net.minor for line in computed)]
    assert all(type(minor) is int for minor in minors)


@given(
    weights=st.lists(st.integers(0, 10**15), min_size=1, max_size=50),
    share=st.fractions(0, 1),
)
def test_allocation_is_exact_and_fair(weights: list[int], share: Any) -> None:
    amount = int(sum(weights) * share)
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        if whole:
            assert abs(part * whole - amount * weight) < whole
            assert part <= weight


def test_equal_remainders_go_to_the_earlier() -> None:
    assert allocate(5, [1, 1, 1]) == (2, 2, 1)
    assert allocate(0, [0, 0]) == (0, 0)


@pytest.mark.parametrize(
    ("line", "discount", "field"),
    [
        ({"price": 100, "discount": 101}, 0, "bill.lines[0].discount"),
        ({"price": 100}, 101, "bill.discount"),
        ({"price": 10**14, "quantity": Decimal(2)}, 0, "bill.lines[0].quantity"),
    ],
)
def test_what_cannot_be_is_named(line: dict[str, Any], discount: int, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        compute([makers.terms(**line)], taxes=lambda _: (), discount=Money(discount, "INR"), coin=None)
    assert [violation.field for violation in refused.value.fields] == [field]


def test_all_lines_together_may_be_too_much() -> None:
    lines = [makers.terms(price=10**14), makers.terms(price=1)]
    with pytest.raises(InvalidRequest) as refused:
        compute(lines, taxes=lambda _: (), discount=Money(0, "INR"), coin=None)
    assert [violation.field for violation in refused.value.fields] == ["bill.lines"]
