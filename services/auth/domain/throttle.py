"""How fast something may be asked for: by one name, from one network, and by everyone together.

These limits keep floods away from what is costly. They are generous and may lose count when a machine dies; what must
be exact, such as guesses at one person's codes, is counted in `attempts`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Whoever has one address of IPv6 has its whole /64.
_PREFIX = {4: 32, 6: 64}


class Rule(StrEnum):
    """What is asked for."""

    SIGN_UP = "sign_up"
    BEGIN_LOGIN = "begin_login"
    # Answers to challenges, by kind.
    PASSWORD = "password"  # noqa: S105 - the name of a rule
    CODE = "code"
    RECOVERY = "recovery"
    RECOVERY_ANSWER = "recovery_answer"
    # Refusals of the token endpoint. By network alone: whoever failed on purpose in a client's name, or in everyone's,
    # would shut them out.
    TOKEN_FAILURE = "token_failure"  # noqa: S105 - as above
    # Wrong codes of devices that a person types in.
    DEVICE_CODE = "device_code"


class Scope(StrEnum):
    """Whose requests add up."""

    NAME = "name"
    NETWORK = "network"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Rate:
    """`most` at once, and from then on one more each `per` / `most`."""

    most: int
    per: timedelta

    @property
    def step(self) -> timedelta:
        """What one costs."""
        return self.per / self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Requests that add up, and how fast they may come."""

    # Keyed digest: neither Redis nor the database learns a name or an address.
    key: bytes
    rate: Rate


Rates = dict[Scope, Rate]

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

# Many people share one IPv4 address (a shop's, a mobile carrier's), so networks are let do much more than names.
DEFAULTS: dict[Rule, Rates] = {
    Rule.SIGN_UP: {Scope.NETWORK: Rate(60, _HOUR), Scope.EVERYONE: Rate(600, _MINUTE)},
    Rule.BEGIN_LOGIN: {
        Scope.NAME: Rate(60, 15 * _MINUTE),
        Scope.NETWORK: Rate(300, 15 * _MINUTE),
        Scope.EVERYONE: Rate(6000, _MINUTE),
    },
    Rule.PASSWORD: {Scope.NETWORK: Rate(300, 15 * _MINUTE), Scope.EVERYONE: Rate(3000, _MINUTE)},
    Rule.CODE: {Scope.NETWORK: Rate(300, 15 * _MINUTE), Scope.EVERYONE: Rate(6000, _MINUTE)},
    Rule.RECOVERY: {
        Scope.NAME: Rate(3, _HOUR),
        Scope.NETWORK: Rate(20, _HOUR),
        Scope.EVERYONE: Rate(300, _MINUTE),
    },
    Rule.RECOVERY_ANSWER: {Scope.NETWORK: Rate(60, _HOUR), Scope.EVERYONE: Rate(600, _MINUTE)},
    Rule.TOKEN_FAILURE: {Scope.NETWORK: Rate(300, _MINUTE)},
    Rule.DEVICE_CODE: {
        Scope.NETWORK: Rate(60, 15 * _MINUTE),
        Scope.EVERYONE: Rate(600, _MINUTE),
    },
}


def address_of(text: str | None) -> Address | None:
    """The address that `text` is, one of IPv4 in its own form; None if it is none."""
    try:
        found = ipaddress.ip_address((text or "").strip())
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def counted_network(address: Address) -> Network:
    """What counts as one network: an IPv4 address, an IPv6 /64."""
    return ipaddress.ip_network((address, _PREFIX[address.version]), strict=False)
