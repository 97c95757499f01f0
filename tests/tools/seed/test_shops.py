"""Shops out of a map."""

from __future__ import annotations

from pathlib import Path

import osmium
import osmium.osm.mutable as osm

from tools.seed.shops import Shop, address_of, by_merchant, merchant_of, read_shops


def write_map(file: Path) -> None:
    with osmium.SimpleWriter(str(file)) as writer:
        writer.add_node(
            osm.Node(
                id=1, location=(24.94, 60.17), tags={"shop": "bakery", "name": "Leipomo", "addr:street": "Annankatu"}
            )
        )
        writer.add_node(osm.Node(id=2, location=(24.95, 60.17), tags={"amenity": "pharmacy", "name": "Apteekki"}))
        writer.add_node(osm.Node(id=3, location=(24.95, 60.17), tags={"shop": "bakery"}))
        writer.add_node(osm.Node(id=4, location=(24.95, 60.17), tags={"shop": "tattoo", "name": "Ink"}))
        writer.add_node(osm.Node(id=5, location=(24.0, 60.0)))
        writer.add_node(osm.Node(id=6, location=(25.0, 61.0)))
        writer.add_way(osm.Way(id=7, nodes=[5, 6], tags={"shop": "supermarket", "name": "Halli", "brand": "Iso"}))


def test_named_shops_of_the_kinds_asked_for_have_a_place(tmp_path: Path) -> None:
    file = tmp_path / "map.osm.pbf"
    write_map(file)
    found = read_shops(file, {"bakery", "pharmacy", "supermarket"})
    assert [(shop.place, shop.name, shop.kind) for shop in found] == [
        ("n1", "Leipomo", "bakery"),
        ("n2", "Apteekki", "pharmacy"),
        ("w7", "Halli", "supermarket"),
    ]
    assert (found[0].latitude, found[0].longitude) == (60.17, 24.94)
    # A building stands in the middle of its outline.
    assert (found[2].latitude, found[2].longitude) == (60.5, 24.5)
    assert found[0].address == "Annankatu"


def test_an_address_reads_as_people_write_it() -> None:
    full = {"addr:street": "Annankatu", "addr:housenumber": "20", "addr:postcode": "00100", "addr:city": "Helsinki"}
    assert address_of(full) == "Annankatu 20, 00100 Helsinki"
    assert address_of({"addr:street": "Annankatu", "addr:housenumber": "20"}) == "Annankatu 20"
    assert address_of({"addr:city": "Helsinki"}) == ""


def shop(name: str, brand: str = "") -> Shop:
    return Shop(place=f"n{name}", name=name, kind="kiosk", latitude=60.0, longitude=24.0, address="", brand=brand)


def test_a_chain_is_one_merchant_and_others_are_their_own() -> None:
    assert merchant_of(shop("Alepa Kluuvi")) == merchant_of(shop("S-Market Hakaniemi"))
    assert merchant_of(shop("R-kioski")) == merchant_of(shop("R-Kioski Sanomatalo"))
    assert merchant_of(shop("Pien")) == "Pien"
    assert merchant_of(shop("Tori 5", brand="Tori")) == "Tori"
    grouped = by_merchant([shop("Pien"), shop("Alepa"), shop("Alepa Eliel")])
    assert [(name, len(shops)) for name, shops in grouped.items()] == [("S-ryhmä", 2), ("Pien", 1)]
