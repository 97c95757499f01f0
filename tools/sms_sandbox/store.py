"""What the sandbox was given, on disk: a kill or a restart loses nothing that was answered for."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    sid TEXT NOT NULL UNIQUE,
    recipient TEXT NOT NULL,
    sender TEXT NOT NULL,
    service_sid TEXT,
    body TEXT NOT NULL,
    segments INTEGER NOT NULL,
    status TEXT NOT NULL,
    error_code INTEGER,
    callback_url TEXT,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    sent REAL,
    -- When the next step is due; NULL once nothing follows.
    due REAL
);
CREATE INDEX IF NOT EXISTS messages_by_recipient ON messages (recipient, position);
CREATE INDEX IF NOT EXISTS messages_by_due ON messages (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS mails (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    sid TEXT NOT NULL UNIQUE,
    recipient TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    message_id TEXT NOT NULL,
    raw BLOB NOT NULL,
    created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS mails_by_recipient ON mails (recipient, position);
CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL,
    form TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    recipient TEXT,
    times INTEGER NOT NULL,
    options TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outcomes (recipient TEXT PRIMARY KEY, status TEXT NOT NULL, error_code INTEGER);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, is_on INTEGER NOT NULL);
"""
_MESSAGE = (
    "position, sid, recipient, sender, service_sid, body, segments, status, error_code, callback_url, created, "
    "updated, sent"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One message. Times are seconds since the epoch."""

    position: int
    sid: str
    recipient: str
    sender: str
    service_sid: str | None
    body: str
    segments: int
    status: str
    error_code: int | None
    callback_url: str | None
    created: float
    updated: float
    sent: float | None


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail to one recipient. `body` is its plain text; `created` is seconds since the epoch."""

    sid: str
    recipient: str
    sender: str
    subject: str
    body: str
    message_id: str
    created: float


@dataclass(frozen=True, slots=True)
class Callback:
    """A report that is to be made. `tries`: how often it was tried in vain."""

    id: int
    url: str
    form: dict[str, str]
    tries: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that was asked for, in force now. `options` are those of its kind."""

    kind: str
    options: dict[str, float]


class Store:
    """One SQLite file, one connection, one user at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(folder / "sandbox.sqlite3", check_same_thread=False, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + _SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def add(self, values: Mapping[str, object]) -> Stored:
        """Keeps a new message; `values` by column."""
        columns = ", ".join(values)
        marks = ", ".join("?" * len(values))
        with self._transaction() as db:
            db.execute(f"INSERT INTO messages ({columns}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - columns are ours
            return _stored(db.execute(f"SELECT {_MESSAGE} FROM messages WHERE sid = ?", (values["sid"],)).fetchone())  # noqa: S608

    def find(self, sid: str) -> Stored | None:
        """One message."""
        with self._transaction() as db:
            row = db.execute(f"SELECT {_MESSAGE} FROM messages WHERE sid = ?", (sid,)).fetchone()  # noqa: S608 - as above
        return _stored(row) if row else None

    def list(
        self,
        *,
        recipient: str | None = None,
        sender: str | None = None,
        sent_from: float | None = None,
        sent_before: float | None = None,
        before: int | None = None,
        limit: int,
    ) -> Sequence[Stored]:
        """Newest first. `sent_from` and `sent_before` are moments, `before` is a position."""
        conditions: list[tuple[str, object]] = [
            ("recipient = ?", recipient),
            ("sender = ?", sender),
            ("sent >= ?", sent_from),
            ("sent < ?", sent_before),
            ("position < ?", before),
        ]
        given = [(text, value) for text, value in conditions if value is not None]
        where = " AND ".join(text for text, _ in given) or "1"
        statement = f"SELECT {_MESSAGE} FROM messages WHERE {where} ORDER BY position DESC LIMIT ?"  # noqa: S608 - ours
        with self._transaction() as db:
            return [_stored(row) for row in db.execute(statement, (*(value for _, value in given), limit))]

    def add_mail(self, values: Mapping[str, object]) -> None:
        """Keeps a new mail; `values` by column."""
        columns = ", ".join(values)
        marks = ", ".join("?" * len(values))
        with self._transaction() as db:
            db.execute(f"INSERT INTO mails ({columns}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - columns are ours

    def mails(self, *, recipient: str | None = None, limit: int) -> Sequence[Mail]:
        """Newest first."""
        chosen, given = ("recipient = ?", (recipient,)) if recipient else ("1", ())
        columns = "sid, recipient, sender, subject, body, message_id, created"
        statement = f"SELECT {columns} FROM mails WHERE {chosen} ORDER BY position DESC LIMIT ?"  # noqa: S608 - ours
        with self._transaction() as db:
            return [Mail(*row) for row in db.execute(statement, (*given, limit))]

    def raw_mail(self, sid: str) -> bytes | None:
        """A mail as it came."""
        with self._transaction() as db:
            row = db.execute("SELECT raw FROM mails WHERE sid = ?", (sid,)).fetchone()
        return bytes(row[0]) if row else None

    def due(self, now: float) -> Sequence[Stored]:
        """Messages whose next step is due, in the order in which they came."""
        statement = f"SELECT {_MESSAGE} FROM messages WHERE due <= ? ORDER BY position LIMIT 100"  # noqa: S608 - ours
        with self._transaction() as db:
            return [_stored(row) for row in db.execute(statement, (now,))]

    def move(self, sid: str, changes: Mapping[str, object], *, callback: tuple[str, Mapping[str, str]] | None) -> None:
        """Writes a step of a message and the report of it at once."""
        sets = ", ".join(f"{column} = ?" for column in changes)
        with self._transaction() as db:
            db.execute(f"UPDATE messages SET {sets} WHERE sid = ?", (*changes.values(), sid))  # noqa: S608 - columns are ours
            if callback is not None:
                url, form = callback
                row = (url, json.dumps(dict(form)), changes["updated"])
                db.execute("INSERT INTO callbacks (url, form, due) VALUES (?, ?, ?)", row)

    def due_callbacks(self, now: float) -> Sequence[Callback]:
        """Reports that are due, oldest first."""
        with self._transaction() as db:
            rows = db.execute("SELECT id, url, form, tries FROM callbacks WHERE due <= ? ORDER BY id LIMIT 50", (now,))
            return [Callback(row[0], row[1], json.loads(row[2]), row[3]) for row in rows]

    def end_callback(self, callback_id: int) -> None:
        """It was taken, or given up."""
        with self._transaction() as db:
            db.execute("DELETE FROM callbacks WHERE id = ?", (callback_id,))

    def postpone_callback(self, callback_id: int, *, due: float) -> None:
        """It was tried in vain."""
        with self._transaction() as db:
            db.execute("UPDATE callbacks SET tries = tries + 1, due = ? WHERE id = ?", (due, callback_id))

    def add_fault(self, kind: str, *, recipient: str | None, times: int, options: Mapping[str, float]) -> None:
        """Asks for a fault at the next `times` messages (to `recipient`)."""
        row = (kind, recipient, times, json.dumps(dict(options)))
        with self._transaction() as db:
            db.execute("INSERT INTO faults (kind, recipient, times, options) VALUES (?, ?, ?, ?)", row)

    def take_fault(self, recipient: str, *, anyone: bool) -> Fault | None:
        """The fault for a message to `recipient` that arrives now; each is taken as often as was asked.

        `anyone`: also one that was asked for without saying to whom.
        """
        chosen = "recipient IS NULL OR recipient = ?" if anyone else "recipient = ?"
        statement = f"SELECT id, kind, times, options FROM faults WHERE {chosen} ORDER BY id LIMIT 1"  # noqa: S608 - above
        with self._transaction() as db:
            row = db.execute(statement, (recipient,)).fetchone()
            if row is None:
                return None
            if row[2] > 1:
                db.execute("UPDATE faults SET times = times - 1 WHERE id = ?", (row[0],))
            else:
                db.execute("DELETE FROM faults WHERE id = ?", (row[0],))
        return Fault(row[1], json.loads(row[3]))

    def set_outcome(self, recipient: str, status: str, error_code: int | None) -> None:
        """How messages to `recipient` end from now on."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?)", (recipient, status, error_code))

    def outcome(self, recipient: str) -> tuple[str, int | None]:
        """How a message to `recipient` ends."""
        with self._transaction() as db:
            row = db.execute("SELECT status, error_code FROM outcomes WHERE recipient = ?", (recipient,)).fetchone()
        return (row[0], row[1]) if row else ("delivered", None)

    def switch(self, name: str, *, is_on: bool) -> None:
        """Sets a switch."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO switches VALUES (?, ?)", (name, int(is_on)))

    def is_on(self, name: str) -> bool:
        """Whether a switch is on; off until it is set."""
        with self._transaction() as db:
            row = db.execute("SELECT is_on FROM switches WHERE name = ?", (name,)).fetchone()
        return bool(row and row[0])

    def reset(self) -> None:
        """Forgets everything."""
        with self._transaction() as db:
            for table in ("messages", "mails", "callbacks", "faults", "outcomes", "switches"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - names above

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        with self._transaction() as db:
            return {
                table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names here
                for table in ("messages", "mails", "callbacks", "faults", "outcomes")
            }

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _stored(row: tuple[object, ...]) -> Stored:
    return Stored(*row)  # type: ignore[arg-type] # in the order of _MESSAGE, which is that of the fields
