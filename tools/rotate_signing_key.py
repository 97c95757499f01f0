"""`make rotate-signing-key`: the next key begins to sign the tokens of the running stack."""

from __future__ import annotations

import os
import subprocess
import sys

from tools.stack import programs
from tools.stack.console import complain
from tools.stack.layout import Stack
from tools.stack.state import ROOT, State


def main() -> int:
    """Auth says which key signs from when on; 0 if that went well."""
    state = State.current()
    if not state.secrets.exists():
        complain("nothing was ever started here: make run")
        return 1
    environment = programs.service_environment(Stack.of(state).wiring(), "auth")
    return subprocess.run(
        [sys.executable, "-m", "services.auth.rotate_keys"], env={**os.environ, **environment}, cwd=ROOT, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
