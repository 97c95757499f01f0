"""The real shops of a map: names, kinds and places as OpenStreetMap has them, and who runs them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import osmium

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

_LONGEST_NAME = 120
_LONGEST_ADDRESS = 300
_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")

#: Chains by what their shops' names begin with, upper case. Everyone else is a merchant of their own.
CHAINS = {
    "K-MARKET": "K-ryhmä",
    "K MARKET": "K-ryhmä",
    "K-SUPERMARKET": "K-ryhmä",
    "K-CITYMARKET": "K-ryhmä",
    "K-RAUTA": "K-ryhmä",
    "S-MARKET": "S-ryhmä",
    "ALEPA": "S-ryhmä",
    "SOKOS": "S-ryhmä",
    "PRISMA": "S-ryhmä",
    "LIDL": "Lidl",
    "ALKO": "Alko",
    "R-KIOSKI": "R-kioski",
    "STOCKMANN": "Stockmann",
    "YLIOPISTON APTEEKKI": "Yliopiston Apteekki",
}


@dataclass(frozen=True, slots=True, order=True)
class Shop:
    """One shop of the map. `place` is its OpenStreetMap object, for example "n349041876"; it never changes."""

    place: str
    name: str
    # OpenStreetMap's value of `shop` or `amenity`.
    kind: str
    # WGS84 degrees.
    latitude: float
    longitude: float
    address: str
    # What its sign says it belongs to; empty when the map does not know.
    brand: str = ""


def read_shops(map_file: Path, kinds: Collection[str]) -> list[Shop]:
    """Return the named shops of these kinds, in the order of their places' identifiers."""
    objects = (
        osmium.FileProcessor(str(map_file)).with_locations().with_filter(osmium.filter.KeyFilter("shop", "amenity"))
    )
    found = []
    for thing in objects:
        kind = thing.tags.get("shop") or thing.tags.get("amenity") or ""
        name = (thing.tags.get("name") or "").strip()
        if kind not in kinds or not name or len(name) > _LONGEST_NAME or not _KIND.fullmatch(kind):
            continue
        point = _point(thing)
        if point is None:
            continue
        latitude, longitude = point
        found.append(
            Shop(
                place=f"{thing.type_str()}{thing.id}",
                name=name,
                kind=kind,
                latitude=round(latitude, 7),
                longitude=round(longitude, 7),
                address=address_of(dict(thing.tags)),
                brand=thing.tags.get("brand") or "",
            )
        )
    return sorted(found)


def address_of(tags: dict[str, str]) -> str:
    """Return the address on one line as people write it, from OpenStreetMap's addr:* tags; empty without a street."""
    street = tags.get("addr:street", "")
    if not street:
        return ""
    first = f"{street} {tags.get('addr:housenumber', '')}".strip()
    second = f"{tags.get('addr:postcode', '')} {tags.get('addr:city', '')}".strip()
    return ", ".join(part for part in (first, second) if part)[:_LONGEST_ADDRESS]


def merchant_of(shop: Shop) -> str:
    """Return the name of the merchant that runs the shop: its chain, or the shop itself."""
    upper = shop.name.upper()
    for beginning, chain in CHAINS.items():
        if upper.startswith(beginning):
            return chain
    return shop.brand or shop.name


def by_merchant(shops: Iterable[Shop]) -> dict[str, list[Shop]]:
    """Return the shops of each merchant, the merchant with the most shops first."""
    merchants: dict[str, list[Shop]] = {}
    for shop in shops:
        merchants.setdefault(merchant_of(shop), []).append(shop)
    return dict(sorted(merchants.items(), key=lambda entry: (-len(entry[1]), entry[0])))


def _point(thing: object) -> tuple[float, float] | None:
    """Latitude and longitude of a node, or the middle of a building's outline; None for what has no place."""
    if isinstance(thing, osmium.osm.Node):
        return (thing.location.lat, thing.location.lon) if thing.location.valid() else None
    if isinstance(thing, osmium.osm.Way):
        corners = [node.location for node in thing.nodes if node.location.valid()]
        if corners:
            latitude = sum(corner.lat for corner in corners) / len(corners)
            return latitude, sum(corner.lon for corner in corners) / len(corners)
    return None
