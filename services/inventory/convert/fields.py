"""Single values between the wire and the domain. Whatever is wrong is told with the field's path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.timestamp_pb2 import Timestamp
from google.type import decimal_pb2, latlng_pb2, money_pb2

from services.inventory.domain import quantity
from services.kit import ids
from services.kit.failure import InvalidRequest
from services.kit.money import Money, UnknownCurrency, exponent
from services.kit.place import GeoPoint

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

_NANOS: Final = 9
_MOST_UNITS: Final = 10**12


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


def money_from_proto(value: money_pb2.Money, field: str) -> Money:
    """Money in minor units, any sign. Raises InvalidRequest: no such currency, parts of a minor unit, too much."""
    try:
        places = exponent(value.currency_code)
    except UnknownCurrency as error:
        raise InvalidRequest.of(f"{field}.currency_code", "must be a currency of ISO 4217, for example EUR") from error
    if abs(value.units) > _MOST_UNITS:
        raise InvalidRequest.of(f"{field}.units", f"must be between -{_MOST_UNITS} and {_MOST_UNITS}")
    if abs(value.nanos) >= 10**_NANOS or value.units * value.nanos < 0:
        raise InvalidRequest.of(f"{field}.nanos", "must be less than a unit, and of the sign of units")
    part, rest = divmod(abs(value.nanos), 10 ** (_NANOS - places))
    if rest:
        raise InvalidRequest.of(
            f"{field}.nanos", f"must be whole minor units: {value.currency_code} has {places} decimals"
        )
    minor = abs(value.units) * 10**places + part
    return Money(-minor if value.units < 0 or value.nanos < 0 else minor, value.currency_code)


def money_to_proto(value: Money) -> money_pb2.Money:
    """Units and nanos, both of the amount's sign."""
    places = exponent(value.currency)
    units, part = divmod(abs(value.minor), 10**places)
    sign = -1 if value.minor < 0 else 1
    nanos = part * 10 ** (_NANOS - places)
    return money_pb2.Money(currency_code=value.currency, units=sign * units, nanos=sign * nanos)


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
