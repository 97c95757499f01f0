"""A memory that replicas share; when it is away, nothing changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from services.notification.clients.shield import RedisShield
from services.notification.domain.limits import Counter, Window
from tests.redis_server import AWAY

if TYPE_CHECKING:
    from pydantic import SecretStr

WINDOW = Window(Counter.PHONE, datetime(2026, 11, 22, 12, tzinfo=UTC), timedelta(hours=1), 1)


@pytest.mark.parametrize("url", [None, AWAY])
def test_without_redis_nothing_is_known(url: SecretStr | None) -> None:
    shield = RedisShield(url)
    shield.remember_full(b"k", WINDOW, left=timedelta(minutes=1))
    assert not shield.is_full(b"k", WINDOW)
    shield.close()


def test_replicas_share_what_is_full(redis_url: SecretStr) -> None:
    one, other = RedisShield(redis_url), RedisShield(redis_url)
    assert not other.is_full(b"k", WINDOW)
    one.remember_full(b"k", WINDOW, left=timedelta(minutes=1))
    assert other.is_full(b"k", WINDOW)
    assert not other.is_full(b"another", WINDOW)
    assert not other.is_full(b"k", replace(WINDOW, counter=Counter.PHONE_CODES))
    assert not other.is_full(b"k", replace(WINDOW, start=WINDOW.start + WINDOW.length))
    for shield in (one, other):
        shield.close()
