"""Checks access tokens: RFC 9068 JWTs (`typ` at+jwt), ES256 only, of our issuer and audience.

Envoy has checked signature, issuer, audience and expiry at the edge. It does not check `typ`, and whoever reached a
service past it must not be believed: so every service checks again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.kit import ids, jose
from services.kit.context import Audience, Caller
from services.kit.failure import Failure, Kind
from services.kit.money import Money, exponent

if TYPE_CHECKING:
    from uuid import UUID

    from services.kit.clock import Clock
    from services.kit.config import Settings

_LOG = logging.getLogger(__name__)
_TYPES = frozenset(("at+jwt", "application/at+jwt"))
_HEADER = {"alg", "kid", "typ"}
# Seconds that the signer's clock may run ahead of ours.
_LEEWAY = 30
# Seconds that a token may still live. We issue none for longer; a stolen key may.
_LONGEST = 900 + _LEEWAY
# Seconds after which the keys are read again, and the least time between two reads for a key that is not known.
_KEYS_LIFETIME = 300.0
_KEYS_COOLDOWN = 5.0
_CACHED_TOKENS = 4096


class TokenInvalid(Failure):
    """Not a token of ours, or not any more. Why is in the log, not in the answer."""

    kind = Kind.UNAUTHENTICATED
    reason = "TOKEN_INVALID"

    def __init__(self) -> None:
        super().__init__("The access token is not valid. Get a new one.")


class JwksSource(Protocol):
    """Where the public keys come from."""

    def fetch(self) -> bytes:
        """A JWK Set (RFC 7517) as JSON. Raises a Failure if it cannot be had."""
        ...


class Verifier:
    """Turns a bearer token into a Caller. Safe to share between threads."""

    def __init__(self, settings: Settings, *, source: JwksSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._registry_options = {
            "iss": {"essential": True, "value": settings.public_url},
            "aud": {"essential": True, "value": settings.audience},
            "exp": {"essential": True},
            "sub": {"essential": True},
        }
        self._keys: KeySet | None = None
        self._keys_read_at = float("-inf")
        self._lock = threading.Lock()
        # SHA-256 of a token that was found good → its caller and when it expires. A signature costs 108 µs to check.
        self._good: dict[bytes, tuple[Caller, float]] = {}

    def verify(self, token: str) -> Caller:
        """The caller whom `token` names. Raises TokenInvalid, or PeerUnavailable while no keys could be had."""
        digest = hashlib.sha256(token.encode()).digest()
        now = self._clock.now().timestamp()
        known = self._good.get(digest)
        if known is not None and now < known[1]:
            return known[0]
        claims = self._claims(token, now)
        caller = _caller(claims)
        if len(self._good) >= _CACHED_TOKENS:
            self._good.clear()
        self._good[digest] = (caller, float(claims["exp"]))
        return caller

    def _claims(self, token: str, now: float) -> dict[str, Any]:
        try:
            header = jose.read(token).header
            # No key, and no address of one, is taken from the token itself.
            if (
                header.keys() != _HEADER
                or str(header["typ"]).lower() not in _TYPES
                or not isinstance(header["kid"], str)
            ):
                raise TokenInvalid
            decoded = jwt.decode(token, self._key_set(header["kid"]), algorithms=["ES256"])
            registry = jwt.JWTClaimsRegistry(now=int(now), leeway=0, **self._registry_options)  # type: ignore[arg-type] # its TypedDict does not survive **
            registry.validate(decoded.claims)
            if decoded.claims.get("iat", 0) > now + _LEEWAY or decoded.claims.get("nbf", 0) > now + _LEEWAY:
                raise TokenInvalid
            if decoded.claims["exp"] > now + _LONGEST:
                raise TokenInvalid
        except (JoseError, ValueError, TypeError, KeyError) as error:
            _LOG.info("token refused", extra={"why": type(error).__name__})
            raise TokenInvalid from error
        return decoded.claims

    def _key_set(self, key_id: str) -> KeySet:
        now = time.monotonic()
        with self._lock:
            age = now - self._keys_read_at
            unknown = self._keys is None or all(key.kid != key_id for key in self._keys.keys)
            if self._keys is None or age > _KEYS_LIFETIME or (unknown and age > _KEYS_COOLDOWN):
                try:
                    self._keys = KeySet.import_key_set(json.loads(self._source.fetch()))
                    self._keys_read_at = now
                except Failure:
                    # Old keys are as good as they were; without any there is nothing to check by.
                    if self._keys is None:
                        raise
            return self._keys


def _caller(claims: dict[str, Any]) -> Caller:
    try:
        merchant = claims.get("tid")
        subject = str(claims["sub"])
        client = str(claims.get("client_id", "")) or None
        # A client acts without a person: its subject is the client itself (RFC 9068, section 2.2).
        alone = subject.startswith("cli_")
        if alone and subject != client:
            raise TokenInvalid
        session = claims.get("sid")
        auth_time = claims.get("auth_time")
        return Caller(
            audience=Audience.MERCHANT if merchant else Audience.PERSON,
            account_id=None if alone else ids.from_text("acc", subject),
            merchant_id=ids.from_text("mer", merchant) if merchant else None,
            session_id=ids.from_text("ses", session) if session else None,
            client_id=client,
            scopes=frozenset(str(claims.get("scope", "")).split()),
            roles=frozenset(claims.get("roles", ())),
            auth_time=datetime.fromtimestamp(auth_time, UTC) if auth_time and not alone else None,
            assurance=str(claims["acr"]) if claims.get("acr") and not alone else None,
            actor_id=_actor(claims.get("act")),
            test_mode=_is_test(claims.get("mode")),
            refund_ceiling=_ceiling(claims.get("limits")),
            bound_to=_thumbprint(claims.get("cnf")),
        )
    except (ids.InvalidId, TypeError, ValueError, AttributeError, KeyError) as error:
        raise TokenInvalid from error


# A claim that narrows what a token may do must be understood or the token refused: each of these raises on anything
# that it does not know.


def _actor(act: Any) -> UUID | None:
    return None if act is None else ids.from_text("acc", act["sub"])


def _is_test(mode: Any) -> bool:
    if mode not in {None, "test"}:
        raise TokenInvalid
    return mode is not None


def _ceiling(limits: Any) -> Money | None:
    if limits is None or limits.get("refund") is None:
        return None
    refund = limits["refund"]
    if type(refund["minor"]) is not int or refund["minor"] < 0:
        raise TokenInvalid
    exponent(refund["currency"])
    return Money(refund["minor"], refund["currency"])


def _thumbprint(cnf: Any) -> str | None:
    if cnf is None:
        return None
    if set(cnf) != {"jkt"} or not isinstance(cnf["jkt"], str) or not cnf["jkt"]:
        raise TokenInvalid
    return str(cnf["jkt"])
