"""Settings: made from the merchant's profile on first use."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies

from services.billing import tax_numbers
from services.billing.domain import taxes
from services.billing.domain.audit import Action
from services.billing.domain.errors import SettingsChanged, TaxCodeUnknown, TaxRegimeUnfit
from services.billing.domain.settings import MerchantSettings, SettingsFields, first_settings, required_start_month
from services.billing.domain.taxes import TaxRegime
from services.billing.store.settings import insert_first_settings, load_settings, update_settings
from services.kit import audit
from services.kit.failure import FieldViolation, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId
    from services.billing.usecases.deps import Deps

# Where business is done in another language than the first official one.
_LANGUAGES = {"IN": "en"}


def get(deps: Deps, merchant_id: MerchantId) -> MerchantSettings:
    """The merchant's settings. Raises PeerUnavailable if they are the first and the profile cannot be read."""
    ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        return settings_of(tx, merchant_id)


def update(
    deps: Deps, merchant_id: MerchantId, *, edit: Callable[[SettingsFields], SettingsFields], etag: str
) -> MerchantSettings:
    """Changes the settings by `edit`; an empty `etag` fits every version.

    Raises SettingsChanged, TaxRegimeUnfit, TaxCodeUnknown, InvalidRequest.
    """
    ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        before = settings_of(tx, merchant_id)
        if etag and etag != before.etag:
            raise SettingsChanged
        after = replace(before, fields=edit(before.fields))
        after = replace(after, fields=_checked(before, after, deps))
        if not update_settings(tx, merchant_id, after):
            raise SettingsChanged
        changed = _changed(before.fields, after.fields)
        audit.note(tx, deps, Action.SETTINGS_CHANGED, merchant=merchant_id, fields=changed)
        return replace(after, version=before.version + 1)


def _changed(before: SettingsFields, after: SettingsFields) -> str:
    """The names of what differs."""
    names = (field.name for field in fields(before))
    return ", ".join(name for name in names if getattr(before, name) != getattr(after, name))


def settings_of(tx: Connection, merchant_id: MerchantId) -> MerchantSettings:
    """The settings of a merchant for whom `ensure` was called."""
    settings = load_settings(tx, merchant_id)
    if settings is None:
        raise LookupError("settings are looked for before they were ensured")
    return settings


def ensure(deps: Deps, merchant_id: MerchantId) -> None:
    """Makes the merchant's first settings, unless there are any. Raises PeerUnavailable."""
    if merchant_id in deps.known_merchants:
        return
    with deps.db.transaction(merchant=merchant_id) as tx:
        found = load_settings(tx, merchant_id)
    if found is None:
        profile = deps.merchants.profile(merchant_id)
        country = profile.country_code
        first = first_settings(
            merchant_id, profile, currency=get_territory_currencies(country)[-1], locale=_locale(country)
        )
        with deps.db.transaction(merchant=merchant_id) as tx:
            insert_first_settings(tx, merchant_id, first)
    deps.known_merchants.add(merchant_id)


def _locale(country: str) -> str:
    official = get_official_languages(country)
    return f"{_LANGUAGES.get(country) or (official[0] if official else 'en')}-{country}"


def _checked(before: MerchantSettings, after: MerchantSettings, deps: Deps) -> SettingsFields:
    """The fields, consistent with each other and with the country."""
    fields = after.fields
    if fields.tax_regime not in taxes.regimes_of(after.country_code):
        raise TaxRegimeUnfit(after.country_code)
    if fields.custom_tax_codes and fields.tax_regime is not TaxRegime.GENERIC:
        raise InvalidRequest.of("settings.custom_tax_codes", "are for the generic regime alone")
    tax_id = tax_numbers.normalise(
        fields.tax_id, regime=fields.tax_regime, country_code=after.country_code, field="settings.tax_id"
    )
    region = _region(before.fields, fields, tax_id)
    coin = fields.coin
    if coin is not None and coin.currency != fields.currency:
        if coin != before.fields.coin:
            raise InvalidRequest.of("settings.coin", f"must be in {fields.currency}")
        coin = None
    # One coin a currency: a currency that became the merchant's own has `coin`.
    others = tuple(other for other in fields.other_coins if other.currency != fields.currency)
    if fields.other_coins not in (before.fields.other_coins, others):
        raise InvalidRequest.of("settings.other_coins", f"must not be in {fields.currency}, for which there is coin")
    _check_composition(fields, tax_id)
    start = required_start_month(fields.tax_regime)
    if start is not None and fields.financial_year_start_month != start:
        raise InvalidRequest.of("settings.financial_year_start_month", f"must be {start} under this regime")
    checked = replace(fields, tax_id=tax_id, region_code=region, coin=coin, other_coins=others)
    today = after.business_day(deps.clock.now())
    rules = replace(after, fields=checked).tax_rules
    if taxes.parts_of(rules, checked.default_tax_code, on=today, place_of_supply="") is None:
        raise TaxCodeUnknown("settings.default_tax_code", checked.default_tax_code)
    return checked


def _check_composition(fields: SettingsFields, tax_id: str) -> None:
    """Only who is registered under GST can choose its composition levy."""
    if fields.gst_composition and fields.tax_regime is not TaxRegime.IN_GST:
        raise InvalidRequest.of("settings.gst_composition", "is for Indian GST alone")
    if fields.gst_composition and not tax_id:
        raise InvalidRequest.of("settings.gst_composition", "needs a GSTIN in tax_id")


def _region(before: SettingsFields, after: SettingsFields, tax_id: str) -> str:
    """The merchant's GST state: as written, or else the one in its number; the two must agree."""
    if after.tax_regime is not TaxRegime.IN_GST:
        if after.region_code:
            raise InvalidRequest.of("settings.region_code", "is for Indian GST alone")
        return ""
    named = tax_numbers.region_of(tax_id, after.tax_regime)
    region = after.region_code
    if not region or (named and region == before.region_code and tax_id != before.tax_id):
        # Not written now: a new number brings its own state.
        region = named
    if region and not taxes.is_gst_state(region):
        raise InvalidRequest(FieldViolation("settings.region_code", "must be a state code of GST"))
    if named and region != named:
        raise InvalidRequest.of("settings.region_code", "must be the state that tax_id begins with")
    return region
