"""Amounts, quantities and dates between the wire and the domain."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2, decimal_pb2, money_pb2

from services.billing.domain.taxes import plain
from services.kit.failure import InvalidRequest
from services.kit.money import Money, UnknownCurrency, exponent

if TYPE_CHECKING:
    from datetime import datetime

_NANO_DECIMALS = 9


def money_to_proto(money: Money) -> money_pb2.Money:
    """Units and nanos have the amount's sign, as google.type.Money wants it."""
    scale = exponent(money.currency)
    units, rest = divmod(abs(money.minor), 10**scale)
    sign = -1 if money.minor < 0 else 1
    return money_pb2.Money(
        currency_code=money.currency, units=sign * units, nanos=sign * rest * 10 ** (_NANO_DECIMALS - scale)
    )


def money_from_proto(money: money_pb2.Money, field: str) -> Money:
    """An amount in whole minor units of an active currency. Raises InvalidRequest."""
    currency = currency_from_proto(money.currency_code, f"{field}.currency_code")
    minor_nanos = 10 ** (_NANO_DECIMALS - exponent(currency))
    if money.nanos % minor_nanos or abs(money.nanos) >= 10**_NANO_DECIMALS:
        raise InvalidRequest.of(field, f"must not be finer than the minor unit of {currency}")
    return Money(money.units * 10 ** exponent(currency) + money.nanos // minor_nanos, currency)


def money_from_peer(money: money_pb2.Money) -> Money:
    """An amount that another service of ours computed, in whatever currency."""
    return money_from_proto(money, "money")


def currency_from_proto(code: str, field: str) -> str:
    """An active ISO 4217 code. Raises InvalidRequest."""
    try:
        exponent(code)
    except UnknownCurrency as error:
        raise InvalidRequest.of(field, "must be an active ISO 4217 currency") from error
    return code


def decimal_to_proto(number: Decimal) -> decimal_pb2.Decimal:
    """Without needless zeros."""
    return decimal_pb2.Decimal(value=plain(number))


def decimal_from_proto(number: decimal_pb2.Decimal) -> Decimal:
    """A decimal whose form the contract's validation has checked."""
    return Decimal(number.value)


def date_to_proto(value: date | None) -> date_pb2.Date | None:
    """Absent for None."""
    return None if value is None else date_pb2.Date(year=value.year, month=value.month, day=value.day)


def date_from_proto(value: date_pb2.Date, field: str) -> date:
    """A whole civil date. Raises InvalidRequest."""
    try:
        return date(value.year, value.month, value.day)
    except ValueError as error:
        raise InvalidRequest.of(field, "must be a date with year, month and day") from error


def timestamp(moment: datetime | None) -> Timestamp | None:
    """Absent for None."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
