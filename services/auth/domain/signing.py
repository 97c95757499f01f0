"""When a signing key may begin to sign, and how long its successor's predecessor stays published.

A key is published before it signs, for as long as anyone may keep a set of keys without it; and after it signed its
last token, for as long as that token lives.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar

from services.auth.domain.session import ACCESS_FOR

if TYPE_CHECKING:
    from collections.abc import Sequence

# How long auth's own processes keep what they read.
RING_CACHED_FOR = timedelta(seconds=60)
# How long others may keep the set: its cache-control; services the same; the edge less.
SET_CACHED_FOR = timedelta(seconds=300)
# How far the clocks of two machines may be apart.
_CLOCKS = timedelta(seconds=60)
# From its publication until a key may sign: whoever fetched the set before, from a process that had read the keys
# before, has fetched it again.
PUBLISHED_FOR = RING_CACHED_FOR + SET_CACHED_FOR + _CLOCKS
# From the day that its successor signs: until then a process may sign with the old key, and its last token lives.
KEPT_FOR = RING_CACHED_FOR + ACCESS_FOR + _CLOCKS
# When the daily job thinks that a key has signed for long enough.
OLD_AFTER = timedelta(days=90)


class Key(Protocol):
    """What is asked about a key."""

    @property
    def create_time(self) -> datetime:
        """When it was published."""
        ...

    @property
    def sign_time(self) -> datetime | None:
        """From when on it signs; None: it is the next one."""
        ...


K = TypeVar("K", bound=Key)


def current(stored: Sequence[K], now: datetime) -> K | None:
    """The newest that has begun; if none has, the first that will: another machine's clock is ahead of ours."""
    dated = sorted(((key.sign_time, number) for number, key in enumerate(stored) if key.sign_time is not None))
    begun = [number for sign_time, number in dated if sign_time <= now]
    if begun:
        return stored[begun[-1]]
    return stored[dated[0][1]] if dated else None


def upcoming(stored: Sequence[K], now: datetime) -> K | None:
    """One that is told when to begin, and has not."""
    return next((key for key in stored if key.sign_time is not None and key.sign_time > now), None)


def following(stored: Sequence[K]) -> K | None:
    """The next one, which is not told when to begin."""
    return next((key for key in stored if key.sign_time is None), None)


def begins(key: Key, now: datetime) -> datetime:
    """When the next one may begin."""
    return max(now, key.create_time + PUBLISHED_FOR)
