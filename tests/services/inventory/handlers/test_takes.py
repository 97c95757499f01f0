"""TakeStock, ReturnStock and RestockItems: what billing relies on."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.inventory.v1 import item_directory_service_pb2, item_pb2, item_service_pb2, stock_service_pb2

from services.kit.ids import to_text
from tests.harness import refusal
from tests.services.inventory.world import decimal, euros, new_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services.inventory.world import World


def reason_of(call: Callable[[], object]) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return refusal(caught.value).reason


def test_a_sale_takes_and_tells_what_is_left(world: World) -> None:
    milk, bread, store = world.item("milk-semi-1l"), world.item("bread-rye"), world.store()
    world.put(milk.id, store, 10)
    world.put(bread.id, store, "2.5")
    answer = world.take(store, {milk.id: 3, bread.id: "0.5"})
    assert {each.item_id: (each.taken.value, each.left.value) for each in answer.items} == {
        milk.id: ("3", "7"),
        bread.id: ("0.5", "2"),
    }
    sold = world.stock.ListMovements(stock_service_pb2.ListMovementsRequest(reference="bill_test")).movements
    assert {each.item_id: each.change.value for each in sold} == {milk.id: "-3", bread.id: "-0.5"}


def test_a_sale_takes_all_or_nothing(world: World) -> None:
    milk, bread, store = world.item("milk-semi-1l"), world.item("bread-rye"), world.store()
    world.put(milk.id, store, 10)
    world.put(bread.id, store, 1)
    attempt = new_id()
    with pytest.raises(grpc.RpcError) as caught:
        world.take(store, {milk.id: 3, bread.id: 2}, attempt=attempt)
    answer = refusal(caught.value)
    assert (answer.code, answer.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "OUT_OF_STOCK")
    assert answer.metadata["items"] == f"{bread.id}=1"
    assert (world.left(milk.id, store), world.left(bread.id, store)) == ("10", "1")
    # Nothing is remembered: with enough there, the same attempt succeeds.
    world.put(bread.id, store, 5)
    world.take(store, {milk.id: 3, bread.id: 2}, attempt=attempt)
    assert (world.left(milk.id, store), world.left(bread.id, store)) == ("7", "4")


def test_lines_of_the_same_item_add_up(world: World) -> None:
    item, store = world.item(), world.store()
    world.put(item.id, store, 5)
    line = stock_service_pb2.TakeLine(item_id=item.id, quantity=decimal(3))
    request = stock_service_pb2.TakeStockRequest(
        merchant_id=world.merchant_id, store_id=store, attempt_id=new_id(), reference="bill_x", lines=[line, line]
    )
    assert reason_of(lambda: world.sales.TakeStock(request)) == "OUT_OF_STOCK"
    world.put(item.id, store, 1)
    assert world.sales.TakeStock(request).items[0].taken.value == "6"


def test_a_repeat_answers_the_same_and_takes_nothing_more(world: World) -> None:
    item, store, attempt = world.item(), world.store(), new_id()
    world.put(item.id, store, 10)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: world.take(store, {item.id: 2}, attempt=attempt), range(24)))
    assert {answer.items[0].left.value for answer in answers} == {"8"}
    assert world.left(item.id, store) == "8"
    world.take(store, {item.id: 1})
    assert world.take(store, {item.id: 2}, attempt=attempt).items[0].left.value == "8"
    for other in (
        lambda: world.take(store, {item.id: 3}, attempt=attempt),
        lambda: world.take(store, {item.id: 2}, attempt=attempt, reference="bill_other"),
    ):
        assert reason_of(other) == "ATTEMPT_REUSED"


def test_a_return_undoes_once(world: World) -> None:
    item, store, attempt = world.item(), world.store(), new_id()
    world.put(item.id, store, 10)
    world.take(store, {item.id: 4}, attempt=attempt)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: world.give_back(attempt), range(16)))
    assert set(answers) == {True}
    assert world.left(item.id, store) == "10"
    assert reason_of(lambda: world.take(store, {item.id: 4}, attempt=attempt)) == "ATTEMPT_CANCELLED"


def test_a_return_before_the_sale_arrives_refuses_it_for_good(world: World) -> None:
    item, store, attempt = world.item(), world.store(), new_id()
    world.put(item.id, store, 10)
    assert world.give_back(attempt) is False
    assert world.give_back(attempt) is False
    assert reason_of(lambda: world.take(store, {item.id: 4}, attempt=attempt)) == "ATTEMPT_CANCELLED"
    assert world.left(item.id, store) == "10"


def test_sale_and_return_at_once_leave_nothing_taken(world: World) -> None:
    item, store = world.item(), world.store()
    world.put(item.id, store, 100)

    def race(_: int) -> None:
        attempt = new_id()
        with ThreadPoolExecutor(2) as pair:
            sale = pair.submit(lambda: world.take(store, {item.id: 1}, attempt=attempt))
            back = pair.submit(lambda: world.give_back(attempt))
            back.result()
            if (error := sale.exception()) is not None:
                assert isinstance(error, grpc.RpcError)
                assert refusal(error).reason == "ATTEMPT_CANCELLED"

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(race, range(20)))
    assert world.left(item.id, store) == "100"


def test_many_tills_never_sell_more_than_there_is(world: World) -> None:
    milk, bread, store = world.item("milk-semi-1l"), world.item("bread-rye"), world.store()
    world.put(milk.id, store, 20)
    world.put(bread.id, store, 15)

    def sell(number: int) -> int:
        # Both orders of the two items: locks are taken in one.
        pair = (milk.id, bread.id) if number % 2 else (bread.id, milk.id)
        try:
            world.take(store, dict.fromkeys(pair, 1))
        except grpc.RpcError as error:
            if refusal(error).reason != "OUT_OF_STOCK":
                raise
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        sold = sum(pool.map(sell, range(40)))
    assert sold == 15
    assert (world.left(milk.id, store), world.left(bread.id, store)) == ("5", "0")
    sums = world.query(
        "SELECT s.quantity = (SELECT sum(change) FROM movements m WHERE m.merchant_id = s.merchant_id"
        " AND m.store_id = s.store_id AND m.item_id = s.item_id) FROM stock s WHERE merchant_id = %s",
        world.merchant,
    )
    assert sums == [(True,), (True,)]


def test_uncounted_items_are_let_through(world: World) -> None:
    store = world.store()
    service = world.items.CreateItem(
        item_service_pb2.CreateItemRequest(
            item=item_pb2.Item(name="Delivery", uncounted=True, unit_price=euros(5)), request_id=new_id()
        )
    )
    attempt = new_id()
    assert not world.take(store, {service.id: 1}, attempt=attempt).items
    assert world.give_back(attempt) is True


def test_what_is_not_the_merchants_is_not_found(world: World) -> None:
    item, store = world.item(), world.store()
    world.put(item.id, store)
    foreign_store = world.store(merchant=uuid.uuid4())
    assert reason_of(lambda: world.take(foreign_store, {item.id: 1})) == "STORE_NOT_FOUND"
    assert reason_of(lambda: world.take(store, {to_text("item", uuid.uuid4()): 1})) == "ITEM_NOT_FOUND"
    assert reason_of(lambda: world.take(store, {item.id: 0})) == "INVALID_REQUEST"
    world.items.DeleteItem(item_service_pb2.DeleteItemRequest(id=item.id))
    assert reason_of(lambda: world.take(store, {item.id: 1})) == "ITEM_DELETED"


def test_items_for_sale_come_with_the_stores_price(world: World) -> None:
    store = world.store()
    milk = world.item("milk-semi-1l", price=euros(1), price_includes_tax=True, tax_code="VAT_FOOD")
    bread = world.item("bread-rye", price=euros(3))
    world.put(milk.id, store, 7)
    world.stock.SetPrice(
        stock_service_pb2.SetPriceRequest(item_id=milk.id, store_id=store, unit_price=euros(2), request_id=new_id())
    )

    def ask(store_id: str, *item_ids: str) -> list[item_directory_service_pb2.ItemForSale]:
        request = item_directory_service_pb2.GetItemsForSaleRequest(
            merchant_id=world.merchant_id, store_id=store_id, item_ids=item_ids
        )
        return list(world.directory.GetItemsForSale(request).items)

    first, second = ask(store, bread.id, milk.id)
    assert (first.item_id, first.unit_price, first.HasField("available")) == (bread.id, euros(3), False)
    assert (second.unit_price, second.available.value, second.tax_code) == (euros(2), "7", "VAT_FOOD")
    assert ask("", milk.id)[0].unit_price == euros(1)
    assert reason_of(lambda: ask(store, milk.id, to_text("item", uuid.uuid4()))) == "ITEM_NOT_FOUND"
    assert reason_of(lambda: ask(to_text("sto", uuid.uuid4()), milk.id)) == "STORE_NOT_FOUND"
    assert reason_of(lambda: ask(store, milk.id, milk.id)) == "INVALID_REQUEST"
    assert reason_of(lambda: ask(store)) == "INVALID_REQUEST"


def test_what_customers_bring_back_is_there_again_once(world: World) -> None:
    item, store, attempt = world.item(), world.store(), new_id()
    world.put(item.id, store, 10)
    world.take(store, {item.id: 4})
    for _ in range(3):
        world.restock(store, {item.id: "1.5"}, attempt=attempt)
    assert world.left(item.id, store) == "7.5"
    (back,) = world.stock.ListMovements(stock_service_pb2.ListMovementsRequest(reference="crn_test")).movements
    assert (back.change.value, back.balance.value) == ("1.5", "7.5")
    assert reason_of(lambda: world.restock(store, {item.id: 2}, attempt=attempt)) == "ATTEMPT_REUSED"
    assert reason_of(lambda: world.take(store, {item.id: 1}, attempt=attempt)) == "ATTEMPT_REUSED"
    assert reason_of(lambda: world.restock(to_text("sto", uuid.uuid4()), {item.id: 1})) == "STORE_NOT_FOUND"


def test_what_is_not_sold_any_more_is_passed_over(world: World) -> None:
    item, gone, store = world.item(), world.item("bread-rye"), world.store()
    for each in (item, gone):
        world.put(each.id, store, 10)
    world.items.DeleteItem(item_service_pb2.DeleteItemRequest(id=gone.id))
    world.restock(store, {item.id: 1, gone.id: 1, to_text("item", uuid.uuid4()): 1})
    assert world.left(item.id, store) == "11"
