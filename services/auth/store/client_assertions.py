"""Assertions by which clients have authenticated: each is good once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.postgresql import insert

from services.auth.store.tables import client_assertions

if TYPE_CHECKING:
    from datetime import datetime


def use(  # no tenant: a client's, whosever it is
    tx: Connection, *, client_id: str, digest: bytes, expire_time: datetime
) -> bool:
    """Uses one up, by the digest of its jti; False if someone was faster, after waiting for them."""
    statement = insert(client_assertions).values(client_id=client_id, digest=digest, expire_time=expire_time)
    return tx.execute(statement.on_conflict_do_nothing()).rowcount == 1


def sweep(tx: Connection, *, before: datetime) -> None:  # no tenant: a sweep over all
    """Forgets those that ended before."""
    tx.execute(delete(client_assertions).where(client_assertions.c.expire_time < before))
