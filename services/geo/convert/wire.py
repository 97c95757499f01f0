"""Ids, points, money and quantities on the wire."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import decimal_pb2, latlng_pb2

from services.geo.domain.identity import AccountId, ItemId, MerchantId, ProductId, ShoppingListId, StoreId
from services.geo.domain.shopping import MILLI
from services.kit import ids
from services.kit.failure import InvalidRequest
from services.kit.place import GeoPoint

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_NANO_DIGITS = 9
_MOST_QUANTITY = 100_000
_QUANTITY_DECIMALS = 3
# Above any amount that adds up to something sensible; the fields of google.type.Money reach much further.
_MOST_UNITS = 10**12


def store_id(text: str) -> StoreId:
    """From "sto_…". Raises ids.InvalidId, which a validated request does not."""
    return StoreId(ids.from_text("sto", text))


def store_text(value: StoreId) -> str:
    """To "sto_…"."""
    return ids.to_text("sto", value)


def merchant_id(text: str) -> MerchantId:
    """From "mer_…"."""
    return MerchantId(ids.from_text("mer", text))


def merchant_text(value: MerchantId) -> str:
    """To "mer_…"."""
    return ids.to_text("mer", value)


def account_text(value: AccountId) -> str:
    """To "acc_…"."""
    return ids.to_text("acc", value)


def product_id(text: str) -> ProductId:
    """From "prd_…"."""
    return ProductId(ids.from_text("prd", text))


def product_text(value: ProductId) -> str:
    """To "prd_…"."""
    return ids.to_text("prd", value)


def item_id(text: str) -> ItemId:
    """From "item_…"."""
    return ItemId(ids.from_text("item", text))


def item_text(value: ItemId) -> str:
    """To "item_…"."""
    return ids.to_text("item", value)


def list_id(text: str) -> ShoppingListId:
    """From "lst_…"."""
    return ShoppingListId(ids.from_text("lst", text))


def list_text(value: ShoppingListId) -> str:
    """To "lst_…"."""
    return ids.to_text("lst", value)


def point(message: latlng_pb2.LatLng) -> GeoPoint:
    """A validated point."""
    return GeoPoint(message.latitude, message.longitude)


def point_message(value: GeoPoint) -> latlng_pb2.LatLng:
    """A point."""
    return latlng_pb2.LatLng(latitude=value.latitude, longitude=value.longitude)


def quantity(message: decimal_pb2.Decimal, *, field: str) -> int:
    """Thousandths; 1 where it is left out. Raises InvalidRequest."""
    text = message.value or "1"
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    # NaN is none of these, and no comparison with it is true.
    fine = value.is_finite() and 0 < value <= _MOST_QUANTITY
    if not fine or value != round(value, _QUANTITY_DECIMALS):
        raise InvalidRequest.of(f"{field}.value", "must be a number above 0, up to 100000, with up to 3 decimals")
    return int(value * MILLI)


def stock(message: decimal_pb2.Decimal) -> int:
    """Whole thousandths of what a peer says is there, which may be any amount."""
    return int(Decimal(message.value or "0") * MILLI)


def quantity_message(milli: int) -> decimal_pb2.Decimal:
    """Thousandths without idle zeros: "2", "0.75"."""
    text = f"{Decimal(milli).scaleb(-_QUANTITY_DECIMALS):f}"
    return decimal_pb2.Decimal(value=text.rstrip("0").rstrip("."))


def timestamp(value: datetime) -> Timestamp:
    """A moment."""
    message = Timestamp()
    message.FromDatetime(value)
    return message


def duration(value: timedelta) -> Duration:
    """A length of time."""
    message = Duration()
    message.FromTimedelta(value)
    return message
