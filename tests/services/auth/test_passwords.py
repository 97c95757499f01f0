"""Argon2id, and the end of its queue."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.auth.domain.errors.sign_in import SignInBusy
from services.auth.passwords import Cost, Passwords


def test_in_earnest() -> None:
    passwords = Passwords(workers=1)
    stored = passwords.hash("a long enough secret")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches("a long enough secret", stored)
    assert not passwords.matches("another secret", stored)
    assert not passwords.matches("nobody's password", None)
    passwords.close()


def test_accents_typed_either_way_match() -> None:
    passwords = Passwords(workers=1, cost=Cost(memory_kib=8, passes=1))
    assert passwords.matches("cafe\u0301 au lait", passwords.hash("caf\u00e9 au lait"))
    assert not passwords.matches("x", "no hash at all")
    assert not passwords.matches("\u0958" * 400, passwords.hash("short"))
    passwords.close()


def test_a_full_queue_says_so_at_once() -> None:
    passwords = Passwords(workers=1, waiting=2, cost=Cost(memory_kib=8, passes=1))
    hold = threading.Event()
    # Occupies the one worker, as a slow hash would.
    passwords._executor.submit(hold.wait)
    stored = passwords._hasher.hash("secret")
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(passwords.matches, "secret", stored) for _ in range(3)]
        while passwords._places._value:
            hold.wait(0.001)
        with pytest.raises(SignInBusy) as refused:
            passwords.hash("secret")
        assert refused.value.retry_after == timedelta(seconds=1)
        hold.set()
        assert all(future.result() for future in waiting)
    assert passwords.matches("secret", stored)
    passwords.close()
