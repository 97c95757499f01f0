"""Amounts, quantities and dates between the wire and the domain."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from google.type import date_pb2, decimal_pb2

from services.billing.domain.taxes import plain
from services.kit.failure import InvalidRequest
from services.kit.wire import money_from_proto, timestamp_to_proto

if TYPE_CHECKING:
    from datetime import datetime

    from google.protobuf.timestamp_pb2 import Timestamp
    from google.type import money_pb2

    from services.kit.money import Money


def money_from_peer(money: money_pb2.Money) -> Money:
    """An amount that another service of ours computed, in whatever currency."""
    return money_from_proto(money, "money")


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
    return None if moment is None else timestamp_to_proto(moment)
