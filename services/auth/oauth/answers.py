"""What OAuth clients are answered: JSON, or the way to somewhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass

_OK = 200
_BAD_REQUEST = 400
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. The body is JSON, or empty."""

    status: int
    body: bytes
    # Beyond content type and caching; lower case.
    headers: tuple[tuple[str, str], ...] = ()


class Refused(Exception):
    """An error of RFC 6749 section 5.2, or of its extensions. What was written before it is raised is committed.

    `description` is of the characters that the RFC allows: no quotation mark, no backslash.
    """

    def __init__(self, error: str, description: str = "", *, status: int = _BAD_REQUEST) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status

    def answer(self) -> Answer:
        """As it is told. A client that tried the Authorization header is told which scheme would do."""
        body = {"error": self.error} | ({"error_description": self.description} if self.description else {})
        headers = (("www-authenticate", 'Basic realm="billmesh"'),) if self.status == _UNAUTHORIZED else ()
        return Answer(self.status, encode(body), headers)


def encode(body: object) -> bytes:
    """As JSON without spaces."""
    return json.dumps(body, separators=(",", ":")).encode()


def said(body: object, *, status: int = _OK) -> Answer:
    """An answer that says `body`."""
    return Answer(status, encode(body))


def sent_to(location: str, *, status: int) -> Answer:
    """An answer that sends the browser to `location`."""
    return Answer(status, b"", (("location", location),))
