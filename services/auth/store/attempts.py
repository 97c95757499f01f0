"""Counters of vain tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.attempts import Attempts, Purpose
from services.auth.store.tables import attempts

if TYPE_CHECKING:
    from datetime import datetime


def load_for_update(  # no tenant: wrong names are counted too
    tx: Connection, *, purpose: Purpose, subject: bytes, now: datetime
) -> Attempts:
    """The subject's counters. Whoever else asks for them waits until this transaction ends: so tries queue up."""
    fresh = insert(attempts).values(purpose=purpose.value, subject=subject, update_time=now)
    tx.execute(fresh.on_conflict_do_nothing())
    query = select(attempts.c.recent, attempts.c.in_a_row).where(
        attempts.c.purpose == purpose.value, attempts.c.subject == subject
    )
    row = tx.execute(query.with_for_update()).one()
    return Attempts(tuple(row.recent), row.in_a_row)


def save(  # no tenant: as above
    tx: Connection, *, purpose: Purpose, subject: bytes, counted: Attempts, now: datetime
) -> None:
    """Writes counters that are loaded for update."""
    statement = update(attempts).where(attempts.c.purpose == purpose.value, attempts.c.subject == subject)
    tx.execute(statement.values(recent=list(counted.recent), in_a_row=counted.in_a_row, update_time=now))


def sweep(tx: Connection, *, before: datetime) -> None:  # no tenant: as above
    """Forgets counters that no window asks for any more; what is counted in a row stays."""
    tx.execute(
        delete(attempts).where(
            attempts.c.update_time < before, (attempts.c.purpose != Purpose.TOTP.value) | (attempts.c.in_a_row == 0)
        )
    )
