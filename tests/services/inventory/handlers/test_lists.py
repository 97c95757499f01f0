"""ShoppingListService: what people write, kept and corrected."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.inventory.v1 import shopping_list_pb2, shopping_list_service_pb2, shopping_list_service_pb2_grpc

from services.kit.ids import to_text
from tests.harness import refusal
from tests.services.inventory.world import decimal, new_id, product

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services.inventory.world import World

pb = shopping_list_service_pb2


def reason_of(call: Callable[[], object]) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return refusal(caught.value).reason


def choose(
    world: World, shopping_list: shopping_list_pb2.ShoppingList, code: str, **more: Any
) -> shopping_list_pb2.ShoppingList:
    return world.lists.ChooseProduct(
        pb.ChooseProductRequest(
            id=shopping_list.id, item_id=shopping_list.items[0].id, product_id=product(code), **more
        )
    )


def test_lines_become_products_and_quantities(world: World) -> None:
    made = world.new_list(
        "2 milk", "basmati rice 5 Kg", "500g tomatoes", "  ", "ek darjan ande", "left-handed smoke shifter"
    )
    understood = [(item.text, item.product.display_name, item.quantity.value) for item in made.items]
    assert understood == [
        ("2 milk", "Semi-skimmed milk 1 l", "2"),
        ("basmati rice 5 Kg", "Basmati rice 5 kg", "1"),
        ("500g tomatoes", "Tomatoes", "0.5"),
        ("ek darjan ande", "Eggs 10 pcs", "2"),
        ("left-handed smoke shifter", "", "1"),
    ]
    assert made.items[4].state == shopping_list_pb2.SHOPPING_LIST_ITEM_STATE_UNRESOLVED
    assert not made.items[4].HasField("product")
    assert "Milk pouch 500 ml" in [candidate.product.display_name for candidate in made.items[0].candidates]
    assert all(item.id.startswith("lit_") for item in made.items)
    assert made.item_count == 5
    assert world.lists.GetShoppingList(pb.GetShoppingListRequest(id=made.id)) == made


def test_lines_are_added_at_the_end_and_only_once(world: World) -> None:
    made = world.new_list("milk")
    request = pb.AddItemsRequest(id=made.id, lines=["bread", "eggs"], request_id=new_id())
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: world.lists.AddItems(request), range(12)))
    assert all(answer == answers[0] for answer in answers)
    assert [item.text for item in answers[0].items] == ["milk", "bread", "eggs"]


def test_a_choice_corrects_a_line(world: World) -> None:
    made = world.new_list("2 l milk")
    chosen = choose(world, made, "milk-500ml").items[0]
    assert (chosen.product.display_name, chosen.quantity.value) == ("Milk pouch 500 ml", "4")
    assert chosen.state == shopping_list_pb2.SHOPPING_LIST_ITEM_STATE_CHOSEN
    assert choose(world, made, "milk-whole-1l", quantity=decimal(7)).items[0].quantity.value == "7"
    assert reason_of(lambda: choose(world, made, "milk-whole-1l", quantity=decimal(0))) == "INVALID_REQUEST"
    nowhere = pb.ChooseProductRequest(id=made.id, item_id=made.items[0].id, product_id=to_text("prd", uuid.uuid4()))
    assert reason_of(lambda: world.lists.ChooseProduct(nowhere)) == "PRODUCT_NOT_FOUND"


def test_lines_and_lists_go_away(world: World) -> None:
    made = world.new_list("milk", "bread")
    removal = pb.RemoveItemRequest(id=made.id, item_id=made.items[0].id)
    assert [item.text for item in world.lists.RemoveItem(removal).items] == ["bread"]
    assert reason_of(lambda: world.lists.RemoveItem(removal)) == "SHOPPING_LIST_ITEM_NOT_FOUND"
    world.lists.DeleteShoppingList(pb.DeleteShoppingListRequest(id=made.id))
    assert (
        reason_of(lambda: world.lists.GetShoppingList(pb.GetShoppingListRequest(id=made.id)))
        == "SHOPPING_LIST_NOT_FOUND"
    )


def test_lists_page_newest_first(world: World) -> None:
    for number in range(5):
        world.clock.advance(timedelta(seconds=1))
        world.new_list("milk", name=f"List {number}")
    first = world.lists.ListShoppingLists(pb.ListShoppingListsRequest(page_size=3))
    rest = world.lists.ListShoppingLists(pb.ListShoppingListsRequest(page_size=3, page_token=first.next_page_token))
    assert [each.display_name for each in (*first.shopping_lists, *rest.shopping_lists)] == [
        f"List {number}" for number in (4, 3, 2, 1, 0)
    ]
    assert not rest.next_page_token
    assert {(each.item_count, len(each.items)) for each in first.shopping_lists} == {(1, 0)}


def test_a_trip_gets_each_product_once(world: World) -> None:
    made = world.new_list("2 milk", "3 milk", "500g tomatoes", "left-handed smoke shifter")
    answer = world.wanted.GetWanted(
        pb.GetWantedRequest(account_id=to_text("acc", world.account), shopping_list_id=made.id)
    )
    assert [(line.display_name, line.quantity.value, line.unit_code) for line in answer.wanted] == [
        ("Semi-skimmed milk 1 l", "5", "EA"),
        ("Tomatoes", "0.5", "KGM"),
    ]
    assert list(answer.unresolved) == ["left-handed smoke shifter"]
    stranger = pb.GetWantedRequest(account_id=to_text("acc", uuid.uuid4()), shopping_list_id=made.id)
    assert reason_of(lambda: world.wanted.GetWanted(stranger)) == "SHOPPING_LIST_NOT_FOUND"


def test_another_persons_list_looks_like_none(world: World) -> None:
    made = world.new_list("milk")
    stranger = shopping_list_service_pb2_grpc.ShoppingListServiceStub(
        world.harness.as_person(uuid.uuid4(), scopes=("shopping",))
    )
    for call in (
        lambda: stranger.GetShoppingList(pb.GetShoppingListRequest(id=made.id)),
        lambda: stranger.DeleteShoppingList(pb.DeleteShoppingListRequest(id=made.id)),
        lambda: stranger.AddItems(pb.AddItemsRequest(id=made.id, lines=["x"], request_id=new_id())),
        lambda: stranger.RemoveItem(pb.RemoveItemRequest(id=made.id, item_id=made.items[0].id)),
        lambda: stranger.ChooseProduct(
            pb.ChooseProductRequest(id=made.id, item_id=made.items[0].id, product_id=product("eggs-10"))
        ),
    ):
        assert reason_of(call) == "SHOPPING_LIST_NOT_FOUND"
    assert not stranger.ListShoppingLists(pb.ListShoppingListsRequest()).shopping_lists
    assert len(world.lists.GetShoppingList(pb.GetShoppingListRequest(id=made.id)).items) == 1


def test_there_is_a_limit_to_lines(world: World) -> None:
    made = world.new_list(*["milk"] * 100)
    full = world.lists.AddItems(pb.AddItemsRequest(id=made.id, lines=["bread"] * 100, request_id=new_id()))
    assert full.item_count == 200
    more = pb.AddItemsRequest(id=made.id, lines=["one more"], request_id=new_id())
    assert reason_of(lambda: world.lists.AddItems(more)) == "SHOPPING_LIST_LIMIT"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "x" * 101}, "display_name"),
        ({"display_name": "x", "lines": [""]}, "lines[0]"),
        ({"display_name": "x", "lines": ["y" * 201]}, "lines[0]"),
        ({"display_name": "x", "lines": ["y"] * 101}, "lines"),
        ({"display_name": "x", "request_id": "no"}, "request_id"),
    ],
)
def test_bad_fields_are_named(world: World, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        world.lists.CreateShoppingList(pb.CreateShoppingListRequest(**({"request_id": new_id()} | fields)))
    assert named in refusal(caught.value).fields
