"""Settings: first from the country, then as the merchant says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import settings_pb2, settings_service_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from google.type import decimal_pb2

from services.billing.domain.settings import MerchantProfile
from tests.fakes.billing_peers import HELSINKI
from tests.services.billing.world import at_once, euros, line, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_AUSTIN = MerchantProfile(display_name="Lone Star", country_code="US", time_zone="America/Chicago", address="")


def _get(world: World) -> settings_pb2.Settings:
    return world.settings.GetSettings(settings_service_pb2.GetSettingsRequest())


def test_an_indian_merchant_begins_with_gst(world: World) -> None:
    settings = _get(world)
    assert (settings.country_code, settings.time_zone, settings.currency_code) == ("IN", "Asia/Kolkata", "INR")
    assert (settings.tax_regime, settings.default_tax_code) == (settings_pb2.TAX_REGIME_IN_GST, "GST18")
    assert (settings.business_name, settings.address) == ("Asha Stores", "12 MG Road\nBengaluru 560001")
    assert (settings.series_prefix, settings.financial_year_start_month, settings.locale) == ("INV", 4, "en-IN")
    rates = {code.code: code.rate.value for code in settings.tax_codes}
    assert rates["GST18"] == "18"
    assert rates["GST0_25"] == "0.25"


def test_a_finnish_merchant_begins_with_vat(world: World) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    settings = _get(world)
    assert (settings.currency_code, settings.locale) == ("EUR", "fi-FI")
    assert (settings.tax_regime, settings.default_tax_code) == (settings_pb2.TAX_REGIME_EU_VAT, "VAT_STANDARD")
    assert settings.financial_year_start_month == 1


def test_the_profile_is_asked_for_once(world: World) -> None:
    answers = at_once(6, lambda _: _get(world))
    assert all(answer == answers[0] for answer in answers)
    world.merchants.away = True
    assert _get(world) == answers[0]


def test_without_a_profile_there_is_no_beginning(world: World) -> None:
    world.merchants.away = True
    answer = refused(lambda: _get(world))
    assert (answer.code, answer.reason) == (grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE")
    world.merchants.away = False
    assert _get(world).country_code == "IN"


def test_changes_hold_for_new_bills(world: World) -> None:
    before = _get(world)
    changed = world.configure(
        etag=before.etag,
        business_name="Asha & Daughters",
        tax_id="29aabct1332l1za",
        upi_vpa="asha@okbank",
        series_prefix="BLR",
        coin=rupees(1),
        payment_terms_days=30,
        default_tax_code="GST5",
    )
    assert (changed.tax_id, changed.region_code) == ("29AABCT1332L1ZA", "29")
    assert _get(world) == changed
    bill = world.bill(line(rupees(99, 99), tax_code=""))
    assert bill.number.startswith("BLR/")
    # 99.99 + 2 x 2.50 = 104.99
    assert (bill.totals.rounding, bill.totals.total) == (rupees(0, 1), rupees(105))
    answer = refused(lambda: world.configure(etag=before.etag, series_prefix="OLD"))
    assert (answer.code, answer.reason) == (grpc.StatusCode.ABORTED, "SETTINGS_CHANGED")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tax_regime": settings_pb2.TAX_REGIME_EU_VAT}, "settings.tax_regime"),
        ({"default_tax_code": "VAT_STANDARD"}, "settings.default_tax_code"),
        ({"tax_id": "29AABCT1332L1ZX"}, "settings.tax_id"),
        ({"region_code": "99"}, "settings.region_code"),
        ({"region_code": "27", "tax_id": "29AABCT1332L1ZA"}, "settings.region_code"),
        ({"coin": euros(1)}, "settings.coin"),
        ({"financial_year_start_month": 1}, "settings.financial_year_start_month"),
        ({"financial_year_start_month": 13}, "settings.financial_year_start_month"),
        ({"series_prefix": "blr"}, "settings.series_prefix"),
        ({"series_prefix": "LONG"}, "settings.series_prefix"),
        ({"upi_vpa": "asha"}, "settings.upi_vpa"),
        ({"payment_terms_days": 366}, "settings.payment_terms_days"),
        ({"currency_code": "XXQ"}, "settings.currency_code"),
        (
            {
                "custom_tax_codes": [
                    settings_pb2.TaxCode(code="OWN", display_name="Own", rate=decimal_pb2.Decimal(value="5"))
                ]
            },
            "settings.custom_tax_codes",
        ),
    ],
)
def test_broken_settings_name_the_field(world: World, fields: dict[str, Any], field: str) -> None:
    before = _get(world)
    answer = refused(lambda: world.configure(**fields))
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert answer.fields == (field,)
    assert _get(world) == before


@pytest.mark.parametrize("path", ["business_name", "currency_code", "series_prefix", "default_tax_code", "tax_regime"])
def test_some_things_cannot_be_cleared(world: World, path: str) -> None:
    request = settings_service_pb2.UpdateSettingsRequest(
        settings=settings_pb2.Settings(), update_mask=FieldMask(paths=[path])
    )
    assert refused(lambda: world.settings.UpdateSettings(request)).fields == (f"settings.{path}",)


def test_a_merchant_elsewhere_names_its_own_taxes(world: World) -> None:
    world.merchants.profiles[world.merchant] = _AUSTIN
    sales = settings_pb2.TaxCode(code="TX", display_name="Texas", rate=decimal_pb2.Decimal(value="8.25"))
    settings = world.configure(custom_tax_codes=[sales], default_tax_code="TX", financial_year_start_month=7)
    assert [code.code for code in settings.tax_codes] == ["TX", "TAX_EXEMPT"]
    twice = refused(lambda: world.configure(custom_tax_codes=[sales, sales]))
    assert twice.fields == ("settings.custom_tax_codes[1].code",)
    missing = settings_pb2.Settings()
    request = settings_service_pb2.UpdateSettingsRequest(
        settings=missing, update_mask=FieldMask(paths=["custom_tax_codes"])
    )
    assert refused(lambda: world.settings.UpdateSettings(request)).reason == "TAX_CODE_UNKNOWN"


def test_another_merchants_settings_are_its_own(world: World) -> None:
    neighbour = world.neighbour()
    world.configure(series_prefix="BLR")
    assert _get(neighbour).series_prefix == "INV"
