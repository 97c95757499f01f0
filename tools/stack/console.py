"""What the person at the terminal sees: one line a step, with the seconds since the beginning."""

import sys
import time

_BEGAN = time.monotonic()


def say(message: str) -> None:
    """Print one progress line, at once even through a pipe."""
    print(f"[{time.monotonic() - _BEGAN:5.1f} s] {message}", flush=True)


def complain(message: str) -> None:
    """Print a failure to standard error."""
    print(message, file=sys.stderr, flush=True)


def elapsed() -> float:
    """Return the seconds since this process began."""
    return time.monotonic() - _BEGAN
