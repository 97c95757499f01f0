"""Where a call came from, as coarsely as is of use: a network, never an address."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

# Bits that are kept: what a provider gives one customer, or a few hundred of them.
_IPV4_BITS = 24
_IPV6_BITS = 48


@lru_cache(maxsize=4096)
def shown_network(address: str | None) -> str:
    """Of an IP address, for example "203.0.113.0/24" or "2001:db8:1::/48"; empty for what is none."""
    try:
        given = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(given, IPv6Address) and given.ipv4_mapped is not None:
        given = given.ipv4_mapped
    bits = _IPV6_BITS if isinstance(given, IPv6Address) else _IPV4_BITS
    return str(ip_network((given, bits), strict=False))
