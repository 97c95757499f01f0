"""A long file through the whole system: in pieces, whole and right, and without the service growing by it."""

from __future__ import annotations

import csv
import ssl
import uuid
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg2
import pytest

from services.kit.ids import from_text
from tests.e2e.test_once import customer, draft, post_bill
from tests.services.billing.copies import copy_bill, remove_copies
from tools.stack.layout import Stack
from tools.stack.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.client.edge import Edge
    from tools.demo.flows import Shop

ROWS = 100_000
PATH = "/v1/reports:export"
# Kilobytes, less than the file has; all rows at once would take five times as much.
_MOST_GROWTH = 10_000


@pytest.fixture
def bill(run: dict[str, Any], edge: Edge, indian_shop: Shop) -> Iterator[dict[str, Any]]:
    """An issued bill, and many like it."""
    drafted = post_bill(edge, indian_shop, draft(customer(edge, indian_shop)), str(uuid.uuid4()))
    request = {"requestId": str(uuid.uuid4())}
    issued = edge.json("POST", f"/v1/bills/{drafted['id']}:issue", request, token=indian_shop.token)
    merchant, of = from_text("mer", indian_shop.merchant_id), from_text("bill", issued["id"])
    with closing(psycopg2.connect(run["database"]["superuser_dsn"])) as superuser:
        superuser.autocommit = True
        copy_bill(superuser, merchant, of, count=ROWS)
        yield issued
        remove_copies(superuser, merchant, of, count=ROWS)


def servers() -> list[Path]:
    """Where the system tells of billing's server processes, as they are now: other tests kill some."""
    with closing(Stack.of(State.current()).supervisor) as supervisor:
        running = supervisor.processes()
    return [Path(f"/proc/{one['pid']}") for one in running if one["name"] in {"billing-0", "billing-1"}]


def most_memory() -> list[int]:
    """The most that each process of billing has held since it was last forgotten, in kilobytes."""
    statuses = [(process / "status").read_text(encoding="ascii") for process in servers()]
    return [int(text.partition("VmHWM:")[2].split()[0]) for text in statuses]


def forget() -> None:
    for process in servers():
        # See proc(5).
        (process / "clear_refs").write_text("5", encoding="ascii")


def test_a_long_file_comes_in_pieces_and_whole(
    run: dict[str, Any], edge: Edge, indian_shop: Shop, bill: dict[str, Any]
) -> None:
    headers = {"authorization": f"Bearer {indian_shop.token}"}
    trusted = ssl.create_default_context(cafile=run["edge_ca"])
    with httpx.Client(base_url=edge.url, verify=trusted, timeout=60, trust_env=False, headers=headers) as client:
        # Whatever a first file takes once and for all.
        for _ in run["services"]["billing"] * 2:
            client.get(PATH, params={"report": "REPORT_KIND_NUMBERS"}).raise_for_status()
        forget()
        before = most_memory()
        with client.stream("GET", PATH, params={"report": "REPORT_KIND_BILLS"}) as answer:
            assert answer.status_code == httpx.codes.OK
            assert answer.headers["content-type"] == "text/csv; charset=utf-8"
            assert answer.headers["content-disposition"] == 'attachment; filename="bills.csv"'
            assert "content-length" not in answer.headers
            pieces = list(answer.iter_raw())
        after = most_memory()
    assert len(pieces) > 100
    assert max(map(len, pieces)) < 1_000_000
    rows = list(csv.DictReader(b"".join(pieces).decode("utf-8-sig").splitlines(), strict=True))
    assert len({row["bill_id"] for row in rows}) == len(rows)
    copies = [row for row in rows if row["number"].startswith("C")]
    assert len(copies) == ROWS
    assert {(row["total"], row["outstanding"], row["currency"]) for row in copies} == {("100.00", "100.00", "INR")}
    assert bill["number"] in {row["number"] for row in rows}
    growth = [now - then for then, now in zip(before, after, strict=True)]
    assert max(growth) < _MOST_GROWTH, growth
