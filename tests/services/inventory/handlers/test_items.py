"""ItemService through the real interceptors and the real database."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.inventory.v1 import item_pb2, item_service_pb2, item_service_pb2_grpc, stock_service_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from services.kit import paging
from services.kit.ids import to_text
from tests.harness import refusal
from tests.services.inventory.world import decimal, euros, new_id, product, rupees

if TYPE_CHECKING:
    from tests.services.inventory.world import World


def create(world: World, request_id: str | None = None, **fields: Any) -> item_pb2.Item:
    fields.setdefault("unit_price", euros(2))
    request = item_service_pb2.CreateItemRequest(item=item_pb2.Item(**fields), request_id=request_id or new_id())
    return world.items.CreateItem(request)


def update(world: World, item: item_pb2.Item, *paths: str) -> item_pb2.Item:
    mask = FieldMask(paths=paths) if paths else None
    return world.items.UpdateItem(item_service_pb2.UpdateItemRequest(item=item, update_mask=mask))


def listed(world: World, **filters: Any) -> list[str]:
    return [item.name for item in world.items.ListItems(item_service_pb2.ListItemsRequest(**filters)).items]


def test_an_item_takes_what_is_left_out_from_its_product(world: World) -> None:
    item = create(world, product_id=product("rice-basmati-5kg"), price_includes_tax=True, tax_code="GST5")
    assert item.id.startswith("item_")
    assert (item.name, item.unit_code, item.hsn_code) == ("Basmati rice 5 kg", "EA", "1006")
    assert item.state == item_pb2.ITEM_STATE_ACTIVE
    assert world.items.GetItem(item_service_pb2.GetItemRequest(id=item.id)) == item


def test_an_item_needs_a_name_or_a_product(world: World) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        create(world)
    assert refusal(caught.value).fields == ("item.name",)
    assert create(world, name="Umbrella stand", uncounted=True).unit_code == "EA"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": "x" * 201}, "item.name"),
        ({"name": "a\0"}, "item.name"),
        ({"name": "a", "barcode": "123"}, "item.barcode"),
        ({"name": "a", "barcode": "4006381333932"}, "item.barcode"),
        ({"name": "a", "sku": " a"}, "item.sku"),
        ({"name": "a", "tax_code": "gst 5"}, "item.tax_code"),
        ({"name": "a", "hsn_code": "12"}, "item.hsn_code"),
        ({"name": "a", "unit_price": euros(-1)}, "item.unit_price"),
        ({"name": "a", "unit_price": item_pb2.Item().unit_price}, "item.unit_price.currency_code"),
        ({"name": "a", "product_id": "prd_nothing"}, "item.product_id"),
        ({"name": "a", "reorder_level": decimal("many")}, "item.reorder_level"),
        ({"name": "a", "reorder_level": decimal("1.2345")}, "item.reorder_level"),
        ({"name": "a", "reorder_level": decimal(-1)}, "item.reorder_level"),
    ],
)
def test_bad_fields_are_named_and_nothing_is_written(world: World, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        create(world, **fields)
    answer = refusal(caught.value)
    assert (answer.code, answer.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert named in answer.fields
    assert listed(world) == []


def test_parts_of_a_minor_unit_are_refused(world: World) -> None:
    price = euros(1)
    price.nanos = 5_000_000
    with pytest.raises(grpc.RpcError) as caught:
        create(world, name="a", unit_price=price)
    assert refusal(caught.value).fields == ("item.unit_price",)


def test_an_unknown_product_is_refused(world: World) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        create(world, product_id=to_text("prd", uuid.uuid4()))
    assert refusal(caught.value).reason == "PRODUCT_NOT_FOUND"


def test_the_same_request_makes_one_item_even_at_once(world: World) -> None:
    request_id = new_id()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: create(world, request_id, name="Once"), range(24)))
    assert len({item.id for item in made}) == 1
    assert listed(world) == ["Once"]
    with pytest.raises(grpc.RpcError) as caught:
        create(world, request_id, name="Twice")
    assert refusal(caught.value).reason == "REQUEST_ID_REUSED"


def test_numbers_are_unique_among_a_merchants_items_on_sale(world: World) -> None:
    first = create(world, name="A", sku="A-1", barcode="4006381333931")
    for taken in ({"sku": "A-1"}, {"barcode": "4006381333931"}):
        with pytest.raises(grpc.RpcError) as caught:
            create(world, name="B", **taken)
        assert refusal(caught.value).code == grpc.StatusCode.ALREADY_EXISTS
    other = item_service_pb2_grpc.ItemServiceStub(world.channel(merchant=uuid.uuid4()))
    other.CreateItem(
        item_service_pb2.CreateItemRequest(
            item=item_pb2.Item(name="A", sku="A-1", unit_price=euros(1)), request_id=new_id()
        )
    )
    world.items.DeleteItem(item_service_pb2.DeleteItemRequest(id=first.id))
    assert create(world, name="B", sku="A-1", barcode="4006381333931").sku == "A-1"


def test_an_update_changes_what_the_mask_names(world: World) -> None:
    item = create(world, name="Rye bread", sku="R", tax_code="VAT_FOOD")
    changed = update(world, item_pb2.Item(id=item.id, name="Rye bread, sliced", sku=""), "name", "sku")
    assert (changed.name, changed.sku, changed.tax_code, changed.unit_price) == (
        "Rye bread, sliced",
        "",
        "VAT_FOOD",
        euros(2),
    )
    unmasked = update(world, item_pb2.Item(id=item.id, unit_price=euros(3)))
    assert (unmasked.unit_price, unmasked.name) == (euros(3), "Rye bread, sliced")


def test_an_update_refuses_what_it_must(world: World) -> None:
    item = create(world, name="Rye bread")
    update(world, item_pb2.Item(id=item.id, name="White bread", etag=item.etag), "name")
    for wrong, paths, reason in (
        (item_pb2.Item(id=item.id, name="x", etag=item.etag), ("name",), "ITEM_CHANGED"),
        (item_pb2.Item(id=item.id, unit_price=rupees(3)), ("unit_price",), "CURRENCY_FIXED"),
        (item_pb2.Item(id=item.id), ("uncounted",), "INVALID_REQUEST"),
        (item_pb2.Item(id=item.id), ("name",), "INVALID_REQUEST"),
        (item_pb2.Item(id=item.id), ("unit_price",), "INVALID_REQUEST"),
        (item_pb2.Item(id=item.id, barcode="7"), ("barcode",), "INVALID_REQUEST"),
        (item_pb2.Item(id="item_x", name="x"), ("name",), "INVALID_REQUEST"),
        (item_pb2.Item(name="x"), ("name",), "INVALID_REQUEST"),
        (item_pb2.Item(id=to_text("item", uuid.uuid4()), name="x"), ("name",), "ITEM_NOT_FOUND"),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            update(world, wrong, *paths)
        assert refusal(caught.value).reason == reason, wrong
    assert world.items.GetItem(item_service_pb2.GetItemRequest(id=item.id)).name == "White bread"


def test_a_deleted_item_stays_readable_and_is_off_the_lists(world: World) -> None:
    item = create(world, name="Gone")
    deleted = world.items.DeleteItem(item_service_pb2.DeleteItemRequest(id=item.id, etag=item.etag))
    assert deleted.state == item_pb2.ITEM_STATE_DELETED
    assert world.items.DeleteItem(item_service_pb2.DeleteItemRequest(id=item.id)) == deleted
    assert world.items.GetItem(item_service_pb2.GetItemRequest(id=item.id)).state == item_pb2.ITEM_STATE_DELETED
    assert listed(world) == []
    with pytest.raises(grpc.RpcError) as caught:
        update(world, item_pb2.Item(id=item.id, name="Back"), "name")
    assert refusal(caught.value).reason == "ITEM_DELETED"


def test_lists_go_by_name_and_filter(world: World) -> None:
    named = {"Zebra milk": "milk-semi-1l", "apple Juice": "juice-apple-1l", "Äpple milk": "milk-whole-1l"}
    for name, code in named.items():
        create(world, name=name, product_id=product(code), sku=code)
    assert listed(world) == ["apple Juice", "Äpple milk", "Zebra milk"]
    assert listed(world, query="MILK") == ["Äpple milk", "Zebra milk"]
    assert listed(world, query="apples mil") == ["Äpple milk"]
    assert listed(world, sku="milk-semi-1l") == ["Zebra milk"]
    assert listed(world, product_id=product("juice-apple-1l")) == ["apple Juice"]
    assert listed(world, query="100%_") == []


def test_pages_follow_one_another_and_end(world: World) -> None:
    for number in range(7):
        create(world, name=f"Thing {number % 2} {number}")
    seen: list[str] = []
    token = ""
    while True:
        page = world.items.ListItems(item_service_pb2.ListItemsRequest(page_size=3, page_token=token))
        seen += [item.id for item in page.items]
        token = page.next_page_token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 7
    first = world.items.ListItems(item_service_pb2.ListItemsRequest(page_size=3))
    with pytest.raises(grpc.RpcError) as caught:
        world.items.ListItems(item_service_pb2.ListItemsRequest(query="thing", page_token=first.next_page_token))
    assert refusal(caught.value).reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize("key", [("a",), ("a", "b"), ("a\0", "018f3b1e-0000-7000-8000-000000000000"), ("a", "b", "c")])
def test_a_made_up_token_is_refused(world: World, key: tuple[str, ...]) -> None:
    token = paging.page(item_service_pb2.ListItemsRequest()).next_token(*key)
    with pytest.raises(grpc.RpcError) as caught:
        world.items.ListItems(item_service_pb2.ListItemsRequest(page_token=token))
    assert refusal(caught.value).reason == "PAGE_TOKEN_INVALID"


def test_another_merchants_item_looks_like_none(world: World) -> None:
    item = create(world, name="Mine")
    stranger = item_service_pb2_grpc.ItemServiceStub(world.channel(merchant=uuid.uuid4()))

    def read(item_id: str) -> None:
        stranger.GetItem(item_service_pb2.GetItemRequest(id=item_id))

    def delete(item_id: str) -> None:
        stranger.DeleteItem(item_service_pb2.DeleteItemRequest(id=item_id))

    def rename(item_id: str) -> None:
        stranger.UpdateItem(item_service_pb2.UpdateItemRequest(item=item_pb2.Item(id=item_id, name="x")))

    answers = set()
    for item_id in (item.id, to_text("item", uuid.uuid4())):
        for call in (read, delete, rename):
            with pytest.raises(grpc.RpcError) as caught:
                call(item_id)
            answer = refusal(caught.value)
            assert answer.metadata == {"item_ids": item_id}
            answers.add((answer.code, answer.reason, answer.message))
    assert answers == {(grpc.StatusCode.NOT_FOUND, "ITEM_NOT_FOUND", "The merchant has no such item.")}
    assert not stranger.ListItems(item_service_pb2.ListItemsRequest()).items


def test_a_price_and_a_product_reach_the_stores(world: World) -> None:
    near, own = world.store(), world.store()
    item = world.item("milk-semi-1l", price=euros(1))
    for store_id in (near, own):
        world.put(item.id, store_id)
    world.stock.SetPrice(
        stock_service_pb2.SetPriceRequest(item_id=item.id, store_id=own, unit_price=euros(9), request_id=new_id())
    )
    update(world, item_pb2.Item(id=item.id, unit_price=euros(2), product_id=product("milk-whole-1l")))
    found = {store.store_id: store.offers[0].unit_price for store in world.find({"milk-whole-1l": 1})}
    assert (found[near], found[own]) == (euros(2), euros(9))
    assert near not in {store.store_id for store in world.find({"milk-semi-1l": 1})}
    world.items.DeleteItem(item_service_pb2.DeleteItemRequest(id=item.id))
    assert {near, own}.isdisjoint(store.store_id for store in world.find({"milk-whole-1l": 1}))
