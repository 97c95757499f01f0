"""Money and moments between the wire and the domain: one reading and one writing for all services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp
from google.type import money_pb2

from services.kit.failure import InvalidRequest
from services.kit.money import Money, UnknownCurrency, exponent

if TYPE_CHECKING:
    from datetime import datetime

_NANO_DECIMALS = 9
_NANOS = 10**_NANO_DECIMALS
# google.type.Money could hold a million times as much; nothing that is sold costs more than this.
_MOST_UNITS = 10**12


def currency_from_proto(code: str, field: str) -> str:
    """An active ISO 4217 code. Raises InvalidRequest, naming `field`."""
    try:
        exponent(code)
    except UnknownCurrency as error:
        raise InvalidRequest.of(field, "must be an active ISO 4217 currency, for example EUR") from error
    return code


def money_from_proto(message: money_pb2.Money, field: str) -> Money:
    """An amount in whole minor units, of any sign. Raises InvalidRequest, naming `field` or its currency.

    Refused: an unknown currency, more than 10^12 units, units and nanos of different signs (google.type.Money's own
    rule), and parts of a minor unit.
    """
    decimals = exponent(currency_from_proto(message.currency_code, f"{field}.currency_code"))
    if abs(message.units) > _MOST_UNITS or abs(message.nanos) >= _NANOS:
        raise InvalidRequest.of(field, f"must be between -{_MOST_UNITS} and {_MOST_UNITS} units, nanos below a unit")
    if message.units * message.nanos < 0:
        raise InvalidRequest.of(field, "must have units and nanos of one sign")
    nanos = message.units * _NANOS + message.nanos
    minor, rest = divmod(abs(nanos), 10 ** (_NANO_DECIMALS - decimals))
    if rest:
        raise InvalidRequest.of(field, f"must be whole minor units: {message.currency_code} has {decimals} decimals")
    return Money(-minor if nanos < 0 else minor, message.currency_code)


def money_to_proto(money: Money) -> money_pb2.Money:
    """Units and nanos, both with the amount's sign, as google.type.Money wants it."""
    decimals = exponent(money.currency)
    units, minor = divmod(abs(money.minor), 10**decimals)
    sign = -1 if money.minor < 0 else 1
    nanos = minor * 10 ** (_NANO_DECIMALS - decimals)
    return money_pb2.Money(currency_code=money.currency, units=sign * units, nanos=sign * nanos)


def timestamp_to_proto(moment: datetime) -> Timestamp:
    """An aware moment, to the microsecond."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message
