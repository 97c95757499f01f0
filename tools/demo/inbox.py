"""What the telephones received: the SMS sandbox's inbox."""

from __future__ import annotations

import time
from typing import Any

import httpx

_PAUSE = 0.2


class Inbox:
    """Reads the inbox of a running stack. Messages arrive a moment after what caused them."""

    def __init__(self, url: str, *, patience: float = 20.0) -> None:
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=10)
        self._patience = patience

    def close(self) -> None:
        """Ends the connection."""
        self._http.close()

    def messages(self, phone: str) -> list[dict[str, Any]]:
        """What `phone` received, the newest first."""
        until = time.monotonic() + self._patience
        while True:
            try:
                response = self._http.get("/inbox.json", params={"to": phone})
                response.raise_for_status()
                messages: list[dict[str, Any]] = response.json()["messages"]
            except httpx.HTTPError:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE)
            else:
                return messages

    def wait_for(self, phone: str, *texts: str, count: int = 1) -> list[str]:
        """Bodies of the messages to `phone` that contain all of `texts`, the newest first, once there are `count`.

        Raises TimeoutError.
        """
        until = time.monotonic() + self._patience
        while time.monotonic() < until:
            bodies = [str(message["body"]) for message in self.messages(phone)]
            found = [body for body in bodies if all(text in body for text in texts)]
            if len(found) >= count:
                return found
            time.sleep(_PAUSE)
        raise TimeoutError(f"no SMS with {texts} arrived within {self._patience:.0f} s")
