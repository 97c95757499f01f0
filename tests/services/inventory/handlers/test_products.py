"""ProductService: the catalogue, open to everyone."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.inventory.v1 import product_service_pb2 as pb

from services.inventory import catalogue
from services.kit.ids import to_text
from tests.harness import refusal
from tests.services.inventory.world import product

if TYPE_CHECKING:
    from tests.services.inventory.world import World


def search(world: World, query: str, size: int = 0) -> list[str]:
    found = world.products.SearchProducts(pb.SearchProductsRequest(query=query, page_size=size)).products
    return [each.display_name for each in found]


def test_a_product_is_read_by_its_lasting_id(world: World) -> None:
    found = world.products.GetProduct(pb.GetProductRequest(id=product("milk-semi-1l")))
    assert (found.display_name, found.category, found.unit_code) == ("Semi-skimmed milk 1 l", "dairy", "EA")
    assert (found.package_size.amount.value, found.package_size.unit_code) == ("1", "LTR")
    assert ("maito", "fi") in {(name.name, name.language_code) for name in found.other_names}
    with pytest.raises(grpc.RpcError) as caught:
        world.products.GetProduct(pb.GetProductRequest(id=to_text("prd", uuid.uuid4())))
    assert refusal(caught.value).reason == "PRODUCT_NOT_FOUND"


def test_the_whole_catalogue_pages_by_name(world: World) -> None:
    names: list[str] = []
    token = ""
    while True:
        page = world.products.ListProducts(pb.ListProductsRequest(page_size=200, page_token=token))
        names += [each.display_name for each in page.products]
        token = page.next_page_token
        if not token:
            break
    assert len(names) == len(catalogue.load())
    assert names == sorted(names)
    dairy = world.products.ListProducts(pb.ListProductsRequest(category="dairy", page_size=500)).products
    assert {each.category for each in dairy} == {"dairy"}


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("basm", "Basmati rice 1 kg"),
        ("basmati 5kg", "Basmati rice 5 kg"),
        ("BASMATI RICE 5 KG", "Basmati rice 5 kg"),
        ("maito", "Semi-skimmed milk 1 l"),
        ("दूध", "Semi-skimmed milk 1 l"),
        ("naudan jauheliha", "Minced beef 400 g"),
        ("creme fraiche", "Sour cream 200 g"),
        ("Crème fraîche", "Sour cream 200 g"),
        ("tomatos", "Tomatoes"),
        ("mlik", "Semi-skimmed milk 1 l"),
    ],
)
def test_products_are_found_by_what_people_call_them(world: World, query: str, first: str) -> None:
    assert search(world, query)[0] == first


def test_a_search_is_short_and_may_find_nothing(world: World) -> None:
    assert len(search(world, "m", 3)) == 3
    assert len(search(world, "m")) == 10
    assert search(world, "qqqqq zzzzz") == []
    assert search(world, "'; DROP TABLE products; --") == []
    assert search(world, "!!!") == []
    with pytest.raises(grpc.RpcError) as caught:
        search(world, "")
    assert refusal(caught.value).fields == ("query",)
