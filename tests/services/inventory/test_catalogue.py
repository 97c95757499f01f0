"""The catalogue's files: what every row must be, and that loading them twice changes nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from services.inventory import catalogue, load_catalogue
from services.inventory.composition import NAME
from services.inventory.domain.quantity import base_amount
from services.inventory.domain.text import normalise

if TYPE_CHECKING:
    from tests.harness import Postgres
    from tests.services.inventory.world import World

PRODUCTS = catalogue.load()


def test_there_is_enough_for_an_everyday_basket() -> None:
    assert len(PRODUCTS) >= 400
    assert all(count >= 10 for count in Counter(product.shelf for product in PRODUCTS).values())
    languages = Counter(synonym.language for product in PRODUCTS for synonym in product.synonyms)
    assert min(languages[language] for language in ("en", "fi", "hi", "hi-Latn")) > 100


def test_every_row_is_whole() -> None:
    for product in PRODUCTS:
        assert product.unit_code in {"EA", "KGM"}, product
        assert (product.package_amount is None) is (product.package_unit is None), product
        assert product.package_unit is None or base_amount(product.package_amount or 0, product.package_unit), product  # type: ignore[arg-type] # not 0 where there is a unit
        assert {band.currency for band in product.prices} == {"EUR", "INR"}, product
        assert product.tax_class in {"food", "medicine", "book", "alcohol", "standard"}, product
        assert product.hsn_code.isdigit(), product
        assert 4 <= len(product.hsn_code) <= 8, product
        assert 1 <= product.weight <= 5, product
        assert product.shops, product
        assert normalise(product.name), product


def test_no_two_products_are_called_the_same() -> None:
    assert max(Counter(normalise(product.display_name) for product in PRODUCTS).values()) == 1
    assert len({product.id for product in PRODUCTS}) == len(PRODUCTS)


def test_identifiers_last() -> None:
    milk = next(product for product in PRODUCTS if product.code == "milk-semi-1l")
    assert milk.text_id == "prd_73grr6rj3mahav192md3gkm2j3"


def test_a_second_load_changes_nothing(stocked: Postgres, world: World) -> None:
    state = "SELECT key, xmin FROM products ORDER BY key"
    names = "SELECT product_key, norm, xmin FROM product_names ORDER BY 1, 2"
    before = world.query(state), world.query(names)
    load_catalogue.load(stocked.url(NAME))
    assert (world.query(state), world.query(names)) == before
