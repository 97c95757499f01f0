"""kill -9 of one process after the other while bills are sent and paid: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from tests.e2e.test_once import customer
from tests.e2e.test_races import inr, new_bill, post, require_paid_to_the_paisa
from tools.client.edge import Edge
from tools.demo.inbox import Inbox
from tools.stack import lifecycle
from tools.stack.layout import Stack
from tools.stack.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tools.demo.flows import Shop

_PAUSE = 0.5
# What is killed, in turn. The rest of the system goes on.
_VICTIMS = (
    "billing-0", "notification-worker", "inventory-1", "auth-0", "billing-worker", "notification-0", "billing-1",
    "inventory-0", "sms-sandbox", "geo-0", "auth-1", "envoy-mesh", "redis",
)  # fmt: skip


class Killer(threading.Thread):
    """Ends one process after the other by kill -9; the next one when the supervisor has brought the last one back."""

    def __init__(self, victims: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self.victims = victims
        self._stack = Stack.of(State.current())
        self._done = threading.Event()
        self.killed: Counter[str] = Counter()

    def run(self) -> None:
        for victim in itertools.cycle(self.victims):
            before = self._process(victim)["pid"]
            with suppress(ProcessLookupError):
                os.kill(before, signal.SIGKILL)
            self.killed[victim] += 1
            probe = lifecycle.probes(self._stack).get(victim)
            while not self._is_back(victim, before, probe):
                if self._done.wait(_PAUSE):
                    return
            if self._done.wait(_PAUSE):
                return

    def end(self) -> None:
        self._done.set()
        self.join()
        self._stack.supervisor.close()

    def _is_back(self, victim: str, before: int, probe: Callable[[], bool] | None) -> bool:
        process = self._process(victim)
        if process["statename"] != "RUNNING" or process["pid"] == before:
            return False
        return probe is None or probe()

    def _process(self, name: str) -> dict[str, Any]:
        (process,) = [one for one in self._stack.supervisor.processes() if one["name"] == name]
        return process


@pytest.fixture
def killer(request: pytest.FixtureRequest) -> Iterator[Killer]:
    """At work, on the processes that the test names."""
    thread = Killer(request.param)
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


@pytest.mark.parametrize("killer", [("billing-0", "billing-worker", "billing-1")], indirect=True, ids=["billing"])
def test_eight_clients_at_one_bill_and_two_issuers_while_billing_is_killed(
    edge: Edge, indian_shop: Shop, killer: Killer
) -> None:
    bill, customer_id = new_bill(edge, indian_shop, 500, customer(edge, indian_shop)), customer(edge, indian_shop)
    payments: list[dict[str, Any]] = []
    numbers: list[str] = []

    def pay() -> None:
        legs = [{"amount": inr(7), "cash": {}}]
        while set(killer.killed) != set(killer.victims):
            payments.append(post(edge, indian_shop, f"/v1/bills/{bill['id']}/payments", {"legs": legs}))

    def issue() -> None:
        while set(killer.killed) != set(killer.victims):
            numbers.append(new_bill(edge, indian_shop, 1, customer_id)["number"])

    with ThreadPoolExecutor(10) as pool:
        for client in [pool.submit(work) for work in (*[pay] * 8, *[issue] * 2)]:
            client.result()
    killer.end()
    assert len(payments) >= 8
    require_paid_to_the_paisa(edge, indian_shop, bill, payments)
    # The first bill's number came before.
    first = int(bill["number"].rpartition("/")[2])
    taken = sorted(int(number.rpartition("/")[2]) for number in numbers)
    assert taken == list(range(first + 1, first + 1 + len(numbers)))


@pytest.mark.parametrize("killer", [_VICTIMS], indirect=True, ids=["all"])
def test_killed_processes_lose_and_double_nothing(
    run: dict[str, Any],
    edge: Edge,
    indian_shop: Shop,
    killer: Killer,
) -> None:
    token = indian_shop.token
    customers, sent = [], []
    while set(killer.killed) != set(_VICTIMS):
        # Ever new customers: a telephone gets so many messages an hour and no more.
        customers.append(new_customer(edge, indian_shop))
        sent += [(customers[-1], send_and_pay(edge, indian_shop, customers[-1]["id"])) for _ in range(6)]
    killer.end()
    assert len({bill["number"] for _, bill in sent}) == len(sent)

    with closing(Inbox(run["sms_inbox_url"], patience=120)) as inbox:
        for customer in customers:
            issued = [bill for owner, bill in sent if owner is customer]
            query = {"customerId": customer["id"], "pageSize": "500"}
            bills = edge.json("GET", "/v1/bills", token=token, query=query)["bills"]
            assert sorted(bill["id"] for bill in bills) == sorted(bill["id"] for bill in issued)
            assert {bill["state"] for bill in bills} == {"BILL_STATE_PAID"}
            for bill in issued:
                # The bill's own and the receipt, which has the link as well.
                inbox.wait_for(customer["phone"], bill["publicUrl"], count=2)
                inbox.wait_for(customer["phone"], bill["number"], "received")
            # One message for each bill, one for each receipt: none came twice.
            messages = Counter(message["body"] for message in inbox.messages(customer["phone"]))
            assert messages.total() == 2 * len(issued), messages.most_common(3)

    with psycopg2.connect(run["database"]["superuser_dsn"]) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM"
            " (SELECT 1 FROM billing.ledger_postings GROUP BY entry_id HAVING sum(amount_minor) <> 0) unbalanced"
        )
        assert cursor.fetchone() == (0,)
