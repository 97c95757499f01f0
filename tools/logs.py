"""`make logs`: follows the logs of all processes, or of those whose names begin with S=…, until interrupted."""

from __future__ import annotations

import os
import sys

from tools.stack.console import complain
from tools.stack.state import State


def main() -> None:
    """Become `tail -F` on the logs; S limits them by the beginning of their names, for example S=billing."""
    beginning = os.environ.get("S", "")
    files = sorted(str(file) for file in State.current().logs.glob(f"{beginning}*.log"))
    if not files:
        complain(f"no logs yet{f' of {beginning}' if beginning else ''}")
        sys.exit(1)
    os.execvp("tail", ["tail", "-n", os.environ.get("N", "20"), "-F", *files])  # noqa: S606


if __name__ == "__main__":
    main()
