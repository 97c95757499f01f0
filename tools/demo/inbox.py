"""What telephones and mailboxes received: the sandbox's inbox."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx

_PAUSE = 0.2
# A code stands alone: no part of a longer number, of an amount or of a link.
_CODE = re.compile(r"(?<![\w/.,:+-])[0-9]{6,10}(?![\w/:-]|[.,][0-9])")


class Inbox:
    """Reads the inbox of a running stack. Messages arrive a moment after what caused them."""

    def __init__(self, url: str, *, patience: float = 20.0) -> None:
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=10)
        self._patience = patience

    def close(self) -> None:
        """Ends the connection."""
        self._http.close()

    def messages(self, to: str) -> list[dict[str, Any]]:
        """What a phone or an e-mail address received, the newest first."""
        until = time.monotonic() + self._patience
        while True:
            try:
                response = self._http.get("/inbox.json", params={"to": to})
                response.raise_for_status()
                messages: list[dict[str, Any]] = response.json()["messages"]
            except httpx.HTTPError:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE)
            else:
                return messages

    def code(self, to: str, *, besides: str = "") -> str:
        """The newest code that came to a phone or an address, once there is one other than `besides`.

        Raises TimeoutError.
        """
        until = time.monotonic() + self._patience
        while time.monotonic() < until:
            for message in self.messages(to):
                found = _CODE.search(str(message["body"]))
                if found and found.group() != besides:
                    return found.group()
            time.sleep(_PAUSE)
        raise TimeoutError(f"no message with a code came to {to}")

    def wait_for(self, to: str, *texts: str, count: int = 1) -> list[str]:
        """Bodies of the messages to `to` that contain all of `texts`, the newest first, once there are `count`.

        Raises TimeoutError.
        """
        until = time.monotonic() + self._patience
        while time.monotonic() < until:
            bodies = [str(message["body"]) for message in self.messages(to)]
            found = [body for body in bodies if all(text in body for text in texts)]
            if len(found) >= count:
                return found
            time.sleep(_PAUSE)
        raise TimeoutError(f"no message with {texts} arrived within {self._patience:.0f} s")
