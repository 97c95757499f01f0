"""Transactions see one tenant, and only for their own length."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import ProgrammingError

from services.kit.db import Database


def names(db: Database, merchant: UUID | None) -> list[str]:
    with db.transaction(merchant=merchant) as tx:
        return [row.name for row in tx.exec_driver_sql("SELECT name FROM things").all()]


def test_rows_of_another_tenant_are_not_there(db: Database) -> None:
    mine, theirs = uuid4(), uuid4()
    with db.transaction(merchant=mine) as tx:
        tx.exec_driver_sql("INSERT INTO things VALUES (%s, 'mine')", (str(mine),))
    assert names(db, mine) == ["mine"]
    assert names(db, theirs) == []
    # The connection that acted for `mine` went back to the pool; nothing of it is left.
    assert names(db, None) == []


def test_a_row_cannot_be_written_for_another_tenant(db: Database) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), db.transaction(merchant=uuid4()) as tx:
        tx.exec_driver_sql("INSERT INTO things VALUES (%s, 'smuggled')", (str(uuid4()),))
