"""Settings between the wire and the domain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from billmesh.billing.v1 import settings_pb2, settings_service_pb2

from services.billing.convert.fields import paths_from_proto
from services.billing.convert.money import decimal_from_proto, decimal_to_proto
from services.billing.domain.ids import StoreId
from services.billing.domain.taxes import TaxCode, TaxRegime, codes_of
from services.kit.failure import InvalidRequest
from services.kit.ids import from_text, to_text
from services.kit.wire import currency_from_proto, money_from_proto, money_to_proto

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from services.billing.domain.settings import MerchantSettings, SettingsFields
    from services.kit.money import Money

_REGIMES = {
    TaxRegime.IN_GST: settings_pb2.TAX_REGIME_IN_GST,
    TaxRegime.EU_VAT: settings_pb2.TAX_REGIME_EU_VAT,
    TaxRegime.GENERIC: settings_pb2.TAX_REGIME_GENERIC,
}
_REGIMES_BACK = {wire: regime for regime, wire in _REGIMES.items()}
# Name on the wire, name in the domain.
_WRITABLE = {
    "business_name": "business_name",
    "address": "address",
    "currency_code": "currency",
    "tax_regime": "tax_regime",
    "tax_id": "tax_id",
    "region_code": "region_code",
    "default_tax_code": "default_tax_code",
    "custom_tax_codes": "custom_tax_codes",
    "upi_vpa": "upi_vpa",
    "series_prefix": "series_prefix",
    "financial_year_start_month": "financial_year_start_month",
    "coin": "coin",
    "payment_terms_days": "payment_terms_days",
    "locale": "locale",
    "gst_composition": "gst_composition",
    "other_coins": "other_coins",
    "store_series": "store_prefixes",
    "terms": "terms",
}
# What cannot be empty, so that clearing it is a mistake.
_NEEDED = frozenset(
    (
        "business_name",
        "currency_code",
        "tax_regime",
        "default_tax_code",
        "series_prefix",
        "financial_year_start_month",
        "locale",
    )
)


def edit_from_proto(
    request: settings_service_pb2.UpdateSettingsRequest,
) -> Callable[[SettingsFields], SettingsFields]:
    """The change that an update asks for. Raises InvalidRequest."""
    settings = request.settings
    paths = paths_from_proto(request.update_mask, settings, writable=_WRITABLE)
    if list(request.update_mask.paths) == ["*"]:
        # What cannot be empty stays as it is.
        paths -= {path for path in _NEEDED if not getattr(settings, path)}
    for path in sorted(paths & _NEEDED):
        if not getattr(settings, path):
            raise InvalidRequest.of(f"settings.{path}", "must not be empty")
    changes: dict[str, Any] = {_WRITABLE[path]: _value(settings, path) for path in paths}
    return lambda fields: replace(fields, **changes)


def settings_to_proto(settings: MerchantSettings, *, now: datetime) -> settings_pb2.Settings:
    """The settings with the tax codes of the merchant's day."""
    fields = settings.fields
    return settings_pb2.Settings(
        country_code=settings.country_code,
        time_zone=settings.time_zone,
        business_name=fields.business_name,
        address=fields.address,
        currency_code=fields.currency,
        tax_regime=_REGIMES[fields.tax_regime],
        tax_id=fields.tax_id,
        region_code=fields.region_code,
        default_tax_code=fields.default_tax_code,
        custom_tax_codes=[_tax_code_to_proto(code) for code in fields.custom_tax_codes],
        tax_codes=[_tax_code_to_proto(code) for code in codes_of(settings.tax_rules, on=settings.business_day(now))],
        upi_vpa=fields.upi_vpa,
        series_prefix=fields.series_prefix,
        financial_year_start_month=fields.financial_year_start_month,
        coin=money_to_proto(fields.coin) if fields.coin else None,
        payment_terms_days=fields.payment_terms_days,
        locale=fields.locale,
        gst_composition=fields.gst_composition,
        other_coins=[money_to_proto(coin) for coin in fields.other_coins],
        store_series=[
            settings_pb2.StoreSeries(store_id=to_text("sto", store), prefix=prefix)
            for store, prefix in fields.store_prefixes
        ],
        terms=fields.terms,
        etag=settings.etag,
        logo_sha256=settings.logo_sha256.hex(),
    )


def _value(settings: settings_pb2.Settings, path: str) -> object:
    read = _READERS.get(path)
    return getattr(settings, path) if read is None else read(settings)


def _coin(settings: settings_pb2.Settings) -> Money | None:
    coin = money_from_proto(settings.coin, "settings.coin") if settings.HasField("coin") else None
    return coin if coin and coin.minor else None


def _other_coins(settings: settings_pb2.Settings) -> tuple[Money, ...]:
    coins = tuple(
        money_from_proto(coin, f"settings.other_coins[{number}]") for number, coin in enumerate(settings.other_coins)
    )
    _require_once([coin.currency for coin in coins], "settings.other_coins[{}].currency_code")
    return coins


def _store_prefixes(settings: settings_pb2.Settings) -> tuple[tuple[StoreId, str], ...]:
    _require_once([series.store_id for series in settings.store_series], "settings.store_series[{}].store_id")
    return tuple((StoreId(from_text("sto", series.store_id)), series.prefix) for series in settings.store_series)


def _require_once(values: Sequence[str], field: str) -> None:
    for number, value in enumerate(values):
        if value in values[:number]:
            raise InvalidRequest.of(field.format(number), "must not be there twice")


def _custom_codes(settings: settings_pb2.Settings) -> tuple[TaxCode, ...]:
    codes = tuple(
        TaxCode(code.code, code.display_name, decimal_from_proto(code.rate)) for code in settings.custom_tax_codes
    )
    _require_once([code.code for code in codes], "settings.custom_tax_codes[{}].code")
    return codes


def _tax_code_to_proto(code: TaxCode) -> settings_pb2.TaxCode:
    return settings_pb2.TaxCode(code=code.code, display_name=code.display_name, rate=decimal_to_proto(code.rate))


# Of the fields that are more than what stands on the wire.
_READERS: dict[str, Callable[[settings_pb2.Settings], object]] = {
    "currency_code": lambda settings: currency_from_proto(settings.currency_code, "settings.currency_code"),
    "tax_regime": lambda settings: _REGIMES_BACK[settings.tax_regime],
    "custom_tax_codes": _custom_codes,
    "coin": _coin,
    "other_coins": _other_coins,
    "store_series": _store_prefixes,
    "terms": lambda settings: settings.terms.strip(),
}
