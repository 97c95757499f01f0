"""Merchants of the demo, made through the public API: the merchant, its stores, its items with their stock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from statistics import median_low
from typing import TYPE_CHECKING

from billmesh.auth.v1 import merchant_pb2, merchant_service_pb2, merchant_service_pb2_grpc
from billmesh.geo.v1 import store_pb2, store_service_pb2, store_service_pb2_grpc
from billmesh.inventory.v1 import item_pb2, item_service_pb2, item_service_pb2_grpc
from google.type import decimal_pb2, latlng_pb2, money_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.inventory.catalogue import CatalogueProduct
    from tools.client.edge import Edge
    from tools.seed.assortment import Offer
    from tools.seed.notebook import Notebook
    from tools.seed.shops import Shop

_NANOS_OF_A_HUNDREDTH = 10_000_000
_MOST_ROWS = 2_000
# A new store reaches inventory by a job, within moments.
_PATIENCE_SECONDS = 45.0
_PAUSE_SECONDS = 0.25
_STORE_UNKNOWN = "STORE_NOT_FOUND"

#: Tax classes of the catalogue as codes of the merchant's regime, by country.
TAX_CODES = {
    "FI": {"food": "VAT_REDUCED", "medicine": "VAT_REDUCED", "book": "VAT_REDUCED"},
    "IN": {"food": "GST5", "medicine": "GST5", "book": "GST_EXEMPT", "alcohol": "GST_EXEMPT", "standard": "GST18"},
}
_OTHERWISE = {"FI": "VAT_STANDARD", "IN": "GST18"}


class RowsRefused(Exception):
    """Inventory found fault with the items; the message has the first fault."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant that exists, and a token to act for it."""

    id: str
    name: str
    country: str
    currency: str
    token: str


def create_merchant(
    edge: Edge, notebook: Notebook, merchant: merchant_pb2.Merchant, *, person_token: str
) -> merchant_pb2.Merchant:
    """Make a merchant owned by the person whose token it is."""
    request = merchant_service_pb2.CreateMerchantRequest(
        merchant=merchant, request_id=notebook.request_id("merchant", merchant.display_name)
    )
    stub = merchant_service_pb2_grpc.MerchantServiceStub(edge.channel)
    return edge.grpc(stub.CreateMerchant, request, token=person_token)


def create_stores(edge: Edge, notebook: Notebook, merchant: Merchant, shops: Sequence[Shop]) -> dict[str, str]:
    """Put the merchant's shops on the map; returns store ids by the shops' places."""
    request = store_service_pb2.BatchCreateStoresRequest(
        stores=[
            store_pb2.Store(
                display_name=shop.name,
                category=shop.kind,
                location=latlng_pb2.LatLng(latitude=shop.latitude, longitude=shop.longitude),
                address=shop.address,
                external_code=f"osm-{shop.place}",
            )
            for shop in shops
        ],
        request_id=notebook.request_id("stores", merchant.id),
    )
    stub = store_service_pb2_grpc.StoreServiceStub(edge.channel)
    answer = edge.grpc(stub.BatchCreateStores, request, token=merchant.token)
    return {shop.place: store.id for shop, store in zip(shops, answer.stores, strict=True)}


def create_items(
    edge: Edge,
    notebook: Notebook,
    merchant: Merchant,
    *,
    offers: Mapping[str, Sequence[Offer]],
    least: Decimal = Decimal(0),
) -> int:
    """Put what the merchant's stores (by id) offer on sale, at least `least` of each; returns how many stock rows."""
    rows = item_rows(offers, country=merchant.country, currency=merchant.currency, least=least)
    stub = item_service_pb2_grpc.ItemServiceStub(edge.channel)
    for begin in range(0, len(rows), _MOST_ROWS):
        request = item_service_pb2.BatchCreateItemsRequest(
            rows=rows[begin : begin + _MOST_ROWS],
            request_id=notebook.request_id("items", merchant.id, str(begin)),
        )
        until = time.monotonic() + _PATIENCE_SECONDS
        while faults := edge.grpc(stub.BatchCreateItems, request, token=merchant.token).faults:
            first = faults[0]
            if any(fault.reason != _STORE_UNKNOWN for fault in faults) or time.monotonic() > until:
                raise RowsRefused(
                    f"{merchant.name}: row {first.row}, {first.field}: {first.reason}: {first.description}"
                )
            time.sleep(_PAUSE_SECONDS)
    return sum(len(row.opening_stock) for row in rows)


def item_rows(
    offers: Mapping[str, Sequence[Offer]], *, country: str, currency: str, least: Decimal = Decimal(0)
) -> list[item_service_pb2.BatchCreateItemsRow]:
    """Return one row a product: the price most usual in the merchant's stores, and those stores that differ."""
    by_product: dict[CatalogueProduct, dict[str, Offer]] = {}
    for store_id, theirs in offers.items():
        for offer in theirs:
            by_product.setdefault(offer.product, {})[store_id] = offer
    rows = []
    for product, by_store in by_product.items():
        usual = median_low(offer.price for offer in by_store.values())
        code = TAX_CODES[country].get(product.tax_class, _OTHERWISE[country])
        rows.append(
            item_service_pb2.BatchCreateItemsRow(
                item=item_pb2.Item(
                    product_id=product.text_id,
                    sku=product.code,
                    unit_price=_money(usual, currency),
                    price_includes_tax=True,
                    tax_code=code,
                ),
                opening_stock=[
                    item_service_pb2.OpeningStock(
                        store_id=store_id,
                        quantity=decimal_pb2.Decimal(value=f"{max(offer.quantity, least):f}"),
                        unit_price=None if offer.price == usual else _money(offer.price, currency),
                    )
                    for store_id, offer in by_store.items()
                ],
            )
        )
    return rows


def _money(minor: int, currency: str) -> money_pb2.Money:
    units, hundredths = divmod(minor, 100)
    return money_pb2.Money(currency_code=currency, units=units, nanos=hundredths * _NANOS_OF_A_HUNDREDTH)
