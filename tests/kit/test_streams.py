"""Long answers: read while they are asked for, of one moment, and only so many at a time."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy.exc import DataError, InternalError

from services.kit import paging
from services.kit.context import Audience, Caller
from services.kit.failure import Kind
from services.kit.spreadsheet import to_csv
from services.kit.sql import run, stream
from services.kit.streams import Streams, TooManyStreams

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.kit.db import Database


def test_rows_are_read_while_they_are_asked_for(db: Database) -> None:
    # The database fails where it comes to row 2,500.
    with db.snapshot(merchant=uuid4()) as tx:
        rows = stream(tx, "SELECT n, 1 / (2500 - n) FROM generate_series(1, 1000000) n", {})
        seen = [next(rows).n for _ in range(2_000)]
        assert seen == list(range(1, 2_001))
        with pytest.raises(DataError):
            next(rows)


def test_chunks_are_made_while_they_are_asked_for() -> None:
    asked: list[int] = []

    def rows() -> Iterator[list[str]]:
        for number in range(100_000):
            asked.append(number)
            yield [str(number), "x" * 90]

    chunks = to_csv(("number", "text"), rows())
    assert len(next(chunks)) < 70_000
    assert 600 < len(asked) < 800


def test_pages_are_read_one_after_the_other() -> None:
    limits: list[tuple[int | None, int]] = []

    def read(last: int | None, limit: int) -> list[int]:
        limits.append((last, limit))
        first = 0 if last is None else last + 1
        return list(range(first, min(first + limit, 2_500)))

    rows = paging.every(read)
    assert next(rows) == 0
    assert limits == [(None, 1_000)]
    assert list(rows) == list(range(1, 2_500))
    assert limits == [(None, 1_000), (999, 1_000), (1_999, 1_000)]
    assert list(paging.every(lambda *_: ())) == []


def test_a_snapshot_is_of_one_moment_and_only_reads(db: Database) -> None:
    merchant = uuid4()
    with db.snapshot(merchant=merchant) as tx:
        assert run(tx, "SELECT count(*) FROM things").scalar_one() == 0
        with db.transaction(merchant=merchant) as other:
            run(other, "INSERT INTO things VALUES (%s, 'later')", (str(merchant),))
        assert run(tx, "SELECT count(*) FROM things").scalar_one() == 0
    with db.snapshot(merchant=merchant) as tx:
        assert run(tx, "SELECT count(*) FROM things").scalar_one() == 1
    with db.snapshot(merchant=uuid4()) as tx:
        assert run(tx, "SELECT count(*) FROM things").scalar_one() == 0
    with pytest.raises(InternalError, match="read-only"), db.snapshot(merchant=merchant) as tx:
        run(tx, "INSERT INTO things VALUES (%s, 'never')", (str(merchant),))


def test_so_many_streams_at_a_time_and_half_of_them_for_one() -> None:
    streams = Streams(3)
    shop, other = (Caller(audience=Audience.MERCHANT, merchant_id=uuid4()) for _ in range(2))
    with ExitStack() as stack:
        stack.enter_context(streams.admitted(shop))
        with streams.admitted(shop):
            with pytest.raises(TooManyStreams) as caught, streams.admitted(shop):
                pass
            stack.enter_context(streams.admitted(other))
            with pytest.raises(TooManyStreams), streams.admitted(other):
                pass
        assert caught.value.kind is Kind.EXHAUSTED
        assert caught.value.retry_after is not None
        stack.enter_context(streams.admitted(other))
    # Whatever ends one, it counts no more.
    with pytest.raises(ValueError, match="x"), streams.admitted(shop):
        raise ValueError("x")
    with streams.admitted(shop), streams.admitted(shop):
        pass
