"""How often a line is understood: the whole catalogue as people would write it, plain and with one slip."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

import pytest

from services.inventory import catalogue
from services.inventory.usecases import products

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.inventory.usecases.deps import Deps

_TOGETHER = 100


def plain(text: str, _: random.Random) -> str:
    return text


def slip(text: str, chance: random.Random) -> str:
    """One letter left out, doubled, changed, or swapped with its neighbour; digits stay."""
    places = [place for place in range(len(text) - 1) if text[place : place + 2].isalpha()]
    if not places:
        return text
    place = chance.choice(places)
    before, letter, after, rest = text[:place], text[place], text[place + 1], text[place + 2 :]
    return chance.choice(
        (
            before + after + rest,
            before + letter + letter + after + rest,
            before + chance.choice(string.ascii_lowercase) + after + rest,
            before + after + letter + rest,
        )
    )


def full_name(product: catalogue.CatalogueProduct, _: random.Random) -> str:
    return product.display_name


def synonym(product: catalogue.CatalogueProduct, chance: random.Random) -> str:
    latin = [each.name for each in product.synonyms if each.language != "hi"]
    return chance.choice(latin or [product.name])


@pytest.mark.parametrize(
    ("written", "change", "first_floor", "offered_floor"),
    [
        (full_name, plain, 0.99, 0.99),
        (synonym, plain, 0.95, 0.99),
        (full_name, slip, 0.90, 0.95),
        (synonym, slip, 0.80, 0.90),
    ],
)
def test_hit_rate(
    deps: Deps,
    written: Callable[[catalogue.CatalogueProduct, random.Random], str],
    change: Callable[[str, random.Random], str],
    first_floor: float,
    offered_floor: float,
    record_property: Callable[[str, object], None],
) -> None:
    chance = random.Random(20_260)  # noqa: S311 - the same slips every time
    corpus = [(product.id, change(written(product, chance), chance)) for product in catalogue.load()]
    first = offered = 0
    for begin in range(0, len(corpus), _TOGETHER):
        part = corpus[begin : begin + _TOGETHER]
        with deps.db.transaction() as tx:
            resolutions = products.resolve_lines(tx, [text for _, text in part])
        for (product_id, _), resolution in zip(part, resolutions, strict=True):
            chosen = resolution.chosen.product.id if resolution.chosen else None
            first += chosen == product_id
            offered += product_id in {chosen, *(each.product.id for each in resolution.runners_up)}
    record_property("first", first / len(corpus))
    record_property("offered", offered / len(corpus))
    assert first / len(corpus) >= first_floor
    assert offered / len(corpus) >= offered_floor


@pytest.mark.parametrize(
    ("written", "name", "quantity"),
    [
        ("2 milk", "Semi-skimmed milk 1 l", "2"),
        ("basmati rice 5 Kg", "Basmati rice 5 kg", "1"),
        ("rice 3 kg", "Basmati rice 1 kg", "3"),
        ("500g tomatoes", "Tomatoes", "0.5"),
        ("6 eggs", "Eggs half dozen 6 pcs", "1"),
        ("12 eggs", "Eggs 10 pcs", "2"),
        ("दूध 2 लीटर", "Semi-skimmed milk 1 l", "2"),
        ("2 kg pyaz", "Onions", "2"),
        ("kaksi maitoa", "Semi-skimmed milk 1 l", "2"),
        ("kilo perunoita", "Potatoes", "1"),
        ("aa batteries 4", "AA batteries 4 pcs", "1"),
        ("6 x 330 ml coke", "Cola can 330 ml", "6"),
        ("toilet paper 16 rolls", "Toilet paper 8 rolls", "2"),
        ("panadol 500 mg", "Paracetamol 500 mg tablets 20 pcs", "1"),
        ("chiken brest 400g", "Chicken breast fillets", "0.4"),
        ("fresh organic free range eggs", "Eggs 10 pcs", "1"),
    ],
)
def test_everyday_lines(deps: Deps, written: str, name: str, quantity: str) -> None:
    with deps.db.transaction() as tx:
        (resolution,) = products.resolve_lines(tx, [written])
    assert resolution.chosen is not None
    assert (resolution.chosen.product.display_name, str(resolution.chosen.quantity)) == (name, quantity)
