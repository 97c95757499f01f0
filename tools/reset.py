"""`make reset`: stops everything and deletes this stack's data and secrets; downloads and the venv stay."""

from __future__ import annotations

import shutil

from tools.stack import lifecycle
from tools.stack.console import say
from tools.stack.files import locked
from tools.stack.layout import Stack
from tools.stack.state import State

# What the next start would only have to fetch again.
_KEPT = ("cache", "installer", "lock", "bootstrap.lock")


def main() -> None:
    """Forget the stack of BILLMESH_STATE."""
    state = State.current()
    if not state.directory.exists():
        say("nothing to reset")
        return
    with locked(state.lock, busy="another command is at work on this stack: waiting for it"):
        reset(state)
    say("reset: the next `make run` begins anew")


def reset(state: State) -> None:
    """Stop and delete; the caller holds the stack's lock."""
    if state.secrets.exists():
        stack = Stack.of(state)
        lifecycle.stop(stack)
        stack.cluster.remove()
    for path in state.directory.iterdir():
        if path.name in _KEPT:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


if __name__ == "__main__":
    main()
