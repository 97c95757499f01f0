"""`make run`: brings the whole system up, seeds it the first time, and says where it is."""

from __future__ import annotations

import os
import sys

from tools.cluster import ClusterError
from tools.seed import SeedError, is_needed, sow
from tools.stack import lifecycle, runfile
from tools.stack.console import complain, say
from tools.stack.files import locked
from tools.stack.health import UnhealthyError
from tools.stack.layout import Stack
from tools.stack.roads import RoadsError
from tools.stack.state import State
from tools.stack.supervisor import SupervisorError
from tools.stack.wheels import DownloadError

FAILURES = (ClusterError, DownloadError, RoadsError, SeedError, SupervisorError, UnhealthyError)


def main() -> int:
    """Bring the stack of BILLMESH_STATE up; 0 when it runs and is seeded."""
    state = State.current()
    try:
        with locked(state.lock, busy="another command is at work on this stack: waiting for it"):
            print(runfile.announce(up(state)))
    except FAILURES as failure:
        complain(f"\nbillmesh is not up.\n{failure}\n\nmake status, make logs and make stop say and do more.\n")
        return 1
    return 0


def up(state: State, *, cluster_settings: dict[str, str] | None = None) -> dict[str, object]:
    """Start and seed the stack; the caller holds its lock. BILLMESH_SEED: full (the default), small or none."""
    stack = Stack.of(state, cluster_settings=cluster_settings)
    description = lifecycle.start(stack)
    size = os.environ.get("BILLMESH_SEED", "full")
    if size != "none" and is_needed(state):
        sow(state, description, size=size)
        description = runfile.write(stack)
    say("up")
    return description


if __name__ == "__main__":
    sys.exit(main())
