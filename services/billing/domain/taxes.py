"""Which taxes a line bears: by regime, place of supply and day."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from services.billing.domain import tax_tables as tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date


class TaxRegime(StrEnum):
    """The law that a merchant's taxes follow."""

    IN_GST = "IN_GST"
    EU_VAT = "EU_VAT"
    GENERIC = "GENERIC"


class TaxTreatment(StrEnum):
    """Why a line bears the tax that it bears. Returns and recapitulative statements keep these apart."""

    TAXABLE = "TAXABLE"
    # In the tariff at nothing.
    NIL_RATED = "NIL_RATED"
    # An export, say: no tax, yet what was bought for it counts.
    ZERO_RATED = "ZERO_RATED"
    EXEMPT = "EXEMPT"
    # The tax law does not reach it.
    OUTSIDE = "OUTSIDE"
    # Taxable, but the merchant may not collect the tax (composition).
    NOT_COLLECTED = "NOT_COLLECTED"


_TREATMENTS = {
    "GST0": TaxTreatment.NIL_RATED,
    tables.GST_ZERO: TaxTreatment.ZERO_RATED,
    tables.GST_EXEMPT: TaxTreatment.EXEMPT,
    tables.GST_NONE: TaxTreatment.OUTSIDE,
    tables.VAT_ZERO: TaxTreatment.ZERO_RATED,
    tables.VAT_EXEMPT: TaxTreatment.EXEMPT,
    tables.TAX_EXEMPT: TaxTreatment.EXEMPT,
}
# CGST Act section 2(47): "exempt supply" takes in what is nil-rated and what is not taxable.
EXEMPT_SUPPLIES: Final = frozenset((TaxTreatment.NIL_RATED, TaxTreatment.EXEMPT, TaxTreatment.OUTSIDE))
_UNTAXED_IN_INDIA = frozenset((tables.GST_EXEMPT, tables.GST_NONE))


@dataclass(frozen=True, slots=True)
class TaxPart:
    """One tax of a code: "CGST" at 9 percent."""

    code: str
    rate: Decimal

    @property
    def display_name(self) -> str:
        """As printed: "CGST 9%"."""
        return f"{self.code} {plain(self.rate)}%"


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A code that lines may name, and its whole rate in percent."""

    code: str
    display_name: str
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRules:
    """What a merchant's taxes depend on besides the code and the day."""

    regime: TaxRegime
    country_code: str
    # The merchant's GST state; empty elsewhere, or where the merchant has not said.
    region_code: str = ""
    # IN_GST: the merchant pays a share of its turnover and collects no tax (CGST Act section 10).
    composition: bool = False
    # GENERIC: the merchant's own codes.
    custom: tuple[TaxCode, ...] = ()


