"""A sandbox, the SDK pointed at it, and a listener for its callbacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped] # the SDK ships no types
from twilio.rest import Client  # type: ignore[import-untyped] # as above

from tests.fakes.sandbox import ACCOUNT_SID, AUTH_TOKEN, Listener, Running, running


class Elsewhere(TwilioHttpClient):  # type: ignore[misc] # as above
    """The SDK's own HTTP client, with another origin."""

    def __init__(self, origin: str) -> None:
        super().__init__(timeout=5)
        self._origin = origin
        self.session.trust_env = False

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        return super().request(method, url.replace("https://api.twilio.com", self._origin), *args, **more)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def client(sandbox: Running) -> Iterator[Any]:
    transport = Elsewhere(sandbox.url)
    yield Client(ACCOUNT_SID, AUTH_TOKEN, http_client=transport)
    transport.session.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.close()
