"""Statements on the transaction's own cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    MultipleResultsFound,
    NoResultFound,
    OperationalError,
    ProgrammingError,
)

from services.kit import errors
from services.kit.errors import DatabaseUnavailable
from services.kit.sql import later, run, stream

if TYPE_CHECKING:
    from services.kit.db import Database

NUMBERS = "SELECT n AS number, 'x' || n AS name FROM generate_series(1, %(most)s) n"


def test_rows_have_names(db: Database) -> None:
    with db.transaction() as tx:
        rows = run(tx, NUMBERS, {"most": 3})
        assert [(row.number, row.name) for row in rows] == [(1, "x1"), (2, "x2"), (3, "x3")]
        assert run(tx, NUMBERS, {"most": 2}).all()[1].name == "x2"
        assert run(tx, NUMBERS, {"most": 2}).scalars() == [1, 2]
        assert run(tx, NUMBERS, {"most": 2}).rowcount == 2
        assert run(tx, "SELECT %s::uuid", (uuid4(),)).scalar_one().version == 4


def test_one_is_one(db: Database) -> None:
    with db.transaction() as tx:
        assert run(tx, NUMBERS, {"most": 1}).one().number == 1
        assert run(tx, NUMBERS, {"most": 1}).scalar_one_or_none() == 1
        assert run(tx, NUMBERS, {"most": 0}).one_or_none() is None
        assert run(tx, NUMBERS, {"most": 0}).scalar_one_or_none() is None
        with pytest.raises(NoResultFound):
            run(tx, NUMBERS, {"most": 0}).one()
        with pytest.raises(MultipleResultsFound):
            run(tx, NUMBERS, {"most": 2}).one_or_none()


def test_it_is_the_same_transaction(db: Database) -> None:
    merchant = uuid4()
    insert = "INSERT INTO things VALUES (%s, 'mine')"
    with pytest.raises(ZeroDivisionError), db.transaction(merchant=merchant) as tx:
        assert run(tx, insert, (str(merchant),)).rowcount == 1
        assert tx.exec_driver_sql("SELECT count(*) FROM things").scalar_one() == 1
        raise ZeroDivisionError
    with db.transaction(merchant=merchant) as tx:
        assert run(tx, "SELECT count(*) FROM things").scalar_one() == 0
    with pytest.raises(ProgrammingError, match="row-level security"), db.transaction(merchant=uuid4()) as tx:
        run(tx, insert, (str(merchant),))


def test_errors_are_those_of_sqlalchemy_without_the_parameters(db: Database) -> None:
    key = (UUID(int=1), UUID(int=2), b"secret")
    claim = "INSERT INTO idempotency (owner_id, request_id, fingerprint) VALUES (%s, %s, %s)"
    with pytest.raises(IntegrityError) as refused, db.transaction() as tx:
        run(tx, claim, key)
        run(tx, claim, key)
    assert getattr(refused.value.orig, "pgcode", None) == "23505"
    assert "secret" not in str(refused.value)


def test_a_lost_connection_is_told_and_not_used_again(db: Database) -> None:
    with db.transaction() as other, pytest.raises(OperationalError) as lost, db.transaction() as tx:
        backend = run(tx, "SELECT pg_backend_pid()").scalar_one()
        run(other, "SELECT pg_terminate_backend(%s)", (backend,))
        run(tx, "SELECT 1")
    assert isinstance(errors.from_exception(lost.value), DatabaseUnavailable)
    with db.transaction() as tx:
        assert run(tx, "SELECT pg_backend_pid()").scalar_one() != backend


def test_what_waits_is_run_with_the_next_statement_or_the_end(db: Database) -> None:
    merchant = uuid4()
    insert = "INSERT INTO things VALUES (%s, %s)"
    with db.transaction(merchant=merchant) as tx, db.transaction(merchant=merchant) as other:
        later(tx, insert, (str(merchant), "100 %"))
        later(tx, insert, (str(merchant), "second"))
        assert run(tx, "SELECT name FROM things ORDER BY name").scalars() == ["100 %", "second"]
        later(tx, insert, (str(merchant), "third"))
        assert tx.exec_driver_sql("SELECT count(*) FROM things").scalar_one() == 3
        later(tx, insert, (str(merchant), "fourth"))
        assert run(other, "SELECT count(*) FROM things").scalar_one() == 0
    with db.transaction(merchant=merchant) as tx:
        assert run(tx, "SELECT count(*) FROM things").scalar_one() == 4


def test_what_waits_is_undone_too(db: Database) -> None:
    merchant = uuid4()
    insert = "INSERT INTO things VALUES (%s, 'mine')"
    with pytest.raises(ZeroDivisionError), db.transaction(merchant=merchant) as tx:
        later(tx, insert, (str(merchant),))
        raise ZeroDivisionError
    with pytest.raises(ProgrammingError, match="row-level security"), db.transaction(merchant=merchant) as tx:
        later(tx, insert, (str(merchant),))
        later(tx, insert, (str(uuid4()),))
    with db.transaction(merchant=merchant) as tx:
        assert run(tx, "SELECT count(*) FROM things").scalar_one() == 0


def test_a_connection_is_never_left_within_a_transaction(db: Database) -> None:
    def status() -> str:
        with db.transaction() as tx:
            # This transaction's own first statement would not begin one inside another.
            return str(run(tx, "SELECT now() = statement_timestamp()").scalar_one())

    for fault in ("SELECT 1 / 0", "COMMIT"):
        with pytest.raises((DataError, ZeroDivisionError)), db.transaction() as tx:
            run(tx, fault)
            raise ZeroDivisionError
        assert status() == "True"


def test_a_query_comes_in_pieces(db: Database) -> None:
    with db.snapshot(merchant=uuid4()) as tx:
        rows = stream(tx, NUMBERS, {"most": 2_500})
        assert next(rows).name == "x1"
        assert sum(1 for _ in rows) == 2_499
        assert [row.number for row in stream(tx, NUMBERS, {"most": 2})] == [1, 2]
