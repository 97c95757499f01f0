"""Proofs that the caller holds the key to which a token is bound (RFC 9449), and the memory of those used up."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from services.kit import jose
from services.kit.failure import Failure, Kind
from services.kit.optional_redis import OptionalRedis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.kit.config import Settings

# How old a proof may be, and how far its clock may be ahead.
_OLDEST = timedelta(seconds=60)
_AHEAD = timedelta(seconds=5)
_LONGEST_ID = 512
_RSA_BITS = range(2048, 4097)
# As a proof names it, to the kind of key and joserfc's algorithm. EdDSA is the older name of Ed25519 (RFC 9864).
_ALGORITHMS: dict[str, tuple[str, str]] = {
    "ES256": ("EC", "ES256"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
    "RS256": ("RSA", "RS256"),
    "PS256": ("RSA", "PS256"),
}
# For discovery documents and challenges.
ALGORITHMS = tuple(_ALGORITHMS)
# The members of a public key; any other of these kinds is private.
_PUBLIC = {"EC": {"crv", "x", "y"}, "OKP": {"crv", "x"}, "RSA": {"n", "e"}}
_PRIVATE = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))
_DEFAULT_PORTS = {"https": 443, "http": 80}
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# Proofs that a process remembers: 65 seconds of more calls than it can answer.
_REMEMBERED = 100_000
# Seconds that Redis has for an answer.
_PATIENCE = 0.1


class ProofInvalid(Failure):
    """No proof, too many, or one that does not fit this call."""

    kind = Kind.UNAUTHENTICATED
    reason = "PROOF_INVALID"

    def __init__(self, why: str) -> None:
        super().__init__(f"The DPoP proof is not valid: {why}.")


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds for the call it was checked against. Whether it is new, `Replays` says."""

    # Thumbprint (RFC 7638, SHA-256, base64url) of the proven key; what `cnf.jkt` of a token bound to it says.
    jkt: str
    jti: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """What a client called, as it knows it."""

    method: str
    url: str


def target(metadata: Sequence[tuple[str, str | bytes]], *, grpc_method: str, public_url: str) -> Target:
    """The HTTP method and URL, without query, of a call that came through the edge.

    `metadata` is the call's; the edge's transcoder says in it what JSON was called, and nobody else can.
    """
    paths, verbs = values(metadata, "x-envoy-original-path"), values(metadata, "x-envoy-original-method")
    if len(paths) == 1 and len(verbs) == 1:
        return Target(verbs[0], public_url + paths[0].partition("?")[0])
    return Target("POST", public_url + grpc_method)


def values(metadata: Sequence[tuple[str, str | bytes]], key: str) -> list[str]:
    """Every value of one key."""
    return [value for name, value in metadata if name == key and isinstance(value, str)]


def presented(metadata: Sequence[tuple[str, str | bytes]]) -> str | None:
    """The one proof of a call, None without. Raises ProofInvalid if there are more."""
    found = values(metadata, "dpop")
    if len(found) > 1:
        raise ProofInvalid("there is more than one")
    return found[0] if found else None


def check(proof: str, *, method: str, url: str, now: datetime, access_token: str | None = None) -> Proof:
    """Checks a proof against what was called. Raises ProofInvalid.

    `url` may have a query, which does not count. With `access_token`, at a resource, the proof must be for that token.
    """
    try:
        parts = jose.read(proof)
    except jose.Unreadable as error:
        raise ProofInvalid("it is not a compact JWS") from error
    if parts.header.get("typ") != "dpop+jwt":
        raise ProofInvalid("its typ is not dpop+jwt")
    key = _verified(parts)
    claims = parts.claims
    if claims.get("htm") != method:
        raise ProofInvalid("its htm is another method")
    if not isinstance(claims.get("htu"), str) or _place(claims["htu"]) != _place(url):
        raise ProofInvalid("its htu is another address")
    issued_at = _moment(claims.get("iat"))
    if not now - _OLDEST <= issued_at <= now + _AHEAD:
        raise ProofInvalid("its iat is not of now")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_ID:
        raise ProofInvalid("it has no jti")
    if access_token is not None and claims.get("ath") != _digest(access_token):
        raise ProofInvalid("its ath is of another token")
    return Proof(key.thumbprint(), jti, issued_at)


