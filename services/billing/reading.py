"""Files that people send, read apart: a file of ten thousand rows is a second of a processor.

Run as a module, it is the process that reads: a call of a function in, what it returned or refused out.
"""

from __future__ import annotations

import pickle
from datetime import timedelta
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from services.kit.apart import Apart, serve
from services.kit.failure import Failure, InvalidRequest, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

# Seconds for one file.
_LONGEST = 10.0
# Files after which the process is replaced.
_RUN = 1_000
# One is read and the others wait; half of the threads are left to whatever else is called.
_PLACES = 5
_WAIT = timedelta(seconds=2)


class ReadersBusy(Failure):
    """As many files as may wait are waiting already."""

    kind = Kind.EXHAUSTED
    reason = "TOO_MANY_REQUESTS"

    def __init__(self) -> None:
        super().__init__("Too many files at once. Repeat the call in a moment.", retry_after=_WAIT)


class FileReader:
    """Reads one file at a time in a process of its own. Safe to share between threads."""

    def __init__(self) -> None:
        self._apart = Apart("services.billing.reading", longest=_LONGEST, run=_RUN)
        self._places = BoundedSemaphore(_PLACES)

    @property
    def pid(self) -> int | None:
        """The process; None while there is none."""
        return self._apart.pid

    def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function of a module returns there. Raises InvalidRequest if it does, ReadersBusy, WorkFailed."""
        if not self._places.acquire(blocking=False):
            raise ReadersBusy
        try:
            answer = self._apart.ask(pickle.dumps((function, args, kwargs)))
        finally:
            self._places.release()
        # Both ends are ours.
        value, refused = pickle.loads(answer)  # noqa: S301
        if refused:
            raise InvalidRequest(*refused)
        found: T = value
        return found

    def close(self) -> None:
        """Ends the process."""
        self._apart.close()


def _call(question: bytes) -> bytes:
    # As above.
    function, args, kwargs = pickle.loads(question)  # noqa: S301
    try:
        return pickle.dumps((function(*args, **kwargs), ()))
    except InvalidRequest as error:
        return pickle.dumps((None, error.fields))


if __name__ == "__main__":
    serve(_call, frames=1)
