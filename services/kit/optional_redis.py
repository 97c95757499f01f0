"""A Redis that the system runs without: where none is configured, or it does not answer, it is passed over."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

_LOG = logging.getLogger(__name__)
# Seconds for which one that did not answer is not asked.
_PAUSE = 5.0
# Its client would try three times over, and wait in between.
_ONCE = Retry(NoBackoff(), 0)


class OptionalRedis:
    """Safe to share between threads."""

    def __init__(self, url: SecretStr | None, *, patience: float) -> None:
        """`patience`: seconds in which it connects, and in which it answers. Connects to nothing yet."""
        self._client = (
            redis.Redis.from_url(
                url.get_secret_value(), socket_timeout=patience, socket_connect_timeout=patience, retry=_ONCE
            )
            if url
            else None
        )
        self._asked_again_at = 0.0

    def ask(self, command: Callable[[redis.Redis], Any]) -> Any:
        """What `command` got; None too where nobody answers."""
        if self._client is None or time.monotonic() < self._asked_again_at:
            return None
        try:
            return command(self._client)
        except redis.RedisError as error:
            self._asked_again_at = time.monotonic() + _PAUSE
            _LOG.warning("redis away", extra={"why": type(error).__name__})
            return None

    def close(self) -> None:
        """Ends the connections."""
        if self._client is not None:
            self._client.close()
