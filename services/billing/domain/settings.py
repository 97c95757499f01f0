"""How a merchant bills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from services.billing.domain import taxes
from services.billing.domain.numbering import Series, financial_year
from services.billing.domain.taxes import TaxCode, TaxRegime, TaxRules

if TYPE_CHECKING:
    from datetime import date, datetime

    from services.billing.domain.ids import MerchantId, StoreId
    from services.kit.money import Money

_APRIL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantProfile:
    """What auth knows of a merchant."""

    display_name: str
    country_code: str
    time_zone: str
    # Lines end with "\n".
    address: str
    # A test tenant: its bills reach nobody.
    is_test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFields:
    """What a merchant writes."""

    business_name: str
    address: str
    currency: str
    tax_regime: TaxRegime
    # GSTIN or VAT number, checked; empty if not registered.
    tax_id: str
    # GST state; empty elsewhere.
    region_code: str
    default_tax_code: str
    custom_tax_codes: tuple[TaxCode, ...]
    # Empty: no UPI.
    upi_vpa: str
    series_prefix: str
    financial_year_start_month: int
    # In `currency`; None: totals are not rounded.
    coin: Money | None
    # The same for other currencies, one each.
    other_coins: tuple[Money, ...] = ()
    payment_terms_days: int
    # BCP 47.
    locale: str
    # IN_GST: no tax is collected, and bills are bills of supply.
    gst_composition: bool = False
    # Stores whose bills have a series of their own, and its prefix.
    store_prefixes: tuple[tuple[StoreId, str], ...] = ()
    # What bills that are issued from now on end with; lines end with "\n".
    terms: str = ""

    def coin_of(self, currency: str) -> Money | None:
        """What totals in that currency are rounded to; None: they are not."""
        coins = (self.coin, *self.other_coins)
        return next((coin for coin in coins if coin is not None and coin.currency == currency), None)

    def prefix_of(self, store_id: StoreId | None) -> str:
        """What the numbers of a store's bills begin with."""
        return next((prefix for store, prefix in self.store_prefixes if store == store_id), self.series_prefix)


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantSettings:
    """A merchant's settings as stored."""

    merchant_id: MerchantId
    country_code: str
    # IANA.
    time_zone: str
    fields: SettingsFields
    version: int = 1
    # A test tenant's: its bills are in no person's list.
    is_test: bool = False
    # SHA-256 of the logo's bytes; empty without one.
    logo_sha256: bytes = b""

    @property
    def etag(self) -> str:
        """Names this version."""
        return f"v{self.version}"

    @property
    def tax_rules(self) -> TaxRules:
        """What taxes depend on."""
        return TaxRules(
            regime=self.fields.tax_regime,
            country_code=self.country_code,
            region_code=self.fields.region_code,
            composition=self.fields.gst_composition,
            custom=self.fields.custom_tax_codes,
        )

    def business_day(self, moment: datetime) -> date:
        """The merchant's date at `moment`."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    def series(self, on: date, *, store: StoreId | None = None) -> Series:
        """The number series of bills issued on that day, of a store or of none."""
        start = self.fields.financial_year_start_month
        return Series(self.fields.prefix_of(store), financial_year(on, start_month=start))


def first_settings(
    merchant_id: MerchantId, profile: MerchantProfile, *, currency: str, locale: str
) -> MerchantSettings:
    """What suits the merchant's country until the merchant says otherwise."""
    regime = taxes.regimes_of(profile.country_code)[0]
    return MerchantSettings(
        merchant_id=merchant_id,
        country_code=profile.country_code,
        time_zone=profile.time_zone,
        is_test=profile.is_test,
        fields=SettingsFields(
            business_name=profile.display_name,
            address=profile.address,
            currency=currency,
            tax_regime=regime,
            tax_id="",
            region_code="",
            default_tax_code=taxes.default_code(regime),
            custom_tax_codes=(),
            upi_vpa="",
            series_prefix="INV",
            financial_year_start_month=required_start_month(regime) or 1,
            coin=None,
            payment_terms_days=0,
            locale=locale,
        ),
    )


def required_start_month(regime: TaxRegime) -> int | None:
    """The month in which the law lets the financial year begin; None where the merchant may choose."""
    return _APRIL if regime is TaxRegime.IN_GST else None
