"""The keys that sign access tokens: made once, read from the database, cached for a minute."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from joserfc import jwt
from joserfc.jwk import ECKey

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
_CACHED_FOR = timedelta(seconds=60)


class Signer(Protocol):
    """Signs with one key."""

    def sign(self, claims: dict[str, Any]) -> str:
        """An access token (RFC 9068) with these claims."""
        ...


@dataclass(frozen=True, slots=True)
class _Ring:
    kid: str
    key: ECKey
    # The JWK Set, JSON.
    published: bytes
    read_time: datetime

    def sign(self, claims: dict[str, Any]) -> str:
        """An access token (RFC 9068) with these claims."""
        return jwt.encode({"alg": _ALGORITHM, "kid": self.kid, "typ": "at+jwt"}, claims, self.key)


class KeyRing:
    """Signs tokens and publishes the public keys; a JwksSource for the verifier. Safe to share between threads."""

    def __init__(self, *, db: Database, vault: Vault, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._lock = threading.Lock()
        self._ring: _Ring | None = None

    def signer(self) -> Signer:
        """What signs now. May read the database: to be asked for outside of a transaction."""
        return self._current()

    def fetch(self) -> bytes:
        """The JWK Set: the key that signs, the next one, and those whose tokens may still live."""
        return self._current().published

    def _current(self) -> _Ring:
        now = self._clock.now()
        with self._lock:
            if self._ring is None or now - self._ring.read_time > _CACHED_FOR:
                self._ring = self._read(now)
            return self._ring

    def _read(self, now: datetime) -> _Ring:
        with self._db.transaction() as tx:
            stored = signing_keys.load_published(tx, vault=self._vault, now=now)
            current = _signing(stored, now)
            if current is None:
                # Only one process makes them; the others wait here and then find them.
                signing_keys.lock(tx)
                stored = signing_keys.load_published(tx, vault=self._vault, now=now)
                current = _signing(stored, now)
            if current is None:
                current, following = _new(self._ids.new(), sign_time=now), _new(self._ids.new(), sign_time=None)
                for key in (current, following):
                    signing_keys.create(tx, vault=self._vault, key=key, now=now)
                    stored.append(key)
        published = json.dumps({"keys": [key.public_jwk for key in stored]}, separators=(",", ":")).encode()
        return _Ring(
            kid=str(current.public_jwk["kid"]),
            key=ECKey.import_key(json.loads(current.private_jwk)),
            published=published,
            read_time=now,
        )


def _signing(stored: list[StoredKey], now: datetime) -> StoredKey | None:
    """The newest that has begun; if none has, the first that will: another machine's clock is ahead of ours."""
    dated = [(key.sign_time, key) for key in stored if key.sign_time is not None]
    begun = [key for sign_time, key in dated if sign_time <= now]
    if begun:
        return begun[-1]
    return dated[0][1] if dated else None


def _new(key_id: UUID, *, sign_time: datetime | None) -> StoredKey:
    pair = ECKey.generate_key(
        "P-256", {"kid": id_text.to_text("key", key_id), "use": "sig", "alg": _ALGORITHM}, private=True
    )
    return StoredKey(
        id=key_id,
        public_jwk=dict(pair.as_dict(private=False)),
        private_jwk=json.dumps(pair.as_dict(private=True)),
        sign_time=sign_time,
        expire_time=None,
    )
