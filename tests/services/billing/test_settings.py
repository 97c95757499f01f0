"""Settings: first from the country, then as the merchant says."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import bill_pb2, public_bill_service_pb2, settings_pb2, settings_service_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from google.type import decimal_pb2

from services.billing.domain.settings import MerchantProfile
from services.kit.ids import to_text
from tests.fakes.billing_peers import HELSINKI
from tests.services.billing.world import at_once, euros, line, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_STORE_ID = to_text("sto", uuid.UUID(int=7))
_AUSTIN = MerchantProfile(display_name="Lone Star", country_code="US", time_zone="America/Chicago", address="")


def _get(world: World) -> settings_pb2.Settings:
    return world.settings.GetSettings(settings_service_pb2.GetSettingsRequest())


def _series(prefix: str) -> settings_pb2.StoreSeries:
    return settings_pb2.StoreSeries(store_id=_STORE_ID, prefix=prefix)


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
        ({"other_coins": [rupees(1)]}, "settings.other_coins"),
        ({"other_coins": [euros(1), euros(2)]}, "settings.other_coins[1].currency_code"),
        ({"other_coins": [euros(0)]}, "settings.other_coins[0]"),
        ({"gst_composition": True}, "settings.gst_composition"),
        ({"store_series": [_series("BLR"), _series("MUM")]}, "settings.store_series[1].store_id"),
        ({"store_series": [_series("long")]}, "settings.store_series[0].prefix"),
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


def test_under_the_composition_levy_no_tax_is_collected(world: World) -> None:
    world.configure(tax_id="29AABCT1332L1ZA", gst_composition=True)
    bill = world.bill(line(rupees(100)))
    assert (bill.document, bill.totals.total) == (bill_pb2.BILL_DOCUMENT_COMPOSITION_BILL, rupees(100))
    assert list(bill.totals.taxes) == []
    assert bill.lines[0].tax_treatment == bill_pb2.TAX_TREATMENT_NOT_COLLECTED
    assert world.get(bill) == bill
    page = world.public.GetBillPage(
        public_bill_service_pb2.GetBillPageRequest(token=bill.public_url.rpartition("/")[2])
    ).data.decode()
    assert f"Bill of supply {bill.number}" in page
    assert "Composition taxable person, not eligible to collect tax on supplies" in page
    elsewhere = refused(lambda: world.draft(place_of_supply="27"))
    assert elsewhere.fields == ("bill.place_of_supply",)
    mask = FieldMask(paths=["tax_id"])
    request = settings_service_pb2.UpdateSettingsRequest(settings=settings_pb2.Settings(), update_mask=mask)
    assert refused(lambda: world.settings.UpdateSettings(request)).fields == ("settings.gst_composition",)


def test_the_levy_of_the_day_of_issue_counts(world: World) -> None:
    world.configure(tax_id="29AABCT1332L1ZA")
    draft = world.draft(line(rupees(100)))
    assert (draft.document, draft.totals.total) == (bill_pb2.BILL_DOCUMENT_TAX_INVOICE, rupees(118))
    world.configure(gst_composition=True)
    issued = world.issue(draft)
    assert (issued.document, issued.totals.total) == (bill_pb2.BILL_DOCUMENT_COMPOSITION_BILL, rupees(100))
    assert world.trial_balance() == {"RECEIVABLE": 10_000, "SALES": -10_000}


def test_each_currency_has_its_coin(world: World) -> None:
    settings = world.configure(coin=rupees(1), other_coins=[euros(0, 5)])
    assert (settings.coin, list(settings.other_coins)) == (rupees(1), [euros(0, 5)])
    in_euros = world.bill(line(euros(1, 3), tax_code="GST_EXEMPT"), currency_code="EUR")
    assert in_euros.totals.total == euros(1, 5)
    assert world.bill(line(rupees(1, 49), tax_code="GST_EXEMPT")).totals.total == rupees(1)


def test_a_store_has_a_series_of_its_own(world: World) -> None:
    world.configure(store_series=[_series("BLR")])
    assert world.bill(store_id=_STORE_ID).number.startswith("BLR/")
    assert world.bill(store_id=to_text("sto", uuid.UUID(int=8))).number.startswith("INV/")
    assert [world.bill(store_id=_STORE_ID).number[-6:], world.bill().number[-6:]] == ["000002", "000002"]


def test_exempt_goods_make_a_bill_of_supply(world: World) -> None:
    world.configure(tax_id="29AABCT1332L1ZA")
    bill = world.bill(line(rupees(100), tax_code="GST_EXEMPT"), line(rupees(5), tax_code="GST_NONE"))
    assert bill.document == bill_pb2.BILL_DOCUMENT_BILL_OF_SUPPLY
    treatments = [bill_pb2.TAX_TREATMENT_EXEMPT, bill_pb2.TAX_TREATMENT_OUTSIDE]
    assert [found.tax_treatment for found in bill.lines] == treatments
    export = world.bill(line(rupees(100), tax_code="GST_ZERO"), place_of_supply="96")
    assert [tax.display_name for tax in export.totals.taxes] == ["IGST 0%"]
