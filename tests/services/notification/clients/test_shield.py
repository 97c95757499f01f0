"""A memory that replicas share; when it is away, nothing changes."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from services.notification.clients.shield import NoShield, RedisShield
from services.notification.domain.limits import Counter, Window
from tools.ports import free_port

WINDOW = Window(Counter.PHONE, datetime(2026, 11, 22, 12, tzinfo=UTC), timedelta(hours=1), 1)


def test_without_redis() -> None:
    shield = NoShield()
    shield.remember_full(b"k", WINDOW, left=timedelta(minutes=1))
    assert not shield.is_full(b"k", WINDOW)


def test_a_redis_that_is_away() -> None:
    shield = RedisShield(f"redis://127.0.0.1:{free_port()}/0")
    shield.remember_full(b"k", WINDOW, left=timedelta(minutes=1))
    assert not shield.is_full(b"k", WINDOW)
    shield.close()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    arguments = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", "", "--appendonly", "no")
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    with redis.Redis.from_url(url) as client:
        pause = threading.Event()
        for _ in range(250):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                pause.wait(0.02)
    yield url
    process.terminate()
    process.wait(timeout=10)


def test_replicas_share_what_is_full(redis_url: str) -> None:
    one, other = RedisShield(redis_url), RedisShield(redis_url)
    assert not other.is_full(b"k", WINDOW)
    one.remember_full(b"k", WINDOW, left=timedelta(minutes=1))
    assert other.is_full(b"k", WINDOW)
    assert not other.is_full(b"another", WINDOW)
    assert not other.is_full(b"k", replace(WINDOW, counter=Counter.PHONE_CODES))
    assert not other.is_full(b"k", replace(WINDOW, start=WINDOW.start + WINDOW.length))
    for shield in (one, other):
        shield.close()
