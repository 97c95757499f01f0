"""`make stop`: stops everything that `make run` started; the data stays."""

from __future__ import annotations

from tools.stack import lifecycle
from tools.stack.console import say
from tools.stack.files import locked
from tools.stack.layout import Stack
from tools.stack.state import State


def main() -> None:
    """Stop the stack of BILLMESH_STATE."""
    state = State.current()
    if not state.secrets.exists():
        say("nothing was ever started here")
        return
    with locked(state.lock, busy="another command is at work on this stack: waiting for it"):
        lifecycle.stop(Stack.of(state))
    say("stopped")


if __name__ == "__main__":
    main()
