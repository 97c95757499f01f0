"""A Redis for tests, as long as they last."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import redis
from pydantic import SecretStr
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from tools.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Nobody answers there.
AWAY = SecretStr("redis://127.0.0.1:1/0")


@contextmanager
def running(folder: Path) -> Iterator[SecretStr]:
    """The URL of an empty one that keeps nothing on disk; the test is skipped where Redis is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    arguments = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--appendonly", "no")
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(port=port, retry=Retry(ConstantBackoff(0.05), 600)) as client:
            client.ping()
        yield SecretStr(f"redis://127.0.0.1:{port}/0")
    finally:
        process.terminate()
        process.wait(timeout=10)
