"""Jobs run when, and only when, their transaction commits; and again when their worker died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from services.kit import jobs
from services.kit.config import Settings
from services.kit.db import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

# A worker as its own process. The task "slow" notes that it began and then waits for ever the first time.
_WORKER = """
import os, threading, time
from services.kit.config import Settings
from services.kit.db import Database
from services.kit.worker import Worker
settings = Settings()
db = Database(settings, name="kit-test-worker")

def note(text):
    with db.transaction() as tx:
        tx.exec_driver_sql("INSERT INTO effects (note) VALUES (%s)", (text,))
    # In one piece: jobs run side by side.
    os.write(1, (text + "\\n").encode())

def slow(name):
    with db.transaction() as tx:
        began = tx.exec_driver_sql("SELECT count(*) FROM effects WHERE note = %s", (name + " began",)).scalar_one()
    note(name + (" began" if not began else " ended"))
    if not began:
        threading.Event().wait()

failures = []
def flaky(name):
    failures.append(name)
    if len(failures) < 2:
        raise RuntimeError("not yet")
    note(name)

def last(name):
    note(name + " began")
    time.sleep(1)
    note(name + " ended")

def look():
    with db.transaction() as tx:
        found = tx.exec_driver_sql(
            "DELETE FROM effects WHERE note = (SELECT max(note) FROM effects WHERE note LIKE 'look %%') RETURNING note"
        ).scalars().all()
    if found == ["look for trouble"]:
        raise RuntimeError("found")
    for text in found:
        note("saw " + text)

tasks = {"note": note, "slow": slow, "flaky": flaky, "last": last}
Worker(settings, name="kit", tasks=tasks, queues={"aside": 2}, often={"look": look}).run()
"""


class WorkerProcess:
    def __init__(self, settings: Settings) -> None:
        environment = {
            **os.environ,
            "BILLMESH_DATABASE_URL": settings.database_url.get_secret_value(),
            "BILLMESH_MESH_ADDRESS": "127.0.0.1:1",
            "BILLMESH_TLS_DIR": str(settings.tls_dir),
            "BILLMESH_PUBLIC_URL": settings.public_url,
            "BILLMESH_MASTER_KEYS": settings.master_keys.get_secret_value(),
            "BILLMESH_INDEX_KEY": "aWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWk=",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", _WORKER], env=environment, stdout=subprocess.PIPE, text=True
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self, signal_number: int = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def worker(kit_settings: Settings, db: Database) -> Iterator[WorkerProcess]:
    """A worker that finds nothing of earlier tests to take over."""
    with db.transaction() as tx:
        tx.exec_driver_sql("DELETE FROM procrastinate_jobs")
    process = WorkerProcess(kit_settings)
    yield process
    process.end(signal.SIGKILL)


def test_a_job_runs_only_if_its_transaction_commits(db: Database, worker: WorkerProcess) -> None:
    with pytest.raises(RuntimeError), db.transaction() as tx:
        jobs.enqueue(tx, "note", {"text": "rolled back"})
        raise RuntimeError
    with db.transaction() as tx:
        jobs.enqueue(tx, "flaky", {"name": "tried twice"})
        jobs.enqueue(tx, "note", {"text": "committed"})
    # The flaky one fails first and comes back after its wait.
    assert [worker.line(), worker.line()] == ["committed", "tried twice"]


def test_a_job_of_a_killed_worker_runs_again(db: Database, worker: WorkerProcess, kit_settings: Settings) -> None:
    with db.transaction() as tx:
        jobs.enqueue(tx, "slow", {"name": "job"})
    assert worker.line() == "job began"
    worker.end(signal.SIGKILL)
    second = WorkerProcess(kit_settings)
    try:
        assert second.line() == "job ended"
    finally:
        second.end(signal.SIGKILL)


def test_a_queue_does_not_wait_for_another(db: Database, worker: WorkerProcess) -> None:
    with db.transaction() as tx:
        for number in range(3):
            jobs.enqueue(tx, "slow", {"name": f"slow {number}"}, queue="aside")
    # Two of them may run, and never end; the third waits for ever.
    assert {worker.line(), worker.line()} <= {f"slow {number} began" for number in range(3)}
    with db.transaction() as tx:
        for number in range(8):
            jobs.enqueue(tx, "note", {"text": f"note {number}"})
    assert {worker.line() for _ in range(8)} == {f"note {number}" for number in range(8)}


@pytest.mark.parametrize("queue", [None, "aside"])
def test_a_worker_that_is_asked_to_stop_ends_what_it_began(
    db: Database, worker: WorkerProcess, queue: str | None
) -> None:
    with db.transaction() as tx:
        jobs.enqueue(tx, "last", {"name": "it"}, queue=queue)
    assert worker.line() == "it began"
    worker.process.send_signal(signal.SIGTERM)
    assert worker.line() == "it ended"
    assert worker.process.wait(timeout=20) == 0


def test_what_looks_often_goes_on_whatever_it_finds(db: Database, worker: WorkerProcess) -> None:
    with db.transaction() as tx:
        tx.exec_driver_sql("INSERT INTO effects (note) VALUES ('look for trouble'), ('look for it')")
    # The trouble is first.
    assert worker.line() == "saw look for it"
