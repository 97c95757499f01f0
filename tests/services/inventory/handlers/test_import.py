"""BatchCreateItems: all or nothing, every fault told, fast."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.inventory.v1 import item_pb2, item_service_pb2, stock_service_pb2

from services.kit.ids import to_text
from tests.harness import refusal
from tests.services.inventory.world import decimal, euros, new_id, product, rupees

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.services.inventory.world import World

Row = item_service_pb2.BatchCreateItemsRow


def row(stock: dict[str, object] | None = None, **fields: Any) -> Row:
    fields.setdefault("unit_price", euros(1))
    opening = [
        item_service_pb2.OpeningStock(store_id=store, quantity=decimal(quantity))
        for store, quantity in (stock or {}).items()
    ]
    return Row(item=item_pb2.Item(**fields), opening_stock=opening)


def batch(world: World, rows: Iterable[Row], **more: Any) -> item_service_pb2.BatchCreateItemsResponse:
    more.setdefault("request_id", new_id())
    return world.items.BatchCreateItems(item_service_pb2.BatchCreateItemsRequest(rows=rows, **more))


def count(world: World) -> int:
    return int(world.query("SELECT count(*) FROM items WHERE merchant_id = %s", world.merchant)[0][0])


def test_rows_come_in_with_their_stock(world: World) -> None:
    first, second = world.store(), world.store()
    own = row({first: 3}, product_id=product("eggs-10"))
    own.opening_stock[0].unit_price.CopyFrom(euros(9))
    answer = batch(
        world, [row({first: 10, second: "2.5"}, product_id=product("potato"), sku="P"), own, row(name="Gift")]
    )
    assert not answer.faults
    assert len(answer.item_ids) == 3
    found = world.stock.ListStock(stock_service_pb2.ListStockRequest(store_id=first)).stock
    assert {each.item_name: (each.quantity.value, each.unit_price) for each in found} == {
        "Potatoes": ("10", euros(1)),
        "Eggs 10 pcs": ("3", euros(9)),
    }
    assert [store.offers[0].available.value for store in world.find({"potato": 1}) if store.store_id == second] == [
        "2.5"
    ]
    moved = world.stock.ListMovements(stock_service_pb2.ListMovementsRequest(store_id=second)).movements
    assert [(each.change.value, each.account_id) for each in moved] == [("2.5", to_text("acc", world.staff))]


def test_every_fault_of_every_row_is_told_and_nothing_is_written(world: World) -> None:
    world.item(sku="taken")
    before = count(world)
    store, foreign = world.store(), world.store(merchant=uuid.uuid4())
    twice = row({store: 1}, name="Twice in a store")
    twice.opening_stock.append(twice.opening_stock[0])
    dear = row({store: 1}, name="Priced in another currency")
    dear.opening_stock[0].unit_price.CopyFrom(rupees(5))
    answer = batch(
        world,
        [
            row(name="Fine"),
            row(barcode="123", tax_code="no!"),
            row(product_id=to_text("prd", uuid.uuid4())),
            row(name="A", sku="taken"),
            row(name="B", sku="same"),
            row(name="C", sku="same", barcode="4006381333930"),
            row({foreign: 1, store: -1}, name="D"),
            twice,
            dear,
            row({store: 1}, name="E", uncounted=True),
            row({store: "1.2345"}, name="F"),
            row(name="G", unit_price=euros(-1)),
            row(),
        ],
    )
    told = [(fault.row, fault.field, fault.reason) for fault in answer.faults]
    assert told == [
        (1, "item.barcode", "INVALID_REQUEST"),
        (1, "item.tax_code", "INVALID_REQUEST"),
        (2, "item.product_id", "PRODUCT_NOT_FOUND"),
        (3, "item.sku", "SKU_TAKEN"),
        (4, "item.sku", "SKU_TAKEN"),
        (5, "item.barcode", "INVALID_REQUEST"),
        (5, "item.sku", "SKU_TAKEN"),
        (6, "opening_stock[0].store_id", "STORE_NOT_FOUND"),
        (6, "opening_stock[1].quantity", "INVALID_REQUEST"),
        (7, "opening_stock[0].store_id", "INVALID_REQUEST"),
        (7, "opening_stock[1].store_id", "INVALID_REQUEST"),
        (8, "opening_stock[0].unit_price", "CURRENCY_FIXED"),
        (9, "opening_stock[0]", "ITEM_UNCOUNTED"),
        (10, "opening_stock[0].quantity", "INVALID_REQUEST"),
        (11, "item.unit_price", "INVALID_REQUEST"),
        (12, "item.name", "INVALID_REQUEST"),
    ]
    assert all(fault.description for fault in answer.faults)
    assert not answer.item_ids
    assert count(world) == before


def test_a_mended_file_may_come_with_the_same_request_id(world: World) -> None:
    request_id = new_id()
    assert batch(world, [row(name="A", barcode="1")], request_id=request_id).faults
    made = batch(world, [row(name="A")], request_id=request_id)
    assert len(made.item_ids) == 1
    assert batch(world, [row(name="A")], request_id=request_id) == made
    with pytest.raises(grpc.RpcError) as caught:
        batch(world, [row(name="B")], request_id=request_id)
    assert refusal(caught.value).reason == "REQUEST_ID_REUSED"


def test_a_rehearsal_writes_nothing(world: World) -> None:
    request_id = new_id()
    answer = batch(world, [row(name="A")], validate_only=True, request_id=request_id)
    assert not answer.faults
    assert not answer.item_ids
    assert count(world) == 0


def test_the_same_import_many_times_at_once_comes_in_once(world: World) -> None:
    request_id = new_id()
    rows = [row(name=f"Thing {number}", sku=f"T{number}") for number in range(50)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: batch(world, rows, request_id=request_id), range(6)))
    assert len({tuple(answer.item_ids) for answer in answers}) == 1
    assert not any(answer.faults for answer in answers)
    assert count(world) == 50


def test_too_many_rows_are_refused(world: World) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        batch(world, [Row()] * 5001)
    assert refusal(caught.value).fields == ("rows",)
    with pytest.raises(grpc.RpcError) as caught:
        batch(world, [])
    assert refusal(caught.value).fields == ("rows",)


def test_five_thousand_rows_with_stock_take_less_than_ten_seconds(world: World) -> None:
    store = world.store()
    rows = [
        row({store: number % 40}, name=f"Article {number}", sku=f"A-{number}", tax_code="GST18", hsn_code="3304")
        for number in range(5_000)
    ]
    begin = time.monotonic()
    answer = batch(world, rows)
    seconds = time.monotonic() - begin
    assert len(set(answer.item_ids)) == 5_000
    assert seconds < 10, seconds
