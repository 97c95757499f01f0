"""Processes that a killed supervisor left behind: found by the marker they carry, and ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.stack.state import State

#: The environment variable that the supervisor gives to every process of a stack; its value is the state directory.
MARKER = "BILLMESH_STACK"
_PATIENCE_SECONDS = 5.0


def marker(state: State) -> tuple[str, str]:
    """Return name and value of the marker of this stack's processes."""
    return MARKER, str(state.directory)


def end(state: State) -> list[int]:
    """End all processes of a stack whose supervisor is gone; returns their ids. PostgreSQL has to be stopped before."""
    found = _marked(state)
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (left := set(found) & set(_marked(state))) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in left:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return found


def _marked(state: State) -> list[int]:
    name, value = marker(state)
    wanted = f"{name}={value}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            # Somebody else's, or gone by now.
            continue
        if wanted in environment.split(b"\0"):
            found.append(int(folder.name))
    return found
