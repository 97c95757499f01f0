"""Tax numbers: GSTINs and VAT numbers, held against their check digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdnum import luhn
from stdnum.eu import vat
from stdnum.in_ import gstin

from services.billing.domain.taxes import TaxRegime
from services.kit.failure import InvalidRequest

if TYPE_CHECKING:
    from services.billing.domain.settings import MerchantSettings

# Greece and Northern Ireland have VAT prefixes of their own.
_VAT_PREFIXES = {"GR": "EL"}
# Ladakh and other territory, which the library does not know.
_LATER_STATES = frozenset(("38", "97"))
_GSTIN_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def normalise(text: str, *, regime: TaxRegime, country_code: str, field: str) -> str:
    """The number without blanks and in capital letters; under EU VAT with its country's prefix. Empty stays empty.

    Raises InvalidRequest if it cannot be a number of the regime. Under the generic regime anything goes.
    """
    compact = text.replace(" ", "").upper()
    if not compact:
        return ""
    match regime:
        case TaxRegime.IN_GST:
            if not _is_gstin(compact):
                raise InvalidRequest.of(field, "must be a GSTIN whose check digit is right")
        case TaxRegime.EU_VAT:
            compact = compact.replace(".", "").replace("-", "")
            if not compact[:2].isalpha():
                compact = _VAT_PREFIXES.get(country_code, country_code) + compact
            if not vat.is_valid(compact):
                raise InvalidRequest.of(field, "must be a VAT number whose check digits are right")
        case TaxRegime.GENERIC:
            pass
    return compact


def of_customer(text: str, settings: MerchantSettings) -> str:
    """A customer's number, by the merchant's regime."""
    return normalise(
        text, regime=settings.fields.tax_regime, country_code=settings.country_code, field="customer.tax_id"
    )


def region_of(tax_id: str, regime: TaxRegime) -> str:
    """The GST state that a GSTIN names; empty under other regimes and for no number."""
    return tax_id[:2] if regime is TaxRegime.IN_GST else ""


def _is_gstin(number: str) -> bool:
    if number[:2] not in _LATER_STATES:
        return gstin.is_valid(number)
    # All but the state is held against a number of a state that the library knows, the check digit by itself.
    known = f"01{number[2:14]}"
    checked = known + luhn.calc_check_digit(known, _GSTIN_DIGITS) if known.isalnum() and known.isascii() else ""
    return gstin.is_valid(checked) and luhn.is_valid(number, _GSTIN_DIGITS)
