"""A printer: one typesetting process, watched."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from pathlib import Path

from services.billing.documents.press import DONE, frame, read_frame
from services.billing.domain.document import Order

_ROOT = Path(__file__).resolve().parents[3]
# Seconds for one document. One of two thousand rows takes three on an idle machine, and machines are not always idle.
_LONGEST = 60.0
# Documents after which the process is replaced: the typesetter remembers what it has set.
_RUN = 500


class PrintFailed(Exception):
    """The document could not be set; the message tells why, in the typesetter's words."""


class PressPrinter:
    """Prints one document at a time in a process of its own, which is started on the first and replaced when it dies.

    Safe to share between threads.
    """

    def __init__(self, *, longest: float = _LONGEST, run: int = _RUN) -> None:
        """`longest`: seconds that a document may take. `run`: documents after which the process is replaced."""
        self._longest = longest
        self._run = run
        self._printed = 0
        self._press: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def print(self, order: Order) -> bytes:
        """The PDF. A logo that cannot be read, or not within the bounds, is left out. Raises PrintFailed."""
        with self._lock:
            try:
                return self._ask(order)
            except PrintFailed:
                if not order.logo:
                    raise
                return self._ask(Order(order.document))

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._end()

    def _ask(self, order: Order) -> bytes:
        if self._press is None or self._press.poll() is not None or self._printed >= self._run:
            self._replace()
        self._printed += 1
        press = self._press
        if press is None or press.stdin is None or press.stdout is None:
            raise LookupError("the press is started with pipes")
        # Whatever hangs, its end frees whoever waits for it.
        watchdog = threading.Timer(self._longest, press.kill)
        watchdog.start()
        try:
            press.stdin.write(frame(order.document) + frame(order.logo))
            press.stdin.flush()
            outcome = press.stdout.read(1)
            answer = read_frame(press.stdout)
        except OSError:
            outcome, answer = b"", None
        finally:
            watchdog.cancel()
        if answer is None:
            self._end()
            raise PrintFailed("the press died: too long, or too much memory")
        if outcome != DONE:
            raise PrintFailed(answer.decode(errors="replace"))
        return answer

    def _replace(self) -> None:
        self._end()
        self._printed = 0
        # Nothing of this process's environment: it holds keys.
        self._press = subprocess.Popen(
            [sys.executable, "-m", "services.billing.documents.press"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={"LANG": "C.UTF-8", "RAYON_NUM_THREADS": "1"},
        )

    def _end(self) -> None:
        if self._press is None:
            return
        self._press.kill()
        for pipe in (self._press.stdin, self._press.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._press.wait()
        self._press = None
