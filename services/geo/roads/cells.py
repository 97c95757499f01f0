"""Ways between stores, remembered: a table of 50 stores costs more to measure than a trip to prove."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple, Protocol

from services.geo.domain.roads import Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import redis

    from services.geo.domain.roads import TravelMode
    from services.kit.optional_redis import OptionalRedis

# A place to about a metre: latitude and longitude in hundred-thousandths of a degree.
Place = tuple[int, int]

_NONE = b"-"
_KEPT_SECONDS = 30 * 24 * 3600


class Network(NamedTuple):
    """What a way depends on besides its ends."""

    # Of the road tiles.
    version: str
    mode: TravelMode


class Cells(Protocol):
    """Remembers ways; may forget any of them at any time. An absent key is unknown, None is known to be no road."""

    def get(self, network: Network, ends: Iterable[tuple[Place, Place]]) -> dict[tuple[Place, Place], Way | None]:
        """Those of the ways that are remembered."""
        ...

    def put(self, network: Network, ways: Mapping[tuple[Place, Place], Way | None]) -> None:
        """Remembers."""
        ...


class MemoryCells:
    """In this process; the least recently used go first."""

    def __init__(self, *, most: int = 100_000) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._ways: OrderedDict[tuple[Network, Place, Place], Way | None] = OrderedDict()

    def get(self, network: Network, ends: Iterable[tuple[Place, Place]]) -> dict[tuple[Place, Place], Way | None]:
        """Those of the ways that are remembered."""
        found: dict[tuple[Place, Place], Way | None] = {}
        with self._lock:
            for here, there in ends:
                key = (network, here, there)
                if key in self._ways:
                    self._ways.move_to_end(key)
                    found[here, there] = self._ways[key]
        return found

    def put(self, network: Network, ways: Mapping[tuple[Place, Place], Way | None]) -> None:
        """Remembers."""
        with self._lock:
            for (here, there), way in ways.items():
                self._ways[network, here, there] = way
            while len(self._ways) > self._most:
                self._ways.popitem(last=False)


class RedisCells:
    """Shared by all replicas; a hash for every place, of ways from there. A Redis that is away remembers nothing."""

    def __init__(self, shared: OptionalRedis) -> None:
        self._redis = shared

    def get(self, network: Network, ends: Iterable[tuple[Place, Place]]) -> dict[tuple[Place, Place], Way | None]:
        """Those of the ways that are remembered."""
        rows: dict[Place, list[Place]] = {}
        for here, there in ends:
            rows.setdefault(here, []).append(there)

        def read(client: redis.Redis) -> list[list[bytes | None]]:
            with client.pipeline(transaction=False) as pipe:
                for here, targets in rows.items():
                    pipe.hmget(_key(network, here), [_text(there) for there in targets])
                return pipe.execute()

        answers = self._redis.ask(read)
        if answers is None:
            return {}
        return {
            (here, there): _decoded(value)
            for (here, targets), values in zip(rows.items(), answers, strict=True)
            for there, value in zip(targets, values, strict=True)
            if value is not None
        }

    def put(self, network: Network, ways: Mapping[tuple[Place, Place], Way | None]) -> None:
        """Remembers for thirty days."""
        rows: dict[Place, list[str | bytes]] = {}
        for (here, there), way in ways.items():
            rows.setdefault(here, []).extend((_text(there), _encoded(way)))

        def write(client: redis.Redis) -> None:
            with client.pipeline(transaction=False) as pipe:
                for here, fields in rows.items():
                    key = _key(network, here)
                    pipe.hset(key, items=fields)
                    pipe.expire(key, _KEPT_SECONDS)
                pipe.execute()

        self._redis.ask(write)


def _key(network: Network, here: Place) -> str:
    return f"geo:ways:{network.version}:{network.mode}:{_text(here)}"


def _text(place: Place) -> str:
    return f"{place[0]},{place[1]}"


def _encoded(way: Way | None) -> bytes:
    return _NONE if way is None else f"{way.metres},{way.seconds}".encode()


def _decoded(value: bytes) -> Way | None:
    if value == _NONE:
        return None
    metres, seconds = value.split(b",")
    return Way(int(metres), int(seconds))
