"""The database: one engine a process, one transaction a use case, the tenant set for that transaction alone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, event

from services.kit import sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from services.kit.config import Settings

# Row-level security reads these two. `true` makes them local to the transaction: with a pooler between, a setting of
# the session would be inherited by the next tenant.
_SET_TENANT = "SELECT set_config('app.merchant_id', %s, true), set_config('app.account_id', %s, true)"

# Milliseconds. A statement that takes longer than any deadline, or waits that long for a lock, is a fault.
_SESSION_OPTIONS = (
    "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
)


class Database:
    """A service's own schema, through its own login role."""

    def __init__(self, settings: Settings, *, name: str) -> None:
        """`name` is shown in pg_stat_activity. Connects on first use, so a database that is away delays nobody."""
        url = settings.database_url.get_secret_value()
        self._engine = create_engine(
            url.replace("postgresql://", "postgresql+psycopg2://", 1),
            pool_size=settings.threads,
            max_overflow=0,
            # Shorter than the default deadline, so that a full pool is told as what it is.
            pool_timeout=5,
            # BEGIN and COMMIT are sent by `transaction`, together with other statements.
            isolation_level="AUTOCOMMIT",
            # A failed statement's parameters are people's data; its error is logged.
            hide_parameters=True,
            connect_args={"application_name": name, "options": _SESSION_OPTIONS, "connect_timeout": 3},
        )
        event.listen(self._engine, "before_cursor_execute", lambda tx, *_: sql.send(tx))

    @contextmanager
    def transaction(self, *, merchant: UUID | None = None, account: UUID | None = None) -> Iterator[Connection]:
        """One transaction, committed at the end of the block and rolled back if it raises.

        `merchant` and `account` are whom row-level security lets see; without either it shows no tenant's row.
        """
        with self._transaction() as tx:
            if merchant is not None or account is not None:
                become(tx, merchant=merchant, account=account)
            yield tx

    @contextmanager
    def snapshot(self, *, merchant: UUID) -> Iterator[Connection]:
        """A transaction that only reads, and sees the moment of its first statement however long it lasts.

        A reader who keeps it waiting for 30 seconds loses it: the database ends the session.
        """
        with self._transaction("ISOLATION LEVEL REPEATABLE READ, READ ONLY") as tx:
            become(tx, merchant=merchant)
            yield tx

    @contextmanager
    def _transaction(self, mode: str = "") -> Iterator[Connection]:
        with self._engine.connect() as tx:
            sql.begin(tx, mode)
            try:
                yield tx
                sql.commit(tx)
            except BaseException:
                sql.roll_back(tx)
                raise

    def dispose(self) -> None:
        """Closes the pooled connections."""
        self._engine.dispose()


def become(tx: Connection, *, merchant: UUID | None = None, account: UUID | None = None) -> None:
    """Sets whom the rest of this transaction acts for; for the few flows that learn it from a first query."""
    sql.later(tx, _SET_TENANT, (str(merchant or ""), str(account or "")))
