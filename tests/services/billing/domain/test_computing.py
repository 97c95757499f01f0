"""How a bill adds up: golden cases as data, and what holds for every bill."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain.bill import LineTerms
from services.billing.domain.computing import allocate, compute
from services.billing.domain.drafting import DraftInput, LineInput, compute_draft
from services.billing.domain.ids import StoreId
from services.billing.domain.numbering import format_number
from services.billing.domain.taxes import TaxCode, TaxPart
from services.kit.failure import InvalidRequest
from services.kit.money import Money
from tests.services.billing.domain import makers

if TYPE_CHECKING:
    from services.billing.domain.settings import MerchantSettings

_FOLDER = Path(__file__).resolve().parents[3] / "golden" / "bills"
_CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
    for path in sorted(_FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
_STORE = StoreId(UUID(int=4))
_NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_there_are_enough_golden_cases() -> None:
    assert len(_CASES) >= 150
    assert len({case.id for case in _CASES}) == len(_CASES)


@pytest.mark.parametrize(("file", "case"), _CASES)
def test_golden(file: str, case: dict[str, Any]) -> None:
    settings = _settings(file, case)
    currency = case.get("bill_currency", settings.fields.currency)
    moment = datetime.fromisoformat(case["at"]) if "at" in case else _NOON
    day = date.fromisoformat(str(case["day"])) if "day" in case else settings.business_day(moment)
    computed = compute_draft(
        _draft(case, currency),
        settings=settings,
        customer=makers.customer(region_code=case.get("customer_region", ""), tax_id=case.get("customer_tax_id", "")),
        items={},
        on=day,
    )
    totals, expected = computed.totals, case["expect"]
    assert {tax.display_name: tax.amount.minor for tax in totals.taxes} == expected["taxes"]
    assert totals.net.minor == expected["net"]
    assert totals.rounding.minor == expected.get("rounding", 0)
    assert totals.total.minor == expected["total"]
    assert totals.total.currency == currency
    if "line_nets" in expected:
        assert [line.net.minor for line in computed.lines] == expected["line_nets"]
    bases = {tax.display_name: tax.base.minor for tax in totals.taxes}
    assert bases.items() >= expected.get("bases", {}).items()
    assert computed.document == expected.get("document", computed.document)
    if "treatments" in expected:
        assert [line.treatment.value for line in computed.lines] == expected["treatments"]
    if "number" in expected:
        assert day.isoformat() == str(expected["issue_date"])
        assert format_number(settings.series(day, store=_STORE), 1) == expected["number"]


def _settings(file: str, case: dict[str, Any]) -> MerchantSettings:
    """The case's merchant: of Finland where the file is about Europe, else of Karnataka, unless the case says so."""
    country, currency = ("FI", "EUR") if file.startswith("eu_") else ("IN", "INR")
    country, currency = case.get("country", country), case.get("currency", currency)
    settings = makers.settings(
        country,
        currency=currency,
        region_code=case.get("region", "29") if country == "IN" else "",
        tax_id=case.get("tax_id", ""),
        gst_composition=case.get("composition", False),
        coin=Money(case["coin"], currency) if "coin" in case else None,
        other_coins=tuple(Money(minor, code) for code, minor in case.get("other_coins", {}).items()),
        store_prefixes=((_STORE, case["store_prefix"]),) if "store_prefix" in case else (),
        custom_tax_codes=tuple(
            TaxCode(code, code.title(), Decimal(rate)) for code, rate in case.get("codes", {}).items()
        ),
    )
    if "start_month" in case:
        settings = replace(settings, fields=replace(settings.fields, financial_year_start_month=case["start_month"]))
    return replace(settings, time_zone=case.get("zone", "Asia/Kolkata"))


def _draft(case: dict[str, Any], currency: str) -> DraftInput:
    return DraftInput(
        customer_id=makers.CUSTOMER_ID,
        store_id=None,
        lines=tuple(_line(line, currency) for line in case["lines"]),
        discount=Money(case["discount"], currency) if "discount" in case else None,
        currency=currency,
        place_of_supply=case.get("place", ""),
        due_date=None,
        note="",
    )


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
