"""Lines of shopping lists: how much, and of what."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.inventory.domain import line as lines
from services.inventory.domain import words
from services.inventory.domain.line import Line, Measure


def line(named: str, count: object = None, measure: str = "", *, packages: bool = False) -> Line:
    amount, _, unit = measure.partition(" ")
    return Line(
        tuple(named.split()),
        None if count is None else Decimal(str(count)),
        Measure(Decimal(amount), unit) if measure else None,
        packages,
    )


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("milk", line("milk")),
        ("2 milk", line("milk", 2)),
        ("milk 2", line("milk", 2)),
        ("milk x2", line("milk", 2)),
        ("2x milk", line("milk", 2)),
        ("2 \u00d7 milk", line("milk", 2)),
        ("milk - 2", line("milk", 2)),
        ("basmati rice 5 Kg", line("basmati rice", measure="5 KGM")),
        ("500g tomatoes", line("tomato", measure="500 GRM")),
        ("2 x 500g tomatoes", line("tomato", 2, "500 GRM")),
        ("cola 6 x 330 ml", line("cola", 6, "330 MLT")),
        ("6x330ml cola", line("cola", 6, "330 MLT")),
        ("1,5 l coke", line("coke", measure="1.5 LTR")),
        ("1 ½ l milk", line("milk", measure="1.5 LTR")),
        ("1/2 kg paneer", line("paneer", measure="0.5 KGM")),
        ("half kg paneer", line("paneer", measure="0.5 KGM")),
        ("pav kilo paneer", line("paneer", measure="0.25 KGM")),
        ("pav bhaji masala", line("pav bhaji masala")),
        ("tin foil", line("tin foil")),
        ("dozen eggs", line("egg", 12)),
        ("half a dozen eggs", line("egg", 6)),
        ("ek darjan kela", line("kela", 12)),
        ("do kilo chawal", line("chawal", measure="2 KGM")),
        ("kilo aloo", line("aloo", measure="1 KGM")),
        ("दो लीटर दूध", line("दूध", measure="2 LTR")),
        ("puoli kiloa perunoita", line("perunoita", measure="0.5 KGM")),
        ("kaksi maitoa", line("maitoa", 2)),
        ("2 packets of biscuits", line("biscuit", 2, packages=True)),
        ("a bottle of water", line("water", 1, packages=True)),
        ("water bottle", line("water bottle")),
        ("6pcs eggs", line("egg", 6)),
        ("toilet paper 8 rolls", line("toilet paper", measure="8 XRO")),
        ("3 pairs socks", line("sock", measure="3 PR")),
        ("7up", line("7up")),
        ("2 7up", line("7up", 2)),
        ("1664 beer", line("1664 beer")),
        ("cr2032", line("cr2032")),
        ("9v battery", line("9v battery")),
        ("paracetamol 500 mg", line("paracetamol 500mg")),
        ("vitamin c 500 mg 2", line("vitamin c 500mg", 2)),
        ("omega-3", line("omega3")),
        ("some bread", line("bread")),
        ("0 milk", line("0 milk")),
        ("5 kg", line("5kg")),
        ("500", line("500")),
        ("kg", line("kg")),
        ("", line("")),
    ],
)
def test_lines(written: str, understood: Line) -> None:
    assert lines.parse(written) == understood


@given(st.text(max_size=200))
@example("1/0 kg x")
@example("9" * 200)
@example("x" * 200)
@example("½" * 100)
def test_no_text_is_too_strange(text: str) -> None:
    found = lines.parse(text)
    assert found.count is None or 0 < found.count <= 12_000
    assert found.measure is None or found.measure.amount > 0
    assert all(found.words)


NAMES = st.sampled_from(("milk", "basmati rice", "olive oil", "दूध", "ruisleipa", "usb c cable"))
COUNTS = st.integers(1, 999)


@given(NAMES, COUNTS, st.sampled_from(("{n} {name}", "{name} {n}", "{n}x {name}", "{name} x{n}", "{n} x {name}")))
def test_a_count_is_found_wherever_it_stands(name: str, count: int, form: str) -> None:
    assert lines.parse(form.format(n=count, name=name)) == Line(tuple(name.split()), Decimal(count))


@given(
    NAMES,
    st.decimals(Decimal("0.1"), 99, places=1),
    st.sampled_from(sorted(words.MEASURES)),
    st.sampled_from(
        ("{n}{unit} {name}", "{n} {unit} {name}", "{name} {n} {unit}", "{name} {n}{unit}", "{n} {unit} of {name}")
    ),
)
def test_a_measure_is_found_wherever_it_stands(name: str, amount: Decimal, unit: str, form: str) -> None:
    found = lines.parse(form.format(n=amount, unit=unit, name=name))
    factor, code = words.MEASURES[unit]
    assert found.words == tuple(name.split())
    assert found.measure == Measure(amount * factor, code)
    assert found.count is None
