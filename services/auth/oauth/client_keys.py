"""Clients' public keys: which sets can be registered, and whether one of them signed an assertion (RFC 7523)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from services.auth.domain.errors.clients import ClientKeysInvalid
from services.auth.oauth.answers import Refused
from services.kit import jose

if TYPE_CHECKING:
    from collections.abc import Container

MOST_KEYS = 10
# How far an assertion's end may lie ahead, and how much the clocks of two machines may differ.
LONGEST_ASSERTION = timedelta(minutes=5)
_LEEWAY = timedelta(seconds=30)
_LONGEST_ID = 256
_RSA_BITS = range(2048, 4097)
# As a header names it, to the kind of key and joserfc's algorithm. EdDSA is the older name of Ed25519 (RFC 9864).
_ALGORITHMS = {
    "ES256": ("EC", "ES256"),
    "PS256": ("RSA", "PS256"),
    "RS256": ("RSA", "RS256"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}
ALGORITHMS = ("ES256", "PS256", "RS256", "EdDSA")
# The members that make a key, by its kind, and its curve.
_MEMBERS = {"EC": ("crv", "x", "y"), "OKP": ("crv", "x"), "RSA": ("n", "e")}
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_DESCRIBING = frozenset(("kty", "kid", "use", "alg", "key_ops"))
# RFC 7523 asks for none; its successor for the last.
_TYPES = frozenset(("JWT", "jwt", "client-authentication+jwt"))
_PRIVATE = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))


@dataclass(frozen=True, slots=True)
class Assertion:
    """One that is good, if it is new."""

    jti: str
    expire_time: datetime


def read_set(text: str, *, field: str) -> dict[str, Any]:
    """A JWK set (RFC 7517) of public keys that sign, and nothing but what makes them. Raises ClientKeysInvalid."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ClientKeysInvalid(field, "must be JSON") from error
    keys = given.get("keys") if isinstance(given, dict) else None
    if not isinstance(keys, list) or not keys or len(keys) > MOST_KEYS:
        raise ClientKeysInvalid(field, f"must be an object with one to {MOST_KEYS} keys")
    kept = [_kept(key, f"{field}.keys[{number}]") for number, key in enumerate(keys)]
    names = [key["kid"] for key in kept if "kid" in key]
    if len(kept) > 1 and len(set(names)) != len(kept):
        raise ClientKeysInvalid(field, "must tell more than one key apart by kid")
    return {"keys": kept}


def write_set(keys: dict[str, Any]) -> str:
    """A set as its merchant reads it."""
    return json.dumps(keys, separators=(",", ":"), sort_keys=True)


def _kept(key: object, field: str) -> dict[str, str]:
    if not isinstance(key, dict):
        raise ClientKeysInvalid(field, "must be an object")
    if not _PRIVATE.isdisjoint(key):
        raise ClientKeysInvalid(field, "must not hold private parts: throw that key away")
    kind = key.get("kty")
    if not isinstance(kind, str) or kind not in _MEMBERS:
        raise ClientKeysInvalid(field, "must be of kty EC, RSA or OKP")
    if _CURVES.get(kind, key.get("crv")) != key.get("crv"):
        raise ClientKeysInvalid(field, f"must be on the curve {_CURVES[kind]}")
    algorithm = key.get("alg")
    if algorithm is not None and _ALGORITHMS.get(str(algorithm), ("", ""))[0] != kind:
        raise ClientKeysInvalid(field, f"must have an alg of {', '.join(ALGORITHMS)} that fits its kty")
    if key.get("use", "sig") != "sig" or key.get("key_ops", ["verify"]) != ["verify"]:
        raise ClientKeysInvalid(field, "must be for signatures")
    if unknown := key.keys() - _DESCRIBING - set(_MEMBERS[kind]):
        # Among them x5u and x5c: nothing is fetched, and no certificate is believed.
        raise ClientKeysInvalid(field, f"must not hold {min(unknown)!s:.40}")
    kept = {name: key[name] for name in ("kty", *_MEMBERS[kind], "kid", "alg") if name in key}
    if not all(isinstance(value, str) and 0 < len(value) <= jose.LONGEST for value in kept.values()):
        raise ClientKeysInvalid(field, "must hold text")
    try:
        _public(kept)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ClientKeysInvalid(field, "must be a key of 2048 to 4096 bits or on its curve") from error
    return kept


def check_assertion(
    assertion: jose.Unverified, *, keys: dict[str, Any], client_id: str, audiences: Container[str], now: datetime
) -> Assertion:
    """Whether one of the client's keys signed it, for us, for now. Raises Refused; who has the key is told why."""
    try:
        good = _signed(assertion, keys)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        good = False
    if not good:
        raise Refused("invalid_client", "None of the client's keys signed the assertion.")
    claims = assertion.claims
    if assertion.header.get("typ", "JWT") not in _TYPES:
        raise Refused("invalid_client", "The assertion is of another typ.")
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise Refused("invalid_client", "The assertion has not the client for iss and sub.")
    if not _is_one_of(claims.get("aud"), audiences):
        raise Refused("invalid_client", "The assertion is not for this issuer or endpoint alone.")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_ID:
        raise Refused("invalid_client", "The assertion has no jti.")
    begun = [_moment(claims.get(name, 0)) for name in ("iat", "nbf")]
    if any(moment is None or moment > now + _LEEWAY for moment in begun):
        raise Refused("invalid_client", "The assertion is not good yet.")
    end = _moment(claims.get("exp"))
    if end is None or not now - _LEEWAY < end <= now + LONGEST_ASSERTION + _LEEWAY:
        raise Refused("invalid_client", "The assertion does not end within five minutes, or has ended.")
    return Assertion(jti, end + _LEEWAY)


def _is_one_of(audience: object, ours: Container[str]) -> bool:
    """Whether it names us, and nobody else who could use it here."""
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    return isinstance(audience, str) and audience in ours


def _signed(assertion: jose.Unverified, keys: dict[str, Any]) -> bool:
    kind, name = _ALGORITHMS[assertion.header["alg"]]
    wanted = assertion.header.get("kid")
    algorithm = JWSRegistry.algorithms[name]
    for key in keys["keys"]:
        fits = key["kty"] == kind and _ALGORITHMS[key.get("alg", assertion.header["alg"])] == (kind, name)
        if fits and (wanted is None or key.get("kid", wanted) == wanted):
            public = _public(key)
            algorithm.check_key(public)
            if algorithm.verify(assertion.signed, assertion.signature, public):
                return True
    return False


def _public(key: dict[str, str]) -> ECKey | OKPKey | RSAKey:
    members: Any = {name: key[name] for name in ("kty", *_MEMBERS[key["kty"]])}
    if key["kty"] == "EC":
        return ECKey.import_key(members)
    if key["kty"] == "OKP":
        return OKPKey.import_key(members)
    modulus = int.from_bytes(jose.decoded(members["n"]), "big")
    exponent = int.from_bytes(jose.decoded(members["e"]), "big")
    # Each bit of a modulus and of an exponent costs work, and too few of them cost the secret.
    if modulus.bit_length() not in _RSA_BITS or exponent not in range(3, 2**32) or exponent % 2 == 0:
        raise ValueError("not of a size that is safe and cheap")
    return RSAKey.import_key(members)


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None
