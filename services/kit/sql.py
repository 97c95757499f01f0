"""Statements on the cursor of the transaction's own connection.

SQLAlchemy builds the metadata of a result anew for every driver-level statement: 150 µs of a processor for what takes
psycopg2 itself 40. `run` is `Connection.exec_driver_sql` without that: the same transaction, the same errors, rows with
names. `later` saves the way to the server and back: what nobody asks the outcome of goes along with the next statement,
BEGIN and COMMIT too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extras import NamedTupleCursor
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound, StatementError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection


_ROWS_AT_ONCE = 1_000
# What of a connection's transaction is not sent yet: SQL, ready.
_WAITING = "waiting"


class Rows:
    """What a statement answered: rows as named tuples, all of them here already."""

    __slots__ = ("_cursor",)

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def __iter__(self) -> Iterator[Any]:
        """Row by row."""
        return iter(self._cursor)

    @property
    def rowcount(self) -> int:
        """How many rows were written, or answered."""
        count: int = self._cursor.rowcount
        return count

    def one(self) -> Any:
        """The only row. Raises NoResultFound or MultipleResultsFound."""
        row = self.one_or_none()
        if row is None:
            raise NoResultFound("no row where one is needed")
        return row

    def one_or_none(self) -> Any:
        """The only row, None if there is none. Raises MultipleResultsFound."""
        if self._cursor.rowcount > 1:
            raise MultipleResultsFound("several rows where one is needed")
        return self._cursor.fetchone()

    def all(self) -> list[Any]:
        """Every row."""
        rows: list[Any] = self._cursor.fetchall()
        return rows

    def scalar_one(self) -> Any:
        """The only row's first value. Raises NoResultFound or MultipleResultsFound."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        """The only row's first value, None if there is no row. Raises MultipleResultsFound."""
        row = self.one_or_none()
        return None if row is None else row[0]

    def scalars(self) -> list[Any]:
        """The first value of every row."""
        return [row[0] for row in self._cursor]


def run(tx: Connection, statement: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None) -> Rows:
    """Runs one statement with psycopg2's placeholders. Raises what `exec_driver_sql` raises, without the parameters."""
    connection: Any = tx.connection
    cursor = connection.cursor(cursor_factory=NamedTupleCursor)
    try:
        cursor.execute(connection.info.pop(_WAITING, b"") + cursor.mogrify(statement, parameters))
    except psycopg2.Error as error:
        raise _as_raised(tx, statement, error) from error
    return Rows(cursor)


def later(tx: Connection, statement: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None) -> None:
    """Runs one statement together with the next of the transaction, its end at the latest.

    For what needs no answer and violates nothing that the caller would catch: errors are raised by the next statement.
    """
    connection: Any = tx.connection
    statement_now = connection.cursor().mogrify(statement, parameters)
    connection.info[_WAITING] = connection.info.get(_WAITING, b"") + statement_now + b";\n"


def send(tx: Connection) -> None:
    """Runs what waits, before a statement that does not come by `run`."""
    if tx.connection.info.get(_WAITING):
        # Of no columns: psycopg2 runs no empty statement.
        run(tx, "SELECT")


def begin(tx: Connection, mode: str = "") -> None:
    """Begins a transaction, with its first statement. `mode`: as in BEGIN. For SQLAlchemy `tx` is in autocommit."""
    tx.connection.info[_WAITING] = f"BEGIN {mode};\n".encode()


def commit(tx: Connection) -> None:
    """Runs what waits and commits. Raises as `run` does; then the transaction is still to be rolled back."""
    run(tx, "COMMIT")


def roll_back(tx: Connection) -> None:
    """Undoes what was run. A connection that cannot be told so is not used again; the server does it by itself."""
    if tx.invalidated:
        return
    connection: Any = tx.connection
    connection.info.pop(_WAITING, None)
    try:
        if connection.driver_connection.get_transaction_status() != TRANSACTION_STATUS_IDLE:
            run(tx, "ROLLBACK")
    except DBAPIError as error:
        tx.invalidate(error)


def stream(
    tx: Connection, statement: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None
) -> Iterator[Any]:
    """The rows of one query, a thousand of them here at a time. One such query at a time in a transaction.

    Raises as `run` does, while it is read.
    """
    run(tx, f"DECLARE stream NO SCROLL CURSOR FOR {statement}", parameters)
    while rows := run(tx, f"FETCH {_ROWS_AT_ONCE} FROM stream").all():
        yield from rows
    run(tx, "CLOSE stream")


def _as_raised(tx: Connection, statement: str, error: psycopg2.Error) -> StatementError:
    lost = bool(getattr(tx.connection.driver_connection, "closed", False))
    if lost:
        tx.invalidate(error)
    return DBAPIError.instance(
        statement,
        None,
        error,
        psycopg2.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=tx.dialect,
    )
