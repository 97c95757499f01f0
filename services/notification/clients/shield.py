"""Remembers which limits are reached, so that a flood of requests is refused without writing to the database.

PostgreSQL counts; this only spares it. Whatever goes wrong here, the answer is "not known to be full".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from services.kit.optional_redis import OptionalRedis

if TYPE_CHECKING:
    from datetime import timedelta

    from pydantic import SecretStr

    from services.notification.domain.limits import Window

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


class RedisShield:
    """Shared by all replicas. Without a Redis nothing is ever known, and every request asks the database."""

    def __init__(self, url: SecretStr | None) -> None:
        """Connects to nothing yet."""
        self._redis = OptionalRedis(url, patience=_PATIENCE)

    def is_full(self, key: bytes, window: Window) -> bool:
        """Whether a replica noted it."""
        return bool(self._redis.ask(lambda client: client.exists(_name(key, window))))

    def remember_full(self, key: bytes, window: Window, *, left: timedelta) -> None:
        """Notes it for all replicas."""
        life = max(int(left.total_seconds() * 1000), 1)
        self._redis.ask(lambda client: client.set(_name(key, window), b"1", px=life))

    def close(self) -> None:
        """Ends the connections to Redis."""
        self._redis.close()


def _name(key: bytes, window: Window) -> str:
    return f"notification:full:{window.counter}:{key.hex()}:{window.start.timestamp():.0f}"
