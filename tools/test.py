"""`make test`: runs pytest beside a throw-away stack of its own, and leaves nothing behind.

T in the environment holds arguments of pytest, for example a path. The stack is started only for tests that use it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tools import up
from tools.reset import reset
from tools.stack import runfile
from tools.stack.console import complain, say
from tools.stack.files import Busy, locked
from tools.stack.state import ROOT, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

#: Tests below these talk to a running system, which run.json in BILLMESH_STATE describes.
STACK_TESTS = ("tests/e2e", "tests/faults", "tests/abuse", "tests/conformance", "tests/contract")
# PostgreSQL without fsync: a process may be killed, the machine may not, which is all that tests ask of it.
_CLUSTER_SETTINGS = {"fsync": "off", "full_page_writes": "off"}
_PREFIX = "billmesh-test-"
# Locked for as long as the run lives that made the directory.
_OWNER = "owner"
_KEPT_LOGS = ROOT / ".billmesh" / "failed-test-logs"


def main() -> int:
    """Run the tests that T asks for; pytest's exit status."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    arguments = shlex.split(os.environ.get("T", ""))
    with throw_away_state() as state:
        try:
            if needs_stack(arguments):
                say("a throw-away stack for the tests")
                with locked(state.lock, busy="waiting for the lock"):
                    up.up(state, cluster_settings=_CLUSTER_SETTINGS)
                # Tests of the road adapter use the real one where it runs.
                os.environ["BILLMESH_VALHALLA_URL"] = runfile.read(state)["valhalla_url"]
            status = run_pytest(arguments)
        except up.FAILURES as failure:
            complain(f"\nthe stack for the tests is not up.\n{failure}\n")
            status = 1
        if status != 0:
            _keep_logs(state)
    return status


def needs_stack(arguments: list[str]) -> bool:
    """Tell whether any of the tests asked for uses the running system; without a path, all are asked for."""
    paths = [Path(argument.partition("::")[0]) for argument in arguments if not argument.startswith("-")]
    paths = [path for path in paths if path.exists()] or [Path("tests")]
    for path in paths:
        asked = path.resolve()
        for stacked in STACK_TESTS:
            folder = ROOT / stacked
            if folder.exists() and (asked.is_relative_to(folder) or folder.is_relative_to(asked)):
                return True
    return False


def run_pytest(arguments: list[str]) -> int:
    """Run pytest in two processes, the groups of tests/conftest.py together; returns its exit status."""
    command = [sys.executable, "-m", "pytest", "-n", os.environ.get("BILLMESH_TEST_PROCESSES", "2"), "--dist=loadgroup"]
    return subprocess.run([*command, *arguments], cwd=ROOT, check=False).returncode


@contextmanager
def throw_away_state() -> Iterator[State]:
    """A state directory that ends, with all that runs in it, however the block ends."""
    _sweep()
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
    os.environ["BILLMESH_STATE"] = str(directory)
    os.environ.setdefault("BILLMESH_SEED", "small")
    # The tests know the demo's own map.
    os.environ.pop("MAP", None)
    state = State(directory)
    # Till the end of the end, or another run would sweep it meanwhile.
    with locked(directory / _OWNER, busy="waiting for the lock"):
        try:
            yield state
        finally:
            # A second Ctrl-C must not leave processes behind.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            reset(state)
            shutil.rmtree(directory, ignore_errors=True)


def _sweep() -> None:
    """End and remove what a test run that was killed left behind."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(Busy, OSError), locked(directory / _OWNER, busy=None):
            reset(State(directory))
            shutil.rmtree(directory, ignore_errors=True)


def _keep_logs(state: State) -> None:
    if state.logs.exists():
        shutil.rmtree(_KEPT_LOGS, ignore_errors=True)
        shutil.copytree(state.logs, _KEPT_LOGS)


def _interrupted(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
