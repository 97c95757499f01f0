"""How the demo's merchants bill, and whom: tax numbers, UPI address, customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import (
    customer_pb2,
    customer_service_pb2,
    customer_service_pb2_grpc,
    settings_pb2,
    settings_service_pb2,
    settings_service_pb2_grpc,
)
from google.type import money_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tools.client.edge import Edge
    from tools.seed.merchants import Merchant
    from tools.seed.notebook import Notebook

# Karnataka; a PAN that nobody has; first registration. The last character is the check character.
DEMO_GSTIN = "29AAAPZ9999A1ZW"
# Its check digit fits, and it is older than the first number ever given.
DEMO_VAT_NUMBER = "FI00000019"
# A handle that no payment provider has: nobody can pay a stranger by scanning the demo's code.
_UPI_VPA = "sharmastores@billmeshdemo"


def indian_settings() -> settings_pb2.Settings:
    """GST in Karnataka, UPI, totals rounded to whole rupees."""
    return settings_pb2.Settings(
        tax_regime=settings_pb2.TAX_REGIME_IN_GST,
        tax_id=DEMO_GSTIN,
        region_code="29",
        upi_vpa=_UPI_VPA,
        series_prefix="BLR",
        coin=money_pb2.Money(currency_code="INR", units=1),
        payment_terms_days=14,
    )


def finnish_settings() -> settings_pb2.Settings:
    """VAT in Finland, two weeks to pay."""
    return settings_pb2.Settings(
        tax_regime=settings_pb2.TAX_REGIME_EU_VAT, tax_id=DEMO_VAT_NUMBER, series_prefix="HEL", payment_terms_days=14
    )


def apply_settings(edge: Edge, merchant: Merchant, settings: settings_pb2.Settings) -> None:
    """Change the fields that `settings` has set."""
    request = settings_service_pb2.UpdateSettingsRequest(settings=settings)
    stub = settings_service_pb2_grpc.SettingsServiceStub(edge.channel)
    edge.grpc(stub.UpdateSettings, request, token=merchant.token)


def create_customers(
    edge: Edge, notebook: Notebook, merchant: Merchant, customers: Iterable[customer_pb2.Customer]
) -> None:
    """Make the merchant's customers known to it."""
    stub = customer_service_pb2_grpc.CustomerServiceStub(edge.channel)
    for customer in customers:
        request = customer_service_pb2.CreateCustomerRequest(
            customer=customer, request_id=notebook.request_id("customer", merchant.id, customer.phone)
        )
        edge.grpc(stub.CreateCustomer, request, token=merchant.token)


def customers_of(merchant: Merchant, *, shopper_phone: str) -> list[customer_pb2.Customer]:
    """Return the merchant's customers; the shopper is one of them."""
    indian = (("Priya Nair", "+919000000201"), ("Arjun Mehta", "+919000000202"), ("Kavya Iyer", "+919000000203"))
    finnish = (("Mikko Korhonen", "+358500000201"), ("Sanna Virtanen", "+358500000202"))
    others, locale = (indian, "en-IN") if merchant.country == "IN" else (finnish, "fi-FI")
    return [
        customer_pb2.Customer(display_name="Elina Rao", phone=shopper_phone, locale="en-FI"),
        *(customer_pb2.Customer(display_name=name, phone=phone, locale=locale) for name, phone in others),
    ]
