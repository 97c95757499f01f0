"""Work apart: a process of its own, watched, that answers one question at a time over its standard streams.

For what would take a processor from whoever waits for an answer: request threads share one interpreter. The process is
nicer than the service, has an empty environment, so no keys and no database, and a bound on its memory and its time; it
ends with whoever started it, be that killed. Questions and answers are frames: a length in eight bytes and the content.
"""

from __future__ import annotations

import contextlib
import os
import resource
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ROOT = Path(__file__).resolve().parents[2]
_ADDRESS_SPACE = 2 * 1024**3
_NICENESS = 5
_LENGTH = struct.Struct("!Q")
_DONE, _FAILED = b"\x00", b"\x01"


class WorkFailed(Exception):
    """There is no answer; the message tells why, in the process's own words."""


class Apart:
    """Asks a module that runs `serve`. The process starts with the first question and is replaced when it dies.

    Safe to share between threads, which wait for each other.
    """

    def __init__(self, module: str, *, longest: float, run: int, environment: Mapping[str, str] | None = None) -> None:
        """`longest`: seconds that an answer may take. `run`: questions after which the process is replaced."""
        self._module = module
        self._longest = longest
        self._run = run
        self._environment = {"LANG": "C.UTF-8", **(environment or {})}
        self._asked = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process; None while there is none."""
        return None if self._process is None else self._process.pid

    def ask(self, *question: bytes) -> bytes:
        """The answer to a question of as many frames as the module reads. Raises WorkFailed."""
        with self._lock:
            if self._process is None or self._process.poll() is not None or self._asked >= self._run:
                self._replace()
            self._asked += 1
            process = self._process
            if process is None or process.stdin is None or process.stdout is None:
                raise LookupError("the process is started with pipes")
            # Whatever hangs, its end frees whoever waits for it.
            watchdog = threading.Timer(self._longest, process.kill)
            watchdog.start()
            try:
                process.stdin.write(b"".join(_LENGTH.pack(len(part)) + part for part in question))
                process.stdin.flush()
                outcome = process.stdout.read(1)
                answer = _read_frame(process.stdout)
            except OSError:
                outcome, answer = b"", None
            finally:
                watchdog.cancel()
            if answer is None:
                self._end()
                raise WorkFailed("the process died: too long, or too much memory")
            if outcome != _DONE:
                raise WorkFailed(answer.decode(errors="replace"))
            return answer

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._end()

    def _replace(self) -> None:
        self._end()
        self._asked = 0
        self._process = subprocess.Popen(  # noqa: S603 - a module of ours
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env=self._environment,
        )

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait()
        self._process = None


def serve(answer: Callable[..., bytes], *, frames: int) -> None:
    """In the process: answers questions of so many frames until whoever asks is gone."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    questions, out = sys.stdin.buffer, sys.stdout.buffer
    while True:
        question = [_read_frame(questions) for _ in range(frames)]
        if None in question:
            return
        try:
            outcome, content = _DONE, answer(*question)
        except Exception as error:  # noqa: BLE001 - the next question may be better
            outcome, content = _FAILED, str(error).encode()
        out.write(outcome + _LENGTH.pack(len(content)) + content)
        out.flush()


def _read_frame(stream: IO[bytes]) -> bytes | None:
    """A frame; None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None