def plain(number: Decimal) -> str:
    """A decimal as people write it, without needless zeros: "9", "25.5", "100"."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def regimes_of(country_code: str) -> tuple[TaxRegime, ...]:
    """The regimes that a merchant of the country may choose, the usual one first."""
    if country_code == "IN":
        return (TaxRegime.IN_GST,)
    if country_code in tables.EU_VAT_RATES:
        return (TaxRegime.EU_VAT,)
    return (TaxRegime.GENERIC,)


def parts_of(rules: TaxRules, code: str, *, on: date, place_of_supply: str) -> tuple[TaxPart, ...] | None:
    """The taxes that `code` stands for on that day; none for exempt supplies. None: there is no such code.

    `place_of_supply` matters in India alone: within the merchant's own state the rate is halved between CGST and SGST
    (UTGST in a union territory), between states it is all IGST. A merchant that has not named its state counts as
    being where the supply is.
    """
    match rules.regime:
        case TaxRegime.IN_GST:
            return _gst_parts(rules, code, on=on, place_of_supply=place_of_supply)
        case TaxRegime.EU_VAT:
            if code == tables.VAT_EXEMPT:
                return ()
            rate = _rate(tables.EU_VAT_RATES.get(rules.country_code, {}), code, on)
            return None if rate is None else (TaxPart("VAT", rate),)
        case TaxRegime.GENERIC:
            if code == tables.TAX_EXEMPT:
                return ()
            own = next((tax.rate for tax in rules.custom if tax.code == code), None)
            return None if own is None else (TaxPart("Tax", own),)


def _gst_parts(rules: TaxRules, code: str, *, on: date, place_of_supply: str) -> tuple[TaxPart, ...] | None:
    if code in _UNTAXED_IN_INDIA:
        return ()
    rate = Decimal(0) if code == tables.GST_ZERO else _rate(tables.GST_RATES, code, on)
    if rate is None:
        return None
    if rules.composition:
        return ()
    # IGST Act section 7(5): exports and supplies to special economic zones count as between states wherever they go.
    abroad = place_of_supply == tables.GST_ABROAD or code == tables.GST_ZERO
    if abroad or (rules.region_code and place_of_supply and place_of_supply != rules.region_code):
        return (TaxPart("IGST", rate),)
    local = "UTGST" if place_of_supply in tables.GST_UNION_TERRITORIES else "SGST"
    return (TaxPart("CGST", rate / 2), TaxPart(local, rate / 2))


def codes_of(rules: TaxRules, *, on: date) -> tuple[TaxCode, ...]:
    """All codes that lines may name on that day."""
    match rules.regime:
        case TaxRegime.IN_GST:
            return (
                *_codes(tables.GST_RATES, "GST", on),
                TaxCode(tables.GST_EXEMPT, "GST exempt", Decimal(0)),
                TaxCode(tables.GST_ZERO, "GST zero-rated", Decimal(0)),
                TaxCode(tables.GST_NONE, "Outside GST", Decimal(0)),
            )
        case TaxRegime.EU_VAT:
            rates = tables.EU_VAT_RATES.get(rules.country_code, {})
            return (*_codes(rates, "VAT", on), TaxCode(tables.VAT_EXEMPT, "VAT exempt", Decimal(0)))
        case TaxRegime.GENERIC:
            return (*rules.custom, TaxCode(tables.TAX_EXEMPT, "Exempt", Decimal(0)))


def default_code(regime: TaxRegime) -> str:
    """The code of lines that name none, until the merchant chooses another."""
    match regime:
        case TaxRegime.IN_GST:
            return "GST18"
        case TaxRegime.EU_VAT:
            return tables.VAT_STANDARD
        case TaxRegime.GENERIC:
            return tables.TAX_EXEMPT


def treatment_of(code: str, rates: Iterable[Decimal]) -> TaxTreatment:
    """The treatment of a line with this code whose taxes have these rates."""
    known = list(rates)
    if any(known):
        return TaxTreatment.TAXABLE
    if code in _TREATMENTS:
        return _TREATMENTS[code]
    return TaxTreatment.ZERO_RATED if known else TaxTreatment.NOT_COLLECTED


def is_gst_place(code: str) -> bool:
    """Whether the two digits name a place of supply: a state, or abroad."""
    return code in tables.GST_STATES or code == tables.GST_ABROAD


def is_gst_state(code: str) -> bool:
    """Whether GST numbers begin with these two digits somewhere in India."""
    return code in tables.GST_STATES


def _rate(rates: Mapping[str, tuple[tuple[date, Decimal], ...]], code: str, on: date) -> Decimal | None:
    """The rate of the last step that holds on the day; None before the first, or if the code is unknown."""
    return next((rate for since, rate in reversed(rates.get(code, ())) if since <= on), None)


def _codes(rates: Mapping[str, tuple[tuple[date, Decimal], ...]], tax: str, on: date) -> tuple[TaxCode, ...]:
    found = ((code, _rate(rates, code, on)) for code in rates)
    return tuple(TaxCode(code, f"{tax} {plain(rate)}%", rate) for code, rate in found if rate is not None)
