"""`make status`: every process of the stack and how it is."""

from __future__ import annotations

import sys

from tools.stack.console import complain
from tools.stack.layout import Stack
from tools.stack.state import State


def main() -> int:
    """Print one line a process; 0 when all of them run."""
    state = State.current()
    if not state.secrets.exists():
        complain("nothing was ever started here: make run")
        return 1
    supervisor = Stack.of(state).supervisor
    if not supervisor.is_running():
        complain("stopped: make run")
        return 1
    processes = supervisor.processes()
    for process in processes:
        print(f"  {process['name']:<22} {process['statename']:<9} {process['description']}")
    return 0 if all(process["statename"] == "RUNNING" for process in processes) else 1


if __name__ == "__main__":
    sys.exit(main())
