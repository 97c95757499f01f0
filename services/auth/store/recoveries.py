"""Recoveries under way, found by the digest of a secret that only their holder has; and accounts that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.names import AccountId
from services.auth.domain.recovery import Channel, Recovery, Wait
from services.auth.store.tables import recoveries, recovery_waits

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


def create(tx: Connection, *, recovery: Recovery) -> None:  # no tenant: nobody has shown who they are
    """Writes a new one, for whatever name."""
    tx.execute(
        recoveries.insert().values(
            digest=recovery.digest,
            id=recovery.id,
            account_id=recovery.account_id,
            channel=recovery.channel.value,
            tries=recovery.tries,
            expire_time=recovery.expire_time,
        )
    )


def load(tx: Connection, *, digest: bytes) -> Recovery | None:  # no tenant: found by its secret alone
    """The one of that token."""
    row = tx.execute(select(recoveries).where(recoveries.c.digest == digest)).one_or_none()
    return _recovery(row) if row else None


def load_for_update(tx: Connection, *, digest: bytes) -> Recovery | None:  # no tenant: as above
    """As `load`, and nobody else answers it before this transaction ends."""
    row = tx.execute(select(recoveries).where(recoveries.c.digest == digest).with_for_update()).one_or_none()
    return _recovery(row) if row else None


def find(tx: Connection, *, recovery_id: UUID) -> Recovery | None:  # no tenant: for the job that sends its code
    """The one of that id."""
    row = tx.execute(select(recoveries).where(recoveries.c.id == recovery_id)).one_or_none()
    return _recovery(row) if row else None


def count_wrong(tx: Connection, *, recovery: Recovery) -> None:  # no tenant: as above
    """One more wrong code, of a recovery that is loaded for update."""
    statement = update(recoveries).where(recoveries.c.digest == recovery.digest)
    tx.execute(statement.values(tries=recovery.tries + 1))


def use(tx: Connection, *, recovery: Recovery, now: datetime) -> None:  # no tenant: as above
    """Uses up one that is loaded for update."""
    tx.execute(update(recoveries).where(recoveries.c.digest == recovery.digest).values(use_time=now))


def load_wait_for_update(tx: Connection, account_id: AccountId) -> Wait | None:
    """What the account waits for, if it does."""
    query = select(recovery_waits).where(recovery_waits.c.account_id == account_id)
    row = tx.execute(query.with_for_update()).one_or_none()
    return Wait(start_time=row.start_time, available_time=row.available_time) if row else None


def save_wait(tx: Connection, account_id: AccountId, *, wait: Wait) -> None:
    """Writes a wait in place of any before."""
    values = {"start_time": wait.start_time, "available_time": wait.available_time}
    statement = insert(recovery_waits).values(account_id=account_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=[recovery_waits.c.account_id], set_=values))


def end_wait(tx: Connection, account_id: AccountId) -> bool:
    """Ends the wait; False if there was none."""
    return tx.execute(delete(recovery_waits).where(recovery_waits.c.account_id == account_id)).rowcount == 1


def sweep(tx: Connection, *, before: datetime) -> None:  # no tenant: a sweep
    """Forgets recoveries that ended before."""
    tx.execute(delete(recoveries).where(recoveries.c.expire_time < before))


def _recovery(row: Row[Any]) -> Recovery:
    return Recovery(
        digest=bytes(row.digest),
        id=row.id,
        account_id=AccountId(row.account_id) if row.account_id else None,
        channel=Channel(row.channel),
        tries=row.tries,
        expire_time=row.expire_time,
        use_time=row.use_time,
    )
