"""Work apart: answered in another process, which may die, hang or refuse, and ends with whoever asks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from services.kit.apart import Apart, WorkFailed, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODULE = "tests.kit.test_apart"


def _answer(first: bytes, second: bytes) -> bytes:
    if first == b"refuse":
        raise ValueError("refused, " + second.decode())
    if first == b"die":
        os.kill(os.getpid(), signal.SIGKILL)
    if first == b"environment":
        return " ".join(os.environ).encode()
    return b"%d %d " % (os.getpid(), os.nice(0)) + second


@pytest.fixture
def apart() -> Iterator[Apart]:
    made = Apart(_MODULE, longest=30, run=100)
    yield made
    made.close()


def test_another_process_answers(apart: Apart) -> None:
    pid, niceness, rest = apart.ask(b"", b"x" * 1_000_000).split(b" ")
    assert len(rest) == 1_000_000
    assert int(pid) == apart.pid
    assert int(niceness) > os.nice(0)
    assert apart.ask(b"", b"").startswith(pid)


def test_what_is_refused_says_why_and_the_next_is_answered(apart: Apart) -> None:
    with pytest.raises(WorkFailed, match="refused, because"):
        apart.ask(b"refuse", b"because")
    assert apart.ask(b"", b"next").endswith(b"next")


def test_one_that_dies_is_replaced(apart: Apart) -> None:
    with pytest.raises(WorkFailed, match="died"):
        apart.ask(b"die", b"")
    assert apart.ask(b"", b"next").endswith(b"next")


def test_it_ends_with_whoever_asks_and_has_nothing_of_theirs() -> None:
    code = (
        f"from services.kit.apart import Apart; import os; a = Apart('{_MODULE}', longest=9, run=9);"
        "print(a.ask(b'environment', b'').decode(), flush=True); os.kill(os.getpid(), 9)"
    )
    # Standard error is the process's, too: this waits until both have ended.
    asker = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "BILLMESH_KEY": "secret"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert asker.returncode == -signal.SIGKILL
    assert "LANG" in asker.stdout.decode()
    assert "BILLMESH" not in asker.stdout.decode()


if __name__ == "__main__":
    serve(_answer, frames=2)
