"""Recovery codes, as keyed digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, update

from services.auth.domain import recovery
from services.auth.store.tables import recovery_codes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from services.auth.domain.names import AccountId
    from services.kit.crypto import Vault


def code_digest(vault: Vault, account_id: AccountId, code: str) -> bytes:
    """What is kept of a code, however it was typed."""
    return vault.index("recovery_codes", f"{account_id}\0{recovery.normalised(code)}")


def replace(tx: Connection, account_id: AccountId, *, vault: Vault, codes: Sequence[str], now: datetime) -> None:
    """Writes new ones in place of all before."""
    remove_all(tx, account_id)
    tx.execute(
        recovery_codes.insert(),
        [
            {"account_id": account_id, "digest": code_digest(vault, account_id, code), "create_time": now}
            for code in codes
        ],
    )


def consume(tx: Connection, account_id: AccountId, *, vault: Vault, code: str, now: datetime) -> bool:
    """Uses a code up; False if it is none, or was used before."""
    statement = update(recovery_codes).where(
        recovery_codes.c.account_id == account_id,
        recovery_codes.c.digest == code_digest(vault, account_id, code),
        recovery_codes.c.use_time.is_(None),
    )
    return tx.execute(statement.values(use_time=now)).rowcount == 1


def remove_all(tx: Connection, account_id: AccountId) -> None:
    """Voids all."""
    tx.execute(delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
