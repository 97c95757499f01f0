"""Tax numbers are held against their check digits."""

from __future__ import annotations

import pytest

from services.billing.domain.taxes import TaxRegime
from services.billing.tax_numbers import normalise
from services.kit.failure import InvalidRequest


def gstin(text: str) -> str:
    return normalise(text, regime=TaxRegime.IN_GST, country_code="IN", field="tax_id")


# The check digits of the last two were reckoned by hand: Luhn, modulo 36.
@pytest.mark.parametrize("number", ["27AAPFU0939F1ZV", "38AAPFU0939F1ZS", "97AAPFU0939F1ZO"])
def test_a_gstin_of_any_state(number: str) -> None:
    assert gstin(f" {number[:5]} {number[5:].lower()}") == number


@pytest.mark.parametrize(
    "number",
    [
        "27AAPFU0939F1ZW", "38AAPFU0939F1ZV", "97AAPFU0939F1ZS", "38AAPFU0939F0ZU", "38AAPFU0939F1AS",
        "38AAPXU0939F1ZS", "39AAPFU0939F1ZQ", "38AAPFU0939F1Z", "38AAPFU0939F1ZSS", "38", "38१APFU0939F1ZS",
        "38AAPFU0939F1ß",
    ],
)  # fmt: skip
def test_what_is_no_gstin(number: str) -> None:
    with pytest.raises(InvalidRequest, match="tax_id"):
        gstin(number)


def test_vat_numbers_have_the_prefix_of_their_country() -> None:
    def vat(text: str, country: str) -> str:
        return normalise(text, regime=TaxRegime.EU_VAT, country_code=country, field="tax_id")

    assert vat("2077474-0", "FI") == "FI20774740"
    assert vat("094259216", "GR") == "EL094259216"
    with pytest.raises(InvalidRequest, match="tax_id"):
        vat("2077474-1", "FI")
