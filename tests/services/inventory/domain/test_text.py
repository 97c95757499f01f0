"""One spelling for what people write."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inventory import catalogue
from services.inventory.domain.text import normalise


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("Basmati Rice, 5 Kg", "basmati rice 5kg"),
        ("Basmati rice 5kg", "basmati rice 5kg"),
        ("basmati rice 5000 g", "basmati rice 5kg"),
        ("Crème fraîche 2 dl", "creme fraiche 200ml"),
        ("PÄÄRYNÄ", "paaryna"),
        ("½ l maito", "500ml maito"),
        ("1 1/2 kg", "1.5kg"),
        ("1½ kg", "1.5kg"),
        ("1,5 litraa", "1.5l"),
        ("0.33 l", "330ml"),
        ("दूध २ लीटर", "दूध 2l"),
        ("Tomatoes", "tomato"),
        ("berries", "berry"),
        ("glasses", "glass"),
        ("hummus", "hummus"),
        ("Men's boxers", "men boxer"),
        ("paracetamol 500 mg", "paracetamol 500mg"),
        ("omega-3", "omega3"),
        ("USB-C", "usb c"),
        ("70% dark", "70 dark"),
        ("salt & pepper", "salt pepper"),
        ("  \t ", ""),
        ("!?", ""),
    ],
)
def test_spelling(written: str, spelt: str) -> None:
    assert normalise(written) == spelt


@given(st.text(max_size=60))
def test_any_text_has_one_spelling(text: str) -> None:
    spelt = normalise(text)
    assert spelt == " ".join(spelt.split())
    assert "'" not in spelt
    assert "\\" not in spelt
    assert all(
        unicodedata.category(character)[0] in "LM" or character.isdigit() or character in " ./" for character in spelt
    )


@given(
    st.sampled_from(catalogue.load()), st.sampled_from((str.upper, str.lower, str.title, lambda text: f"  {text}! "))
)
def test_case_and_punctuation_do_not_matter(product: catalogue.CatalogueProduct, change: object) -> None:
    assert callable(change)
    assert normalise(change(product.display_name)) == normalise(product.display_name)
