"""`python -m bench.bills`: create → issue → split payment, ours through Envoy as JSON beside Flask and the ORM.

Both run at once, two application processes each, against the same PostgreSQL cluster, and are loaded in turn:
A B A B … What is told is chains per CPU second of everything on a request's way (for us the edge and billing's servers;
for the peer gunicorn), PostgreSQL's own for these requests, latency at the client, and the ratios. The client's own CPU
is not counted. The peer only puts messages into its outbox, so our workers, who send them and print the bills, stand
still meanwhile; what they need for the bills is told at the end.

Then ours beside pgbench sending the very statements of our chain: what the database alone would allow.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg2
from sqlalchemy import create_engine, insert

from bench import same_sql
from bench.meter import Contender, Measured, Meter, add, cpu_seconds, family, postmaster
from bench.peers.flask_orm.models import Base, Customer
from tools import up
from tools.client.edge import Edge
from tools.client.people import Person
from tools.ports import free_port
from tools.stack import runfile
from tools.stack.files import locked
from tools.stack.layout import Stack
from tools.test import throw_away_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.stack.state import State

_LINES = 5
_PEER_PROCESSES = 2
_ON_THE_WAY = ("billing-0", "billing-1", "envoy-edge")


def main() -> None:
    """Runs the race and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.bills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chains", type=int, default=150, help="a round's chains of each contender")
    parser.add_argument("--clients", type=int, default=4)
    arguments = parser.parse_args()
    with throw_away_state() as state, locked(state.lock, busy="waiting for the lock"):
        # As durable as in earnest: the database's work is part of the matter.
        up.up(state)
        run = runfile.read(state)
        stack = Stack.of(state)
        edge = Edge.from_run(run)
        (owner,) = [one for one in run["demo_sign_ins"] if one["role"] == "merchant-in"]
        person = Person.from_run(edge, owner)
        token = person.token(owner["merchant_id"])
        jwks = edge.json("GET", "/.well-known/jwks.json")
        with peer(run, jwks) as (peer_url, peer_pid, peer_customer):
            contenders = [
                Contender(
                    "Billmesh, JSON",
                    ours(run, token),
                    lambda: our_processes(stack),
                    "application_name = 'billing'",
                ),
                Contender(
                    "Flask, gunicorn, ORM",
                    theirs(peer_url, token, peer_customer),
                    lambda: family(peer_pid),
                    "datname = 'peer'",
                ),
            ]
            meter = Meter(run)
            with workers_paused(stack):
                race(contenders, arguments, meter)
                bare = beside_pgbench(contenders[0], arguments, meter, run=run, state=state)
            afterwards = work_off(run, stack)
        edge.close()
    report(contenders)
    report_bare(*bare)
    print(f"\nafterwards, sending and printing: {afterwards / contenders[0].made * 1000:.0f} CPU ms a chain")


@contextmanager
def workers_paused(stack: Stack) -> Iterator[None]:
    """Nobody works off our queues within the block."""
    workers = [int(process["pid"]) for process in stack.supervisor.processes() if process["name"].endswith("-worker")]
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)


