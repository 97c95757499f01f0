"""Argon2id in an executor of its own, with a queue that has an end: a flood of sign-ins must not take every thread."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.auth.domain.errors.sign_in import SignInBusy
from services.auth.domain.password import MAX_BYTES, prepare
from services.kit import context

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

# Most that may wait for a worker.
QUEUE = 16


@dataclass(frozen=True, slots=True)
class Cost:
    """Parameters of Argon2id."""

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1


class Passwords:
    """Hashes and checks passwords. Safe to share between threads; argon2 runs without the interpreter's lock."""

    def __init__(self, *, workers: int, waiting: int = QUEUE, cost: Cost | None = None) -> None:
        """At most `workers` at once and `waiting` behind them."""
        cost = cost or Cost()
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="password")
        self._places = threading.BoundedSemaphore(workers + min(waiting, QUEUE))
        # Checked when there is no account, so that an unknown name takes as long as a wrong password.
        self._nobody = self._hasher.hash("nobody's password")

    def hash(self, password: str) -> str:
        """A hash in PHC format, with a salt of its own. Raises SignInBusy."""
        return self._run(self._hasher.hash, prepare(password))

    def matches(self, password: str, stored: str | None) -> bool:
        """Whether `stored` was made of `password`; None never was, and takes as long. Raises SignInBusy."""
        prepared = prepare(password)
        if len(prepared.encode()) > MAX_BYTES:
            # Longer than any that was ever set, after normalisation.
            prepared = ""
        same = self._run(self._check, stored or self._nobody, prepared)
        return same and stored is not None

    def close(self) -> None:
        """Ends the workers."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _check(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if not self._places.acquire(blocking=False):
            raise SignInBusy
        try:
            future: Future[T] = self._executor.submit(work, *args, **kwargs)
        except RuntimeError:
            self._places.release()
            raise
        # The place is given back when the work has ended, not when its caller has stopped waiting.
        future.add_done_callback(lambda _: self._places.release())
        try:
            return future.result(timeout=context.remaining())
        except FutureTimeout as error:
            future.cancel()
            raise SignInBusy from error
