"""Tax codes and the days from which they hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.billing.domain import tax_tables, taxes
from services.billing.domain.taxes import TaxCode, TaxRegime, TaxRules

_TODAY = date(2026, 6, 1)
_INDIA = TaxRules(regime=TaxRegime.IN_GST, country_code="IN", region_code="29")


@pytest.mark.parametrize(
    ("country", "regime"), [("IN", TaxRegime.IN_GST), ("FI", TaxRegime.EU_VAT), ("US", TaxRegime.GENERIC)]
)
def test_regimes_follow_the_country(country: str, regime: TaxRegime) -> None:
    assert taxes.regimes_of(country) == (regime,)


@pytest.mark.parametrize("country", sorted(tax_tables.EU_VAT_RATES))
def test_every_member_state_has_its_codes(country: str) -> None:
    rules = TaxRules(regime=TaxRegime.EU_VAT, country_code=country)
    codes = {code.code: code.rate for code in taxes.codes_of(rules, on=_TODAY)}
    assert Decimal(15) <= codes[tax_tables.VAT_STANDARD] <= Decimal(27)
    assert all(rate < codes[tax_tables.VAT_STANDARD] for code, rate in codes.items() if code != tax_tables.VAT_STANDARD)
    for code, rate in codes.items():
        parts = taxes.parts_of(rules, code, on=_TODAY, place_of_supply="")
        assert parts is not None
        assert sum(part.rate for part in parts) == rate


@pytest.mark.parametrize("place", ["29", "27", "04", ""])
def test_gst_parts_add_up_to_the_code(place: str) -> None:
    for code in taxes.codes_of(_INDIA, on=_TODAY):
        parts = taxes.parts_of(_INDIA, code.code, on=_TODAY, place_of_supply=place)
        assert parts is not None
        assert sum(part.rate for part in parts) == code.rate


def test_steps_of_a_rate_are_in_order() -> None:
    tables = [tax_tables.GST_RATES, *tax_tables.EU_VAT_RATES.values()]
    for steps in (steps for table in tables for steps in table.values()):
        days = [since for since, _ in steps]
        assert days == sorted(set(days))


def test_a_code_does_not_exist_before_its_day() -> None:
    before = taxes.parts_of(_INDIA, "GST40", on=date(2025, 9, 21), place_of_supply="29")
    assert before is None
    assert "GST40" not in {code.code for code in taxes.codes_of(_INDIA, on=date(2025, 9, 21))}


@pytest.mark.parametrize("regime", list(TaxRegime))
def test_unknown_codes_are_unknown(regime: TaxRegime) -> None:
    rules = TaxRules(regime=regime, country_code="FI")
    assert taxes.parts_of(rules, "GST17", on=_TODAY, place_of_supply="") is None


def test_own_codes() -> None:
    own = TaxCode("SALES", "Sales tax", Decimal("8.875"))
    rules = TaxRules(regime=TaxRegime.GENERIC, country_code="US", custom=(own,))
    assert own in taxes.codes_of(rules, on=_TODAY)
    parts = taxes.parts_of(rules, "SALES", on=_TODAY, place_of_supply="")
    assert parts is not None
    assert [part.display_name for part in parts] == ["Tax 8.875%"]
    assert taxes.default_code(TaxRegime.GENERIC) == tax_tables.TAX_EXEMPT


@pytest.mark.parametrize(
    ("number", "text"), [("9", "9"), ("9.00", "9"), ("25.50", "25.5"), ("100", "100"), ("0", "0"), ("1E+2", "100")]
)
def test_plain_numbers(number: str, text: str) -> None:
    assert taxes.plain(Decimal(number)) == text
