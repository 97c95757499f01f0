"""Answers that take long: how many there may be at once, and files sent chunk by chunk as they are made."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, contextmanager
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from google.api import httpbody_pb2

from services.kit.failure import Failure, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from uuid import UUID

    import grpc
    from google.protobuf.message import Message

    from services.kit.context import Caller

_WAIT = timedelta(seconds=5)


class TooManyStreams(Failure):
    """As many as this process sends at a time are under way already."""

    kind = Kind.EXHAUSTED
    reason = "TOO_MANY_REQUESTS"

    def __init__(self) -> None:
        super().__init__("Too many downloads at once. Repeat the call in a moment.", retry_after=_WAIT)


class Streams:
    """Counts the streams under way in this process.

    Each holds a thread, and mostly a connection to the database, for as long as its reader takes. One merchant has at
    most half of them.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_of_one = (most + 1) // 2
        self._under_way: Counter[UUID | None] = Counter()
        self._lock = Lock()

    @contextmanager
    def admitted(self, caller: Caller) -> Iterator[None]:
        """Counts one of the caller's for the block. Raises TooManyStreams."""
        owner = caller.merchant_id or caller.account_id
        with self._lock:
            if self._under_way.total() >= self._most or self._under_way[owner] >= self._most_of_one:
                raise TooManyStreams
            self._under_way[owner] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= Counter((owner,))


# No message: a string of 127 bytes of which none follows.
_BROKEN = b"\x0a\x7f"


class _Break:
    """Stands in a stream for what no reader can make sense of."""


def whole_or_broken(messages: Iterator[Message], context: grpc.ServicerContext) -> Iterator[Message | _Break]:
    """The messages. If they fail after the first, callers of JSON get a break before the failure.

    HTTP has no place behind a body to say that it is not whole. The edge's transcoder, given what is no message, resets
    the stream, so that the download breaks off. gRPC and gRPC-Web have trailers for it.
    """
    begun = False
    try:
        for message in messages:
            yield message
            begun = True
    except Exception:
        if begun and any(name == "x-envoy-original-path" for name, _ in context.invocation_metadata()):
            yield _Break()
        raise


def breakable(serializer: Callable[[Any], bytes]) -> Callable[[Message | _Break], bytes]:
    """Serializes breaks, too."""
    return lambda message: _BROKEN if isinstance(message, _Break) else serializer(message)


def download(
    context: grpc.ServicerContext, chunks: Generator[bytes], *, name: str, media_type: str
) -> Iterator[httpbody_pb2.HttpBody]:
    """The file as messages, for a handler to return. `name`: plain ASCII, for example "bills_2026-04.csv".

    Nothing is sent before the first chunk is there: what fails until then is refused like any other call. What fails
    later ends the stream with an error.
    """
    with closing(chunks):
        first = next(chunks)
        context.send_initial_metadata(
            (("content-disposition", f'attachment; filename="{name}"'), ("cache-control", "private, no-store"))
        )
        yield httpbody_pb2.HttpBody(content_type=media_type, data=first)
        for chunk in chunks:
            yield httpbody_pb2.HttpBody(data=chunk)
