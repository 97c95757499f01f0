"""A printer: one typesetting process, watched."""

from __future__ import annotations

from services.billing.domain.document import Order
from services.kit.apart import Apart, WorkFailed

# Seconds for one document. One of two thousand rows takes three on an idle machine, and machines are not always idle.
_LONGEST = 60.0
# Documents after which the process is replaced: the typesetter remembers what it has set.
_RUN = 500


class PrintFailed(Exception):
    """The document could not be set; the message tells why, in the typesetter's words."""


class PressPrinter:
    """Prints one document at a time in a process of its own. Safe to share between threads."""

    def __init__(self, *, longest: float = _LONGEST, run: int = _RUN) -> None:
        """`longest`: seconds that a document may take. `run`: documents after which the process is replaced."""
        self._press = Apart(
            "services.billing.documents.press", longest=longest, run=run, environment={"RAYON_NUM_THREADS": "1"}
        )

    @property
    def pid(self) -> int | None:
        """The process; None while there is none."""
        return self._press.pid

    def print(self, order: Order) -> bytes:
        """The PDF. A logo that cannot be read, or not within the bounds, is left out. Raises PrintFailed."""
        try:
            return self._press.ask(order.document, order.logo)
        except WorkFailed as failed:
            if order.logo:
                return self.print(Order(order.document))
            raise PrintFailed(str(failed)) from failed

    def close(self) -> None:
        """Ends the process."""
        self._press.close()