def work_off(run: dict[str, Any], stack: Stack) -> float:
    """Waits until all queues are empty; the processor time of everything that runs meanwhile, in seconds."""

    def used() -> float:
        everyone = [int(process["pid"]) for process in stack.supervisor.processes()]
        return sum(cpu_seconds(family(pid)) for pid in (*everyone, postmaster(run)))

    def waiting(cursor: Any) -> int:
        counts = []
        for service in ("billing", "notification", "auth"):
            cursor.execute(
                f"SELECT count(*) FROM {service}.procrastinate_jobs WHERE status IN ('todo', 'doing')"
                " AND scheduled_at IS NULL"
            )
            counts += cursor.fetchone()
        return sum(counts)

    before = used()
    connection = psycopg2.connect(run["database"]["superuser_dsn"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            while waiting(cursor):
                time.sleep(0.5)
    finally:
        connection.close()
    return used() - before


def race(contenders: list[Contender], arguments: argparse.Namespace, meter: Meter) -> None:
    """One uncounted round each, then the counted ones in turn."""
    for round_number in range(arguments.rounds + 1):
        for contender in contenders:
            found = Measured()
            with meter.measuring(contender, found):
                found.latencies = run_chains(contender, arguments)
            found.chains = arguments.chains
            if round_number:
                add(contender.measured, found)


def run_chains(contender: Contender, arguments: argparse.Namespace) -> list[float]:
    """A round; seconds that each chain took."""
    contender.made += arguments.chains
    with ThreadPoolExecutor(arguments.clients) as pool:
        return list(pool.map(lambda _: timed(contender.chain), range(arguments.chains)))


def beside_pgbench(
    contender: Contender, arguments: argparse.Namespace, meter: Meter, *, run: dict[str, Any], state: State
) -> tuple[Measured, Measured]:
    """Ours and pgbench in turn."""
    dsn = run["database"]["superuser_dsn"]
    log = state.logs / "postgres.log"
    first, second = (same_sql.statements(dsn, log, contender.chain) for _ in range(2))
    file = state.directory / "chain.sql"
    file.write_text(same_sql.script(first, second), encoding="utf-8")
    bench = same_sql.Pgbench(dsn, file, clients=arguments.clients, chains=arguments.chains)
    ours_found, bare = Measured(), Measured()
    for _ in range(arguments.rounds):
        with meter.measuring(contender, ours_found):
            run_chains(contender, arguments)
        ours_found.chains += arguments.chains
        before, own = cpu_seconds(family(postmaster(run))), os.times()
        bare.wall_seconds += bench.run()
        # Its sessions are over, so PostgreSQL's children are counted as a whole.
        bare.database_cpu_seconds += cpu_seconds(family(postmaster(run))) - before
        bare.cpu_seconds += sum(os.times()[2:4]) - sum(own[2:4])
        bare.chains += bench.chains
    return ours_found, bare


def report_bare(ours_found: Measured, bare: Measured) -> None:
    """Prints what the same statements cost without us."""
    print(f"\n{'':<22}{'chains/s':>10}{'CPU ms':>10}{'DB CPU ms':>12}")
    rates = []
    for name, found in (("Billmesh, JSON", ours_found), ("pgbench, same SQL", bare)):
        cpu, database = (seconds / found.chains * 1000 for seconds in (found.cpu_seconds, found.database_cpu_seconds))
        print(f"{name:<22}{found.chains / found.wall_seconds:>10.1f}{cpu:>10.2f}{database:>12.2f}")
        rates.append((found.chains / found.wall_seconds, 1 / (cpu + database)))
    (ours_clock, ours_cpu), (bare_clock, bare_cpu) = rates
    clock, cpu = ours_clock / bare_clock, ours_cpu / bare_cpu
    print(f"\nours to pgbench, chains per second: {clock:.2f}, per CPU second: {cpu:.2f}")


def report(contenders: list[Contender]) -> None:
    """Prints the table and the ratios."""
    print(f"\na chain: create a bill of {_LINES} lines, issue it, pay it in three legs\n")
    header = ("chains/CPU s", "CPU ms", "DB CPU ms", "chains/s", "p50 ms", "p99 ms")
    print(f"{'':<22}{header[0]:>12}{header[1]:>12}{header[2]:>12}{header[3]:>10}{header[4]:>10}{header[5]:>10}")
    for contender in contenders:
        print(contender.measured.row(contender.name))
    ours_measured, theirs_measured = (contender.measured for contender in contenders)
    ratio = (ours_measured.chains / ours_measured.cpu_seconds) / (theirs_measured.chains / theirs_measured.cpu_seconds)
    print(f"\nchains per CPU second, ours to theirs: {ratio:.2f}")


def ours(run: dict[str, Any], token: str) -> Callable[[], None]:
    """Our chain, as JSON through the edge."""
    http = httpx.Client(
        base_url=run["edge_url"], verify=ssl.create_default_context(cafile=run["edge_ca"]), trust_env=False, timeout=30
    )
    http.headers["authorization"] = f"Bearer {token}"
    phone = f"+9196{uuid.uuid4().int % 10**8:08d}"
    customer = post(http, "/v1/customers", {"displayName": "Bench", "phone": phone})["id"]
    price = {"currencyCode": "INR", "units": "100"}
    lines = [
        {"description": f"Thing {n}", "quantity": {"value": "2"}, "unitPrice": price, "taxCode": "GST18"}
        for n in range(_LINES)
    ]

    def chain() -> None:
        bill = post(http, "/v1/bills", {"customerId": customer, "lines": lines})["id"]
        total = post(http, f"/v1/bills/{bill}:issue", {})["totals"]["total"]
        legs = [
            {"amount": {"currencyCode": "INR", "units": "500"}, "upi": {"utr": uuid.uuid4().hex[:22]}},
            {"amount": {"currencyCode": "INR", "units": "200"}, "card": {"lastFour": "4242", "approvalCode": "A1"}},
            {"amount": {"currencyCode": "INR", "units": str(int(total["units"]) - 700)}, "cash": {}},
        ]
        post(http, f"/v1/bills/{bill}/payments", {"legs": legs})

    return chain


def theirs(url: str, token: str, customer: uuid.UUID) -> Callable[[], None]:
    """The peer's chain."""
    http = httpx.Client(base_url=url, trust_env=False, timeout=30, headers={"authorization": f"Bearer {token}"})
    lines = [
        {"description": f"Thing {n}", "quantity": "2", "unit_price_minor": 10_000, "tax_code": "GST18"}
        for n in range(_LINES)
    ]

    def chain() -> None:
        bill = post(http, "/v1/bills", {"customer_id": str(customer), "lines": lines})["id"]
        total = post(http, f"/v1/bills/{bill}/issue", {})["total_minor"]
        legs = [
            {"method": "upi", "amount_minor": 50_000, "utr": uuid.uuid4().hex[:22]},
            {"method": "card", "amount_minor": 20_000, "card_last_four": "4242"},
            {"method": "cash", "amount_minor": total - 70_000},
        ]
        post(http, f"/v1/bills/{bill}/payments", {"legs": legs})

    return chain


def post(http: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """One POST with an idempotency key; anything but 2xx ends the race."""
    response = http.post(path, json=body, headers={"idempotency-key": str(uuid.uuid4())})
    if response.is_error:
        raise RuntimeError(f"{path}: {response.status_code} {response.text}")
    answer: dict[str, Any] = response.json()
    return answer


@contextmanager
def peer(run: dict[str, Any], jwks: dict[str, Any]) -> Iterator[tuple[str, int, uuid.UUID]]:
    """The peer on a database of its own in the same cluster: its URL, its process, its customer."""
    superuser = psycopg2.connect(run["database"]["superuser_dsn"])
    superuser.autocommit = True
    with superuser.cursor() as cursor:
        cursor.execute("CREATE DATABASE peer")
    superuser.close()
    dsn = run["database"]["superuser_dsn"].rpartition("/")[0] + "/peer"
    dsn = dsn.replace("postgresql://", "postgresql+psycopg2://")
    engine = create_engine(dsn)
    Base.metadata.create_all(engine)
    customer_id = uuid.uuid4()
    with engine.begin() as connection:
        row = {"id": customer_id, "merchant_id": uuid.uuid4(), "display_name": "Bench", "phone": "+919600000000"}
        connection.execute(insert(Customer), row)
    engine.dispose()
    port = free_port()
    command = [
        *(str(Path(sys.executable).parent / "gunicorn"), "bench.peers.flask_orm.app:create_app()"),
        *(
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            str(_PEER_PROCESSES),
            "--threads",
            "10",
            "--keep-alive",
            "75",
            "--log-level",
            "error",
        ),
    ]
    environment = {**os.environ, "PEER_DATABASE_URL": dsn, "PEER_JWKS": json.dumps(jwks)}
    process = subprocess.Popen(command, env=environment)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}", process.pid, customer_id
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    """Until something answers on `port`."""
    for _ in range(100):
        try:
            httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the peer does not answer")


def our_processes(stack: Stack) -> list[int]:
    """What a request of ours passes on its way."""
    return [int(p["pid"]) for p in stack.supervisor.processes() if p["name"].startswith(_ON_THE_WAY)]


def timed(chain: Callable[[], None]) -> float:
    """Seconds that one chain takes."""
    began = time.perf_counter()
    chain()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
