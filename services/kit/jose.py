"""Reads a compact JWS (RFC 7515) strictly: whatever two readers could understand differently is refused."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from joserfc.util import urlsafe_b64decode

# Characters beyond which nothing of ours is: our own tokens are below two thousand.
LONGEST = 8192
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class Unreadable(ValueError):
    """Not one compact JWS with a JSON object for header and payload."""


@dataclass(frozen=True, slots=True)
class Unverified:
    """The parts of a JWS whose signature nobody has looked at yet."""

    header: dict[str, Any]
    claims: dict[str, Any]
    # What the signature is over.
    signed: bytes
    signature: bytes


def read(text: str) -> Unverified:
    """Takes a JWS apart. Raises Unreadable.

    Three parts in canonical base64url without padding; header and payload JSON objects in which no name comes twice;
    no `crit`, since there is no extension that we would understand.
    """
    if len(text) > LONGEST or not _COMPACT.fullmatch(text):
        raise Unreadable("not a compact JWS")
    signed, _, signature = text.rpartition(".")
    header, _, payload = signed.partition(".")
    try:
        parts = Unverified(_object(header), _object(payload), signed.encode(), decoded(signature))
    except (ValueError, RecursionError) as error:
        raise Unreadable("not base64url of JSON objects") from error
    if "crit" in parts.header:
        raise Unreadable("crit")
    return parts


def decoded(part: str) -> bytes:
    """The bytes of canonical base64url without padding; raises ValueError for anything else."""
    return urlsafe_b64decode(part.encode())


def _object(part: str) -> dict[str, Any]:
    found = json.loads(decoded(part).decode(), object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    if not isinstance(found, dict):
        raise Unreadable("not an object")
    return found


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a name comes twice")
    return found


def _no_constant(name: str) -> Any:
    raise Unreadable(f"{name} is no JSON")
