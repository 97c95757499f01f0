"""Single values between the wire and the domain. Whatever is wrong is told with the field's path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp
from google.type import decimal_pb2, latlng_pb2

from services.inventory.domain import quantity
from services.kit import ids
from services.kit.failure import InvalidRequest
from services.kit.place import GeoPoint

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID


def uuid_of(prefix: str, text: str, field: str) -> UUID:
    """The id in `text`, whose form the contract has checked already."""
    try:
        return ids.from_text(prefix, text)
    except ids.InvalidId as error:
        raise InvalidRequest.of(field, f"must be an id that begins with {prefix}_") from error


def uuid_or_none(prefix: str, text: str, field: str) -> UUID | None:
    """The id in `text`, None for an empty one."""
    return uuid_of(prefix, text, field) if text else None


def decimal_from_proto(value: decimal_pb2.Decimal, field: str) -> Decimal:
    """A quantity, any sign. Raises InvalidRequest."""
    try:
        return quantity.parse(value.value)
    except quantity.NotAQuantity as error:
        raise InvalidRequest.of(field, str(error)) from error


def positive_from_proto(value: decimal_pb2.Decimal, field: str) -> Decimal:
    """A quantity above 0. Raises InvalidRequest."""
    number = decimal_from_proto(value, field)
    if number <= 0:
        raise InvalidRequest.of(field, "must be above 0")
    return number


def decimal_to_proto(value: Decimal) -> decimal_pb2.Decimal:
    """In its shortest form."""
    return decimal_pb2.Decimal(value=quantity.to_text(value))


def point_from_proto(value: latlng_pb2.LatLng, field: str) -> GeoPoint:
    """A point on the globe. Raises InvalidRequest."""
    try:
        return GeoPoint(value.latitude, value.longitude)
    except ValueError as error:
        raise InvalidRequest.of(field, "must be a latitude from -90 to 90 and a longitude from -180 to 180") from error


def point_to_proto(value: GeoPoint) -> latlng_pb2.LatLng:
    """WGS 84."""
    return latlng_pb2.LatLng(latitude=value.latitude, longitude=value.longitude)


def timestamp(moment: datetime) -> Timestamp:
    """To the microsecond."""
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
