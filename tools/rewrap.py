"""`make rewrap-keys`: wraps the data keys of every service of the running stack by the current master key."""

from __future__ import annotations

import os
import subprocess
import sys

from tools.stack import programs
from tools.stack.console import complain
from tools.stack.layout import Stack
from tools.stack.state import ROOT, SERVICES, State


def main() -> int:
    """Each service says how many; 0 when none has a key left that another master key wraps."""
    state = State.current()
    if not state.secrets.exists():
        complain("nothing was ever started here: make run")
        return 1
    wiring = Stack.of(state).wiring()
    statuses = [
        subprocess.run(
            [sys.executable, "-m", "services.kit.rewrap", service],
            env={**os.environ, **programs.service_environment(wiring, service)},
            cwd=ROOT,
            check=False,
        ).returncode
        for service in SERVICES
    ]
    return 1 if any(statuses) else 0


if __name__ == "__main__":
    sys.exit(main())
