"""The keys that sign access tokens. They are the platform's, of no tenant; the private halves are sealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, delete, select, text, update

from services.auth.store.tables import signing_keys

if TYPE_CHECKING:
    from datetime import datetime

    from services.kit.crypto import Vault

# The tenant whose data key seals what belongs to no one.
_PLATFORM = UUID(int=0)
_PRIVATE = "signing_keys.private"
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('auth.signing_keys'))")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key pair; `private_jwk` is JSON."""

    id: UUID
    public_jwk: dict[str, Any]
    private_jwk: str
    create_time: datetime
    sign_time: datetime | None
    expire_time: datetime | None

    def __repr__(self) -> str:
        """Hides the key: reprs end in logs."""
        return f"StoredKey({self.id})"


def lock(tx: Connection) -> None:  # no tenant: the platform's
    """Waits until no other process makes keys."""
    tx.execute(_LOCK)


def load_published(tx: Connection, *, vault: Vault, now: datetime) -> list[StoredKey]:  # no tenant: the platform's
    """Those whose tokens may be alive, or will be; first to sign first, the next one last."""
    query = select(signing_keys).where(signing_keys.c.expire_time.is_(None) | (signing_keys.c.expire_time > now))
    return [
        StoredKey(
            id=row.id,
            public_jwk=row.public_jwk,
            private_jwk=vault.open(tx, _PLATFORM, _PRIVATE, row.id, bytes(row.private_sealed)),
            create_time=row.create_time,
            sign_time=row.sign_time,
            expire_time=row.expire_time,
        )
        for row in tx.execute(query.order_by(signing_keys.c.sign_time.nulls_last(), signing_keys.c.id))
    ]


def create(tx: Connection, *, vault: Vault, key: StoredKey) -> None:  # no tenant: the platform's
    """Writes a new key."""
    tx.execute(
        signing_keys.insert().values(
            id=key.id,
            public_jwk=key.public_jwk,
            private_sealed=vault.seal(tx, _PLATFORM, _PRIVATE, key.id, key.private_jwk),
            create_time=key.create_time,
            sign_time=key.sign_time,
            expire_time=key.expire_time,
        )
    )


def begin(tx: Connection, *, key_id: UUID, sign_time: datetime) -> None:  # no tenant: the platform's
    """Says from when on a key signs; an earlier word stands."""
    statement = update(signing_keys).where(signing_keys.c.id == key_id, signing_keys.c.sign_time.is_(None))
    tx.execute(statement.values(sign_time=sign_time))


def retire(tx: Connection, *, key_id: UUID, expire_time: datetime) -> None:  # no tenant: the platform's
    """Says until when a key is published; an earlier word stands."""
    statement = update(signing_keys).where(signing_keys.c.id == key_id, signing_keys.c.expire_time.is_(None))
    tx.execute(statement.values(expire_time=expire_time))


def sweep(tx: Connection, *, now: datetime) -> None:  # no tenant: the platform's
    """Deletes keys that are published no more."""
    tx.execute(delete(signing_keys).where(signing_keys.c.expire_time < now))
