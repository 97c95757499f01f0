"""5,000 customers from a file through the whole system: every fault at once, all or none, once, and be it killed."""

from __future__ import annotations

import os
import signal
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from tools.stack.layout import Stack
from tools.stack.state import State

if TYPE_CHECKING:
    from tools.client.edge import Edge
    from tools.demo.flows import Shop

_ROWS = 5_000
_BAD = frozenset(range(100, 5_100, 125))
_WRITING = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%%INSERT INTO customers%%'"
_COUNT = "SELECT count(*), count(DISTINCT phone_index) FROM billing.customers WHERE tags = ARRAY[%s]"


class Imports:
    """Files of one test, whose customers have a tag and telephone numbers of their own."""

    def __init__(self, run: dict[str, Any], edge: Edge, shop: Shop) -> None:
        self._database: str = run["database"]["superuser_dsn"]
        self._edge, self._shop = edge, shop
        self._token = shop.token
        self.tag = uuid.uuid4().hex

    def file(self, *, bad: frozenset[int] = frozenset()) -> bytes:
        """A row for each number from 2 on, as a spreadsheet counts."""
        base = int(self.tag[:6], 16)
        phones = (f"+9161{(base * 7919 + row) % 10**8:08d}" for row in range(2, _ROWS + 2))
        rows = (
            f"Row {row},{'12' if row in bad else phone},{self.tag},{row}@example.com"
            for row, phone in enumerate(phones, start=2)
        )
        return "\n".join(("name,phone,tags,email", *rows)).encode()

    def send(self, content: bytes, **query: str) -> dict[str, Any]:
        """What the import answers."""
        query = {"requestId": str(uuid.uuid4()), **query}
        return self._edge.upload("/v1/customers:import", content, "text/csv", token=self._token, query=query)

    def count(self) -> tuple[int, int]:
        """How many customers there are of the file, and with how many numbers."""
        with closing(psycopg2.connect(self._database)) as database, database.cursor() as cursor:
            cursor.execute(_COUNT, (self.tag,))
            found = cursor.fetchone()
            assert found is not None
            return found[0], found[1]

    def wait_until_it_writes(self) -> None:
        """Until rows are on their way into the table."""
        with closing(psycopg2.connect(self._database)) as database:
            database.autocommit = True
            with database.cursor() as cursor:
                while True:
                    cursor.execute(_WRITING)
                    if cursor.fetchone():
                        return


@pytest.fixture
def imports(run: dict[str, Any], edge: Edge, indian_shop: Shop) -> Imports:
    return Imports(run, edge, indian_shop)


def test_forty_bad_rows_are_all_told_and_nothing_is_written_unless_asked(imports: Imports) -> None:
    content = imports.file(bad=_BAD)
    refused = imports.send(content)
    assert [fault["row"] for fault in refused["faults"]] == sorted(_BAD)
    assert (refused["rowCount"], refused["faultCount"], refused.get("createdCount", 0)) == (_ROWS, 40, 0)
    assert imports.count() == (0, 0)
    taken = imports.send(content, mode="CUSTOMER_IMPORT_MODE_GOOD_ROWS")
    assert (taken["createdCount"], taken["faultCount"]) == (_ROWS - 40, 40)
    assert imports.count() == (_ROWS - 40, _ROWS - 40)


def test_the_same_request_four_times_at_once_is_one_import(imports: Imports) -> None:
    content, request_id = imports.file(), str(uuid.uuid4())
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: imports.send(content, requestId=request_id), range(4)))
    assert answers[0]["createdCount"] == _ROWS
    assert all(answer == answers[0] for answer in answers)
    assert imports.count() == (_ROWS, _ROWS)


def test_killed_in_the_middle_it_is_all_or_nothing_and_a_repeat_does_it_once(imports: Imports) -> None:
    content, request_id = imports.file(), str(uuid.uuid4())
    answers: list[dict[str, Any]] = []
    # It is repeated with the same id, as clients do, until somebody answers.
    sender = threading.Thread(target=lambda: answers.append(imports.send(content, requestId=request_id)))
    sender.start()
    imports.wait_until_it_writes()
    stack = Stack.of(State.current())
    try:
        for process in stack.supervisor.processes():
            if process["name"] in {"billing-0", "billing-1"}:
                os.kill(process["pid"], signal.SIGKILL)
    finally:
        stack.supervisor.close()
    assert imports.count() in {(0, 0), (_ROWS, _ROWS)}
    sender.join()
    assert answers[0]["createdCount"] == _ROWS
    assert imports.count() == (_ROWS, _ROWS)
    assert imports.send(content, requestId=request_id) == answers[0]