def _verified(parts: jose.Unverified) -> ECKey | OKPKey | RSAKey:
    kind, name = _ALGORITHMS.get(str(parts.header.get("alg")), ("", ""))
    if not kind:
        raise ProofInvalid(f"its alg is none of {', '.join(ALGORITHMS)}")
    jwk = parts.header.get("jwk")
    if not isinstance(jwk, dict) or jwk.get("kty") != kind or not _PRIVATE.isdisjoint(jwk):
        raise ProofInvalid("its jwk is not a public key for its alg")
    try:
        key = _key(kind, jwk)
        algorithm = JWSRegistry.algorithms[name]
        algorithm.check_key(key)
        good = algorithm.verify(parts.signed, parts.signature, key)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProofInvalid("its jwk is not a public key for its alg") from error
    if not good:
        raise ProofInvalid("its signature does not fit")
    return key


def _key(kind: str, jwk: dict[str, Any]) -> ECKey | OKPKey | RSAKey:
    members: Any = {"kty": kind} | {name: str(jwk[name]) for name in _PUBLIC[kind]}
    if kind == "EC":
        return ECKey.import_key(members)
    if kind == "OKP":
        if members["crv"] != "Ed25519":
            raise ValueError("not an Ed25519 key")
        return OKPKey.import_key(members)
    # Before joserfc looks: each bit of a modulus costs work.
    if len(jose.decoded(members["n"])) * 8 not in _RSA_BITS:
        raise ValueError("not of a length that is safe and cheap")
    return RSAKey.import_key(members)


def _moment(value: object) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProofInvalid("it has no iat")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise ProofInvalid("it has no iat") from error


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _place(url: str) -> tuple[str, str, int | None, str] | None:
    """Scheme, host, port and path in one spelling (RFC 3986, section 6.2); None if it is no place on the web."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return scheme, parts.hostname, port or _DEFAULT_PORTS[scheme], _ESCAPE.sub(_plain, parts.path) or "/"


def _plain(escape: re.Match[str]) -> str:
    character = chr(int(escape.group(1), 16))
    return character if character in _UNRESERVED else escape.group(0).upper()


class Replays:
    """Which proofs were used up. In Redis, where all processes see it, and in this one's memory, which alone counts
    while Redis is away or not configured.

    The edge sends a call again if a process died over it; such a repeat has the same request id, which nobody outside
    can choose, and is no replay.
    """

    def __init__(self, settings: Settings, *, remembered: int = _REMEMBERED) -> None:
        """Keeps `remembered` proofs in memory at most. Connects to nothing yet."""
        self._most = remembered
        self._redis = OptionalRedis(settings.redis_url, patience=_PATIENCE)
        self._lock = threading.Lock()
        # Digest of the proof, oldest first → the request that it came with, and when it has expired anyway.
        self._seen: OrderedDict[bytes, tuple[str, datetime]] = OrderedDict()

    def admit(self, proof: Proof, *, request_id: str, now: datetime) -> None:
        """Uses up a proof that `check` found good. Raises ProofInvalid if another request has."""
        digest = hashlib.sha256(f"{proof.jkt}\0{proof.jti}".encode()).digest()
        if self._remembered(digest, request_id, now) != request_id or self._shared(digest, request_id) != request_id:
            raise ProofInvalid("it was used before")

    def close(self) -> None:
        """Ends the connection to Redis."""
        self._redis.close()

    def _remembered(self, digest: bytes, request_id: str, now: datetime) -> str:
        with self._lock:
            while self._seen and (len(self._seen) >= self._most or next(iter(self._seen.values()))[1] < now):
                self._seen.popitem(last=False)
            return self._seen.setdefault(digest, (request_id, now + _OLDEST + _AHEAD))[0]

    def _shared(self, digest: bytes, request_id: str) -> str:
        """The request that all processes know it of; `request_id` itself where none can say."""
        name, life = b"dpop:" + digest, _OLDEST + _AHEAD
        first = self._redis.ask(lambda client: client.set(name, request_id, nx=True, get=True, ex=life))
        return request_id if first is None else str(first, "utf-8", "replace")
