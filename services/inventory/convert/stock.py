"""Stock, movements, takes and places between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from billmesh.inventory.v1 import stock_pb2, stock_service_pb2

from services.inventory.convert.fields import (
    decimal_from_proto,
    decimal_to_proto,
    positive_from_proto,
    timestamp,
    uuid_of,
    uuid_or_none,
)
from services.inventory.convert.items import item_id_from_proto
from services.inventory.domain.ids import AttemptId, ItemId, MerchantId, StoreId
from services.inventory.domain.stock import Adjustment, MovementReason
from services.kit.failure import InvalidRequest
from services.kit.ids import to_text
from services.kit.wire import money_to_proto

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from services.inventory.domain.stock import Movement, Stock, TakenItem

_REASONS = {reason: stock_pb2.MovementReason.Value(f"MOVEMENT_REASON_{reason.value}") for reason in MovementReason}
_REASONS_BACK = {wire: reason for reason, wire in _REASONS.items()}
_OF_COUNTS = frozenset((MovementReason.COUNTED, MovementReason.OPENING))


def merchant_id_from_proto(text: str) -> MerchantId:
    """An id that begins with mer_, of a call by another service."""
    return MerchantId(uuid_of("mer", text, "merchant_id"))


def store_id_from_proto(text: str) -> StoreId:
    """An id that begins with sto_."""
    return StoreId(uuid_of("sto", text, "store_id"))


def store_id_or_none(text: str) -> StoreId | None:
    """An id that begins with sto_, None for an empty one."""
    found = uuid_or_none("sto", text, "store_id")
    return None if found is None else StoreId(found)


def item_id_or_none(text: str) -> ItemId | None:
    """An id that begins with item_, None for an empty one."""
    found = uuid_or_none("item", text, "item_id")
    return None if found is None else ItemId(found)


def attempt_id_from_proto(text: str) -> AttemptId:
    """A UUID, whose form the contract has checked."""
    return AttemptId(UUID(text))


def reason_or_none(reason: stock_pb2.MovementReason.ValueType) -> MovementReason | None:
    """A filter's reason; None for the unspecified one."""
    return _REASONS_BACK.get(reason)


def adjustment_from_proto(request: stock_service_pb2.AdjustStockRequest) -> Adjustment:
    """What a person did. Raises InvalidRequest."""
    reason = _REASONS_BACK[request.reason]
    if request.WhichOneof("adjustment") == "counted":
        counted = decimal_from_proto(request.counted, "counted")
        if counted < 0:
            raise InvalidRequest.of("counted", "must not be negative")
        if reason not in _OF_COUNTS:
            raise InvalidRequest.of("reason", "must be COUNTED or OPENING with a count")
        return Adjustment(None, counted, reason, request.note)
    change = decimal_from_proto(request.change, "change")
    if not change:
        raise InvalidRequest.of("change", "must not be 0")
    return Adjustment(change, None, reason, request.note)


def lines_from_proto(
    lines: Iterable[stock_service_pb2.TakeLine | stock_service_pb2.RestockLine],
) -> list[tuple[ItemId, Decimal]]:
    """What to take, or to put back. Raises InvalidRequest."""
    return [
        (
            item_id_from_proto(line.item_id, f"lines[{place}].item_id"),
            positive_from_proto(line.quantity, f"lines[{place}].quantity"),
        )
        for place, line in enumerate(lines)
    ]


def stock_to_proto(stock: Stock) -> stock_pb2.Stock:
    """What a store has of an item."""
    return stock_pb2.Stock(
        item_id=to_text("item", stock.item_id),
        store_id=to_text("sto", stock.store_id),
        item_name=stock.item_name,
        quantity=decimal_to_proto(stock.quantity),
        unit_code=stock.unit_code,
        unit_price=money_to_proto(stock.unit_price),
        own_price=stock.own_price,
        low=stock.low,
        update_time=timestamp(stock.update_time),
    )


def movement_to_proto(movement: Movement) -> stock_pb2.StockMovement:
    """Why stock changed."""
    return stock_pb2.StockMovement(
        id=to_text("mov", movement.id),
        item_id=to_text("item", movement.item_id),
        store_id=to_text("sto", movement.store_id),
        change=decimal_to_proto(movement.change),
        balance=decimal_to_proto(movement.balance),
        reason=_REASONS[movement.reason],
        note=movement.note,
        reference=movement.reference,
        account_id=to_text("acc", movement.account_id) if movement.account_id else "",
        create_time=timestamp(movement.create_time),
    )


def taken_to_proto(items: Iterable[TakenItem]) -> stock_service_pb2.TakeStockResponse:
    """What a sale took and left."""
    return stock_service_pb2.TakeStockResponse(
        items=[
            stock_service_pb2.TakenItem(
                item_id=to_text("item", each.item_id),
                taken=decimal_to_proto(each.taken),
                left=decimal_to_proto(each.left),
            )
            for each in items
        ]
    )
