"""Remembers which limits are reached, so that a flood of requests is refused without writing to the database.

PostgreSQL counts; this only spares it. Whatever goes wrong here, the answer is "not known to be full".
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

import redis

if TYPE_CHECKING:
    from datetime import timedelta

    from services.notification.domain.limits import Window

_LOG = logging.getLogger(__name__)
# Seconds. Slower than this it spares nothing.
_PATIENCE = 0.05


class Shield(Protocol):
    """A forgetful memory of full windows."""

    def is_full(self, key: bytes, window: Window) -> bool:
        """Whether this key's window is known to be full."""
        ...

    def remember_full(self, key: bytes, window: Window, *, left: timedelta) -> None:
        """Notes that it is full for the time that is left of it."""
        ...

    def close(self) -> None:
        """Ends its connections."""
        ...


class NoShield:
    """For a system without Redis: every request asks the database."""

    def is_full(self, key: bytes, window: Window) -> bool:  # noqa: ARG002 - the Protocol's
        """Never known."""
        return False

    def remember_full(self, key: bytes, window: Window, *, left: timedelta) -> None:
        """Forgets at once."""

    def close(self) -> None:
        """Nothing to end."""


class RedisShield:
    """Shared by all replicas."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)

    def is_full(self, key: bytes, window: Window) -> bool:
        """Whether a replica noted it."""
        try:
            return bool(self._redis.exists(_name(key, window)))
        except redis.RedisError:
            return False

    def remember_full(self, key: bytes, window: Window, *, left: timedelta) -> None:
        """Notes it for all replicas."""
        try:
            self._redis.set(_name(key, window), b"1", px=max(int(left.total_seconds() * 1000), 1))
        except redis.RedisError as error:
            _LOG.warning("full window not noted", extra={"why": type(error).__name__})

    def close(self) -> None:
        """Ends the connections to Redis."""
        self._redis.close()


def _name(key: bytes, window: Window) -> str:
    return f"notification:full:{window.counter}:{key.hex()}:{window.start.timestamp():.0f}"
