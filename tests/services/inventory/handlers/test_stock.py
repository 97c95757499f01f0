"""StockService as the merchant's staff sees it."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.inventory.v1 import item_pb2, item_service_pb2, stock_pb2, stock_service_pb2, stock_service_pb2_grpc

from services.kit.ids import to_text
from tests.harness import refusal
from tests.services.inventory.world import decimal, euros, new_id, rupees

if TYPE_CHECKING:
    from tests.services.inventory.world import World

RECEIVED = stock_pb2.MOVEMENT_REASON_RECEIVED


def adjust(world: World, item_id: str, store_id: str, request_id: str | None = None, **fields: Any) -> stock_pb2.Stock:
    fields.setdefault("reason", RECEIVED)
    world.clock.advance(timedelta(milliseconds=1))
    request = stock_service_pb2.AdjustStockRequest(
        item_id=item_id, store_id=store_id, request_id=request_id or new_id(), **fields
    )
    return world.stock.AdjustStock(request)


def movements(world: World, **filters: Any) -> list[stock_pb2.StockMovement]:
    return list(world.stock.ListMovements(stock_service_pb2.ListMovementsRequest(**filters)).movements)


def reason_of(call: Any) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return refusal(caught.value).reason


def test_stock_is_the_sum_of_its_movements(world: World) -> None:
    item, store = world.item(), world.store()
    assert adjust(world, item.id, store, change=decimal("10.500")).quantity.value == "10.5"
    lost = stock_pb2.MOVEMENT_REASON_LOST
    assert adjust(world, item.id, store, change=decimal(-3), reason=lost, note="mice").quantity.value == "7.5"
    counted = stock_pb2.MOVEMENT_REASON_COUNTED
    assert adjust(world, item.id, store, counted=decimal("6.25"), reason=counted).quantity.value == "6.25"
    found = movements(world, item_id=item.id)
    assert [(each.change.value, each.balance.value) for each in found] == [
        ("-1.25", "6.25"),
        ("-3", "7.5"),
        ("10.5", "10.5"),
    ]
    assert (found[1].note, found[1].account_id) == ("mice", to_text("acc", world.staff))
    assert [each.reason for each in movements(world, reason=lost)] == [lost]


def test_a_repeat_moves_nothing_more(world: World) -> None:
    item, store, request_id = world.item(), world.store(), new_id()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: adjust(world, item.id, store, request_id, change=decimal(4)), range(16)))
    assert {answer.quantity.value for answer in answers} == {"4"}
    assert len(movements(world, item_id=item.id)) == 1


def test_first_use_does_not_race(world: World) -> None:
    item, store = world.item(), world.store()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: adjust(world, item.id, store, change=decimal(1)), range(16)))
    assert world.left(item.id, store) == "16"


@pytest.mark.parametrize(
    "fields",
    [
        {"change": decimal(0)},
        {"change": decimal("1e3")},
        {"change": decimal("0.0001")},
        {"change": decimal("99999999999")},
        {"change": decimal("")},
        {"counted": decimal(-1), "reason": stock_pb2.MOVEMENT_REASON_COUNTED},
        {"counted": decimal(1), "reason": stock_pb2.MOVEMENT_REASON_LOST},
        {"change": decimal(1), "reason": stock_pb2.MOVEMENT_REASON_SOLD},
        {"change": decimal(1), "reason": stock_pb2.MOVEMENT_REASON_UNSPECIFIED},
        {"change": decimal(1), "reason": 77},
        {"change": decimal(1), "note": "x" * 501},
        {},
    ],
)
def test_bad_adjustments_are_refused(world: World, fields: dict[str, Any]) -> None:
    item, store = world.item(), world.store()
    assert reason_of(lambda: adjust(world, item.id, store, **fields)) == "INVALID_REQUEST"
    assert world.left(item.id, store) == "none"


def test_stock_never_goes_below_nothing(world: World) -> None:
    item, store = world.item(), world.store()
    adjust(world, item.id, store, change=decimal(2))
    with pytest.raises(grpc.RpcError) as caught:
        adjust(world, item.id, store, change=decimal(-3), reason=stock_pb2.MOVEMENT_REASON_DAMAGED)
    answer = refusal(caught.value)
    assert (answer.reason, answer.metadata["items"]) == ("OUT_OF_STOCK", f"{item.id}=2")
    assert world.left(item.id, store) == "2"


def test_what_has_no_stock_is_refused(world: World) -> None:
    item, store = world.item(), world.store()
    service = world.items.CreateItem(
        item_service_pb2.CreateItemRequest(
            item=item_pb2.Item(name="Haircut", uncounted=True, unit_price=euros(30)), request_id=new_id()
        )
    )
    foreign_store = world.store(merchant=uuid.uuid4())
    one = decimal(1)
    assert reason_of(lambda: adjust(world, service.id, store, change=one)) == "ITEM_UNCOUNTED"
    assert reason_of(lambda: adjust(world, item.id, foreign_store, change=one)) == "STORE_NOT_FOUND"
    assert reason_of(lambda: adjust(world, to_text("item", uuid.uuid4()), store, change=one)) == "ITEM_NOT_FOUND"
    world.items.DeleteItem(item_service_pb2.DeleteItemRequest(id=item.id))
    assert reason_of(lambda: adjust(world, item.id, store, change=one)) == "ITEM_DELETED"


def test_a_store_may_ask_its_own_price(world: World) -> None:
    item, store = world.item(price=euros(2)), world.store()
    request = stock_service_pb2.SetPriceRequest(
        item_id=item.id, store_id=store, unit_price=euros(3), request_id=new_id()
    )
    own = world.stock.SetPrice(request)
    assert (own.unit_price, own.own_price, own.quantity.value) == (euros(3), True, "0")
    assert world.stock.SetPrice(request) == own
    back = world.stock.SetPrice(stock_service_pb2.SetPriceRequest(item_id=item.id, store_id=store, request_id=new_id()))
    assert (back.unit_price, back.own_price) == (euros(2), False)
    for price, reason in ((rupees(3), "CURRENCY_FIXED"), (euros(-3), "INVALID_REQUEST")):
        request = stock_service_pb2.SetPriceRequest(
            item_id=item.id, store_id=store, unit_price=price, request_id=new_id()
        )
        assert reason_of(lambda: world.stock.SetPrice(request)) == reason  # noqa: B023


def test_low_stock_is_shown(world: World) -> None:
    low = world.item("milk-semi-1l", reorder_level=decimal(5))
    plenty = world.item("milk-whole-1l", reorder_level=decimal(5))
    store = world.store()
    world.put(low.id, store, 5)
    world.put(plenty.id, store, 6)
    found = world.stock.ListStock(stock_service_pb2.ListStockRequest(low=True)).stock
    assert [(each.item_id, each.low) for each in found] == [(low.id, True)]


def test_stock_and_movements_page(world: World) -> None:
    items = [world.item(), world.item("milk-whole-1l"), world.item("eggs-10")]
    stores = [world.store(), world.store()]
    for item in items:
        for store in stores:
            world.put(item.id, store, 1)

    def stock_page(token: str) -> tuple[str, list[tuple[str, str]]]:
        page = world.stock.ListStock(stock_service_pb2.ListStockRequest(page_size=4, page_token=token))
        return page.next_page_token, [(each.item_id, each.store_id) for each in page.stock]

    def movement_page(token: str) -> tuple[str, list[tuple[str, str]]]:
        page = world.stock.ListMovements(stock_service_pb2.ListMovementsRequest(page_size=4, page_token=token))
        return page.next_page_token, [(each.item_id, each.store_id) for each in page.movements]

    for read in (stock_page, movement_page):
        token, seen = read("")
        assert token
        token, rest = read(token)
        assert not token
        assert len({*seen, *rest}) == len(seen) + len(rest) == 6


def test_other_merchants_see_nothing(world: World) -> None:
    item, store = world.item(), world.store()
    world.put(item.id, store)
    stranger = stock_service_pb2_grpc.StockServiceStub(world.channel(merchant=uuid.uuid4()))
    assert not stranger.ListStock(stock_service_pb2.ListStockRequest(item_id=item.id)).stock
    assert not stranger.ListMovements(stock_service_pb2.ListMovementsRequest(item_id=item.id)).movements
    request = stock_service_pb2.AdjustStockRequest(
        item_id=item.id, store_id=store, change=decimal(1), reason=RECEIVED, request_id=new_id()
    )
    assert reason_of(lambda: stranger.AdjustStock(request)) == "ITEM_NOT_FOUND"


def test_movements_cannot_be_rewritten(world: World) -> None:
    privileges = world.query(
        "SELECT has_table_privilege('svc_inventory', 'movements', 'UPDATE'),"
        " has_table_privilege('svc_inventory', 'movements', 'DELETE')"
    )
    assert privileges == [(False, False)]
