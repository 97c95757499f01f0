"""The keys that sign tokens: made once, read from the database, cached for a minute."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from services.auth.domain import signing
from services.auth.store import signing_keys
from services.auth.store.signing_keys import StoredKey
from services.kit import ids as id_text

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from services.kit.clock import Clock
    from services.kit.crypto import Vault
    from services.kit.db import Database
    from services.kit.ids import Ids

_ALGORITHM = "ES256"
_ACCESS = "at+jwt"


class Signer(Protocol):
    """Signs with one key."""

    def sign(self, claims: dict[str, Any]) -> str:
        """An access token (RFC 9068) with these claims."""
        ...

    def sign_id(self, claims: dict[str, Any]) -> str:
        """An ID token with these claims."""
        ...


@dataclass(frozen=True, slots=True)
class _Ring:
    kid: str
    key: ECKey
    # The JWK Set, JSON.
    published: bytes
    public: KeySet
    read_time: datetime

    def sign(self, claims: dict[str, Any]) -> str:
        """An access token (RFC 9068) with these claims."""
        return self._encode(_ACCESS, claims)

    def sign_id(self, claims: dict[str, Any]) -> str:
        """An ID token with these claims."""
        return self._encode("JWT", claims)

    def _encode(self, kind: str, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": _ALGORITHM, "kid": self.kid, "typ": kind}, claims, self.key)


class KeyRing:
    """Signs tokens and publishes the public keys; a JwksSource for the verifier. Safe to share between threads."""

    def __init__(self, *, db: Database, vault: Vault, clock: Clock, ids: Ids, issuer: str, audience: str) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._issuer = issuer
        self._audience = audience
        self._lock = threading.Lock()
        self._ring: _Ring | None = None

    def signer(self) -> Signer:
        """What signs now. May read the database: to be asked for outside of a transaction."""
        return self._current()

    def fetch(self) -> bytes:
        """The JWK Set: the key that signs, the next one, and those whose tokens may still live."""
        return self._current().published

    def claims(self, token: str) -> dict[str, Any] | None:
        """What an access token of ours says; None for any other text, and for a token that has ended.

        By the keys of the last minute, without reading the database if `signer` or `fetch` was asked before.
        """
        ring = self._ring or self._current()
        try:
            decoded = jwt.decode(token, ring.public, algorithms=[_ALGORITHM])
        except (JoseError, ValueError, TypeError):
            return None
        said = decoded.claims
        ours = said.get("iss") == self._issuer and said.get("aud") == self._audience
        if decoded.header.get("typ") != _ACCESS or not ours or said.get("exp", 0) <= self._clock.now().timestamp():
            return None
        return dict(said)

    def _current(self) -> _Ring:
        now = self._clock.now()
        with self._lock:
            if self._ring is None or now - self._ring.read_time > signing.RING_CACHED_FOR:
                self._ring = self._read(now)
            return self._ring

    def _read(self, now: datetime) -> _Ring:
        with self._db.transaction() as tx:
            stored = signing_keys.load_published(tx, vault=self._vault, now=now)
            current = signing.current(stored, now)
            if current is None:
                # Only one process makes them; the others wait here and then find them.
                signing_keys.lock(tx)
                stored = signing_keys.load_published(tx, vault=self._vault, now=now)
                current = signing.current(stored, now)
            if current is None:
                current = new_key(self._ids.new(), create_time=now, sign_time=now)
                following = new_key(self._ids.new(), create_time=now, sign_time=None)
                for key in (current, following):
                    signing_keys.create(tx, vault=self._vault, key=key)
                    stored.append(key)
        published = {"keys": [key.public_jwk for key in stored]}
        return _Ring(
            kid=str(current.public_jwk["kid"]),
            key=ECKey.import_key(json.loads(current.private_jwk)),
            published=json.dumps(published, separators=(",", ":")).encode(),
            public=KeySet.import_key_set(published),  # type: ignore[arg-type] # a dict of keys, as published
            read_time=now,
        )


def new_key(key_id: UUID, *, create_time: datetime, sign_time: datetime | None) -> StoredKey:
    """A fresh key pair."""
    pair = ECKey.generate_key(
        "P-256", {"kid": id_text.to_text("key", key_id), "use": "sig", "alg": _ALGORITHM}, private=True
    )
    return StoredKey(
        id=key_id,
        public_jwk=dict(pair.as_dict(private=False)),
        private_jwk=json.dumps(pair.as_dict(private=True)),
        create_time=create_time,
        sign_time=sign_time,
        expire_time=None,
    )
