"""Settings and the number series."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.billing.domain.ids import StoreId
from services.billing.domain.numbering import Series, format_number
from services.billing.domain.settings import MerchantSettings, SettingsFields
from services.billing.domain.taxes import TaxCode, TaxRegime, plain
from services.kit.money import Money
from services.kit.sql import later, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.ids import BillId, MerchantId

_COLUMNS = """
    country_code, time_zone, business_name, address, currency, tax_regime, tax_id, region_code, default_tax_code,
    custom_tax_codes, upi_vpa, series_prefix, financial_year_start_month, coin_minor, payment_terms_days, locale,
    version, is_test, gst_composition, other_coins, store_prefixes, logo_sha256, terms
"""
_LOAD = f"SELECT {_COLUMNS} FROM settings WHERE merchant_id = %(merchant_id)s"  # noqa: S608 - constants alone
_INSERT = f"""
INSERT INTO settings (merchant_id, {_COLUMNS}) VALUES (
    %(merchant_id)s, %(country_code)s, %(time_zone)s, %(business_name)s, %(address)s, %(currency)s, %(tax_regime)s,
    %(tax_id)s, %(region_code)s, %(default_tax_code)s, %(custom_tax_codes)s, %(upi_vpa)s, %(series_prefix)s,
    %(financial_year_start_month)s, %(coin_minor)s, %(payment_terms_days)s, %(locale)s, 1,
    %(is_test)s, %(gst_composition)s, %(other_coins)s, %(store_prefixes)s, NULL, %(terms)s
) ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants alone
_UPDATE = """
UPDATE settings SET business_name = %(business_name)s, address = %(address)s, currency = %(currency)s,
    tax_regime = %(tax_regime)s, tax_id = %(tax_id)s, region_code = %(region_code)s,
    default_tax_code = %(default_tax_code)s, custom_tax_codes = %(custom_tax_codes)s, upi_vpa = %(upi_vpa)s,
    series_prefix = %(series_prefix)s, financial_year_start_month = %(financial_year_start_month)s,
    coin_minor = %(coin_minor)s, payment_terms_days = %(payment_terms_days)s, locale = %(locale)s,
    gst_composition = %(gst_composition)s, other_coins = %(other_coins)s, store_prefixes = %(store_prefixes)s,
    terms = %(terms)s, version = version + 1
WHERE merchant_id = %(merchant_id)s AND version = %(version)s
"""
# The row of the series is locked until the transaction ends, so numbers leave no gap: a rollback takes its number back.
_NEXT_SEQUENCE = """
INSERT INTO number_series AS series (merchant_id, prefix, financial_year, last_number)
VALUES (%(merchant_id)s, %(prefix)s, %(financial_year)s, 1)
ON CONFLICT (merchant_id, prefix, financial_year) DO UPDATE SET last_number = series.last_number + 1
RETURNING last_number
"""
_KEEP_NUMBER = """
INSERT INTO bill_numbers (merchant_id, prefix, financial_year, sequence, number, bill_id)
VALUES (%(merchant_id)s, %(prefix)s, %(financial_year)s, %(sequence)s, %(number)s, %(bill_id)s)
"""


def load_settings(tx: Connection, merchant_id: MerchantId) -> MerchantSettings | None:
    """The merchant's settings, None before the first use."""
    row = run(tx, _LOAD, {"merchant_id": merchant_id}).one_or_none()
    return None if row is None else _settings(merchant_id, row)


def insert_first_settings(tx: Connection, merchant_id: MerchantId, settings: MerchantSettings) -> None:
    """Keeps a merchant's first settings, unless somebody was faster."""
    run(tx, _INSERT, _parameters(merchant_id, settings))


def update_settings(tx: Connection, merchant_id: MerchantId, settings: MerchantSettings) -> bool:
    """Overwrites the version that `settings` holds; False if it is not the newest any more."""
    return run(tx, _UPDATE, _parameters(merchant_id, settings)).rowcount == 1


def take_number(tx: Connection, merchant_id: MerchantId, series: Series, bill_id: BillId) -> str:
    """The next number of the series, kept as the bill's. Others who want one wait until `tx` ends.

    Raises NumberSeriesFull.
    """
    key = {"merchant_id": merchant_id, "prefix": series.prefix, "financial_year": series.financial_year}
    sequence: int = run(tx, _NEXT_SEQUENCE, key).scalar_one()
    number = format_number(series, sequence)
    later(tx, _KEEP_NUMBER, key | {"sequence": sequence, "number": number, "bill_id": bill_id})
    return number


def _parameters(merchant_id: MerchantId, settings: MerchantSettings) -> dict[str, Any]:
    fields = settings.fields
    return {
        "merchant_id": merchant_id,
        "country_code": settings.country_code,
        "time_zone": settings.time_zone,
        "business_name": fields.business_name,
        "address": fields.address,
        "currency": fields.currency,
        "tax_regime": fields.tax_regime.value,
        "tax_id": fields.tax_id,
        "region_code": fields.region_code,
        "default_tax_code": fields.default_tax_code,
        "custom_tax_codes": json.dumps(
            [[tax.code, tax.display_name, plain(tax.rate)] for tax in fields.custom_tax_codes]
        ),
        "upi_vpa": fields.upi_vpa,
        "series_prefix": fields.series_prefix,
        "financial_year_start_month": fields.financial_year_start_month,
        "coin_minor": fields.coin.minor if fields.coin else 0,
        "payment_terms_days": fields.payment_terms_days,
        "locale": fields.locale,
        "version": settings.version,
        "is_test": settings.is_test,
        "gst_composition": fields.gst_composition,
        "other_coins": json.dumps([[coin.currency, coin.minor] for coin in fields.other_coins]),
        "store_prefixes": json.dumps([[str(store), prefix] for store, prefix in fields.store_prefixes]),
        "terms": fields.terms,
    }


def _settings(merchant_id: MerchantId, row: Any) -> MerchantSettings:
    return MerchantSettings(
        merchant_id=merchant_id,
        country_code=row.country_code,
        time_zone=row.time_zone,
        version=row.version,
        is_test=row.is_test,
        logo_sha256=bytes(row.logo_sha256 or b""),
        fields=SettingsFields(
            business_name=row.business_name,
            address=row.address,
            currency=row.currency,
            tax_regime=TaxRegime(row.tax_regime),
            tax_id=row.tax_id,
            region_code=row.region_code,
            default_tax_code=row.default_tax_code,
            custom_tax_codes=tuple(TaxCode(code, name, Decimal(rate)) for code, name, rate in row.custom_tax_codes),
            upi_vpa=row.upi_vpa,
            series_prefix=row.series_prefix,
            financial_year_start_month=row.financial_year_start_month,
            coin=Money(row.coin_minor, row.currency) if row.coin_minor else None,
            payment_terms_days=row.payment_terms_days,
            locale=row.locale,
            gst_composition=row.gst_composition,
            other_coins=tuple(Money(minor, currency) for currency, minor in row.other_coins),
            store_prefixes=tuple((StoreId(UUID(store)), prefix) for store, prefix in row.store_prefixes),
            terms=row.terms,
        ),
    )
