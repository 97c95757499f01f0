"""A real supervisor: what ends comes back, what is stopped stays away, nothing outlives it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.ports import free_port
from tools.stack import orphans
from tools.stack.programs import Program
from tools.stack.state import State
from tools.stack.supervisor import Starts, Supervisor


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(
        tmp_path / "supervisord.conf",
        port=free_port(),
        password="pass%word",  # noqa: S106 - of a test
        identifier="billmesh-test",
    )
    programs = [
        Program(name="sleeper", group="servers", command=("sleep", "600"), environment={"ODD": "50% of it"}),
        Program(name="second", group="workers", command=("sh", "-c", "exec sleep 600")),
    ]
    supervisor.configure(
        programs, logs=tmp_path / "logs", marker=orphans.marker(State(tmp_path)), starts=Starts.WHEN_ASKED
    )
    supervisor.start()
    yield supervisor
    supervisor.stop()
    orphans.end(State(tmp_path))


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lives(process: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        return not Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except OSError:
        return False


def pid_of(supervisor: Supervisor, name: str) -> int:
    try:
        return next(int(process["pid"]) for process in supervisor.processes() if process["name"] == name)
    except OSError:
        return 0


def test_a_group_starts_when_asked_and_its_processes_come_back(supervisor: Supervisor) -> None:
    assert pid_of(supervisor, "sleeper") == 0
    supervisor.start_group("servers")
    eventually(lambda: pid_of(supervisor, "sleeper") > 0)
    assert pid_of(supervisor, "second") == 0
    first = pid_of(supervisor, "sleeper")
    eventually(lambda: b"ODD=50% of it" in Path(f"/proc/{first}/environ").read_bytes())
    time.sleep(1.1)  # only a process that lived a second counts as started
    os.kill(first, signal.SIGKILL)
    eventually(lambda: pid_of(supervisor, "sleeper") not in (0, first))


def test_a_killed_supervisor_is_started_again_and_its_processes_end_with_it(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.start_group("servers")
    eventually(lambda: any(process["statename"] == "RUNNING" for process in supervisor.processes()))
    child = pid_of(supervisor, "sleeper")
    os.kill(int((tmp_path / "supervisord.pid").read_text()), signal.SIGKILL)
    eventually(lambda: not lives(child))
    eventually(supervisor.is_running)


def test_stopping_leaves_nothing(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start_group("servers")
    eventually(lambda: pid_of(supervisor, "sleeper") > 0)
    child = pid_of(supervisor, "sleeper")
    supervisor.stop()
    assert not supervisor.is_running()
    assert not lives(child)
    supervisor.stop()
    assert orphans.end(State(tmp_path)) == []
