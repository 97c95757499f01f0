"""kill -9 of one process after the other while bills are sent and paid: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import uuid
from collections import Counter
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from tools.client.edge import Edge
from tools.demo.inbox import Inbox
from tools.stack.layout import Stack
from tools.stack.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.demo.flows import Shop

_BILLS = 24
_PAUSE_BETWEEN_KILLS = 1.5
# What is killed, in turn. The rest of the system goes on.
_VICTIMS = (
    "billing-0", "notification-worker", "inventory-1", "auth-0", "billing-worker", "notification-0", "billing-1",
    "inventory-0", "sms-sandbox", "geo-0", "auth-1", "envoy-mesh", "redis",
)  # fmt: skip


class Killer(threading.Thread):
    """Ends a process by kill -9 every moment, until it is told to stop. The supervisor starts it again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._supervisor = Stack.of(State.current()).supervisor
        self._done = threading.Event()
        self.killed: Counter[str] = Counter()

    def run(self) -> None:
        for victim in itertools.cycle(_VICTIMS):
            if self._done.wait(_PAUSE_BETWEEN_KILLS):
                return
            for process in self._supervisor.processes():
                if process["name"] == victim and process["statename"] == "RUNNING":
                    with suppress(ProcessLookupError):
                        os.kill(process["pid"], signal.SIGKILL)
                        self.killed[victim] += 1

    def end(self) -> None:
        self._done.set()
        self.join()


@pytest.fixture
def killer() -> Iterator[Killer]:
    thread = Killer()
    thread.start()
    yield thread
    thread.end()


def new_customer(edge: Edge, shop: Shop) -> dict[str, Any]:
    """A customer with a telephone of their own."""
    phone = f"+9197{uuid.uuid4().int % 10**8:08d}"
    query = {"requestId": str(uuid.uuid4())}
    return edge.json("POST", "/v1/customers", {"displayName": "Patient", "phone": phone}, token=shop.token, query=query)


def send_and_pay(edge: Edge, shop: Shop, customer_id: str) -> dict[str, Any]:
    """One bill of a stock item and a free line, issued and paid in two legs. Every call may be repeated."""
    token = shop.token
    item = edge.json("GET", "/v1/items", token=token, query={"pageSize": "1"})["items"][0]
    free = {"description": "Chair", "quantity": {"value": "1"}, "unitPrice": {"currencyCode": "INR", "units": "100"}}
    body = {
        "customerId": customer_id,
        "storeId": shop.store_id,
        "lines": [{"itemId": item["id"], "quantity": {"value": "1"}}, free],
    }
    bill = edge.json("POST", "/v1/bills", body, token=token, query={"requestId": str(uuid.uuid4())})
    issued = edge.json("POST", f"/v1/bills/{bill['id']}:issue", {"requestId": str(uuid.uuid4())}, token=token)
    total = issued["totals"]["total"]
    one = {"currencyCode": "INR", "units": "1"}
    rest = {**total, "units": str(int(total["units"]) - 1)}
    legs = [
        {"amount": one, "cash": {}},
        {"amount": rest, "card": {"lastFour": "4242", "approvalCode": "A1"}},
    ]
    edge.json(
        "POST", f"/v1/bills/{bill['id']}/payments", {"legs": legs}, token=token, query={"requestId": str(uuid.uuid4())}
    )
    return issued


def test_killed_processes_lose_and_double_nothing(
    run: dict[str, Any],
    edge: Edge,
    indian_shop: Shop,
    killer: Killer,
) -> None:
    token = indian_shop.token
    # Several customers: a telephone gets so many messages an hour and no more.
    customers = [new_customer(edge, indian_shop) for _ in range(_BILLS // 6)]
    sent = [(customer, send_and_pay(edge, indian_shop, customer["id"])) for customer in customers * 6]
    killer.end()
    assert sum(killer.killed.values()) >= 5, "the processes were killed while bills were sent"
    assert len({bill["number"] for _, bill in sent}) == len(sent)

    with closing(Inbox(run["sms_inbox_url"], patience=120)) as inbox:
        for customer in customers:
            issued = [bill for owner, bill in sent if owner is customer]
            query = {"customerId": customer["id"], "pageSize": "500"}
            bills = edge.json("GET", "/v1/bills", token=token, query=query)["bills"]
            assert sorted(bill["id"] for bill in bills) == sorted(bill["id"] for bill in issued)
            assert {bill["state"] for bill in bills} == {"BILL_STATE_PAID"}
            for bill in issued:
                inbox.wait_for(customer["phone"], bill["publicUrl"])
                inbox.wait_for(customer["phone"], bill["number"], "received")
            # One message for each bill, one for each receipt: none came twice.
            messages = Counter(message["body"] for message in inbox.messages(customer["phone"]))
            assert messages.total() == 2 * len(issued), messages.most_common(3)

    with psycopg2.connect(run["database"]["superuser_dsn"]) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM billing.postings GROUP BY entry_id HAVING sum(amount_minor) <> 0) x"
        )
        assert cursor.fetchone() == (0,)
