"""A Redis that is asked if there is one, and not over and over if it is away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from services.kit.optional_redis import OptionalRedis
from tests.redis_server import AWAY

if TYPE_CHECKING:
    import redis
    from pydantic import SecretStr


def test_what_it_answers(redis_url: SecretStr) -> None:
    shared = OptionalRedis(redis_url, patience=5)
    assert shared.ask(lambda client: client.set("k", b"v"))
    assert shared.ask(lambda client: client.get("k")) == b"v"
    assert shared.ask(lambda client: client.get("another")) is None
    shared.close()


def test_a_connection_that_is_gone_is_replaced(redis_url: SecretStr) -> None:
    shared, other = OptionalRedis(redis_url, patience=5), OptionalRedis(redis_url, patience=5)
    assert shared.ask(lambda client: client.set("k", b"v"))
    other.ask(lambda client: client.client_kill_filter(_type="normal"))
    assert shared.ask(lambda client: client.get("k")) == b"v"
    shared.close()
    other.close()


@pytest.mark.parametrize(("url", "asked"), [(None, 0), (AWAY, 1)])
def test_one_that_is_away_is_left_alone_for_a_while(url: SecretStr | None, asked: int) -> None:
    commands = 0

    def get(client: redis.Redis) -> Any:
        nonlocal commands
        commands += 1
        return client.get("k")

    shared = OptionalRedis(url, patience=5)
    assert [shared.ask(get) for _ in range(3)] == [None] * 3
    assert commands == asked
    shared.close()
