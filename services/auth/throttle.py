"""Counters behind `domain.throttle`: in Redis, which all processes share, or in PostgreSQL while there is none.

The generic cell rate algorithm keeps one moment a counter: when it would be empty again. A request is let through if
adding its cost does not push that moment further away than the rate's period. Several counters are asked at once, and
are charged only if all of them let it through.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from services.auth.domain.errors.sign_in import TooManyAttempts
from services.auth.domain.throttle import Counter, Rates, Rule, Scope, address_of, counted_network
from services.auth.store import throttles
from services.kit.optional_redis import OptionalRedis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pydantic import SecretStr

    from services.auth.domain.throttle import Network
    from services.kit.clock import Clock
    from services.kit.crypto import Vault
    from services.kit.db import Database

# Seconds: longer than Redis takes, much shorter than a deadline.
_PATIENCE = 0.25
_MICROSECOND = timedelta(microseconds=1)
_ZERO = timedelta()

# ARGV: the time, what to do, then cost and room of each key. Answers how long to wait. Microseconds, which doubles hold
# exactly. "look" charges nothing; "charge" charges whatever it finds, but never so much that it outlasts the period.
# A moment further away than any charge puts it was written by a clock that was ahead: it is not waited for.
_SCRIPT = """
local now, what = tonumber(ARGV[1]), ARGV[2]
local wait, empty = 0, {}
for i = 1, #KEYS do
  local cost, room = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local held = tonumber(redis.call('GET', KEYS[i]) or now)
  if held > now + 2 * room then held = now end
  local at = math.max(held, now) + cost
  wait = math.max(wait, at - now - room)
  empty[i] = math.min(at, now + room + cost)
end
if what == 'look' or (what == 'admit' and wait > 0) then return string.format('%.0f', wait) end
for i = 1, #KEYS do
  redis.call('SET', KEYS[i], string.format('%.0f', empty[i]), 'PX', math.ceil((empty[i] - now) / 1000))
end
return '0'
"""


class Counters(Protocol):
    """Where counters are kept. Each method is atomic, over all processes."""

    def admit(self, counters: Sequence[Counter], now: datetime) -> timedelta:
        """Charges all, or none and tells how long to wait."""
        ...

    def look(self, counters: Sequence[Counter], now: datetime) -> timedelta:
        """How long to wait; charges nothing."""
        ...

    def charge(self, counters: Sequence[Counter], now: datetime) -> None:
        """Charges all, full or not."""
        ...


class PostgresCounters:
    """In a table that is not logged: a crash of the database forgets the counts, and nothing else."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def admit(self, counters: Sequence[Counter], now: datetime) -> timedelta:
        """As Counters says."""
        with self._db.transaction() as tx:
            return throttles.admit(tx, counters=counters, now=now)

    def look(self, counters: Sequence[Counter], now: datetime) -> timedelta:
        """As Counters says."""
        with self._db.transaction() as tx:
            return throttles.look(tx, counters=counters, now=now)

    def charge(self, counters: Sequence[Counter], now: datetime) -> None:
        """As Counters says."""
        with self._db.transaction() as tx:
            throttles.charge(tx, counters=counters, now=now)


class RedisCounters:
    """In Redis, by one script. While it is away, or if there is none, `fallback` counts, which starts from nothing."""

    def __init__(self, url: SecretStr | None, *, fallback: Counters) -> None:
        """Connects to nothing yet."""
        self._redis = OptionalRedis(url, patience=_PATIENCE)
        self._fallback = fallback

    def admit(self, counters: Sequence[Counter], now: datetime) -> timedelta:
        """As Counters says."""
        wait = self._run("admit", counters, now)
        return self._fallback.admit(counters, now) if wait is None else wait

    def look(self, counters: Sequence[Counter], now: datetime) -> timedelta:
        """As Counters says."""
        wait = self._run("look", counters, now)
        return self._fallback.look(counters, now) if wait is None else wait

    def charge(self, counters: Sequence[Counter], now: datetime) -> None:
        """As Counters says."""
        if self._run("charge", counters, now) is None:
            self._fallback.charge(counters, now)

    def close(self) -> None:
        """Ends the connections."""
        self._redis.close()

    def _run(self, what: str, counters: Sequence[Counter], now: datetime) -> timedelta | None:
        arguments: list[int | str] = [round(now.timestamp() * 1_000_000), what]
        for counter in counters:
            arguments += [counter.rate.step // _MICROSECOND, counter.rate.per // _MICROSECOND]
        keys = [b"throttle:" + counter.key for counter in counters]
        wait = self._redis.ask(lambda client: client.register_script(_SCRIPT)(keys=keys, args=arguments))
        return None if wait is None else timedelta(microseconds=int(wait))


class Throttle:
    """Says no to who asks too fast. Safe to share between threads."""

    def __init__(
        self,
        counters: Counters,
        *,
        vault: Vault,
        clock: Clock,
        rules: Mapping[Rule, Rates],
        exempt: Sequence[Network] = (),
    ) -> None:
        """`exempt`: networks whose own limits are not counted, because everyone comes from there."""
        self._counters = counters
        self._vault = vault
        self._clock = clock
        self._rules = rules
        self._exempt = tuple(exempt)

    def admit(self, rule: Rule, *, network: str | None, name: str = "") -> None:
        """Counts a request. Raises TooManyAttempts, and then it is not counted.

        `network`: the caller's address, None if unknown. `name`: whom it is about, empty if nobody.
        """
        if asked := self._asked(rule, network, name):
            _refuse(self._counters.admit(asked, self._clock.now()))

    def check(self, rule: Rule, *, network: str | None, name: str = "") -> None:
        """As `admit`, but counts nothing: for what only counts when it fails."""
        if asked := self._asked(rule, network, name):
            _refuse(self._counters.look(asked, self._clock.now()))

    def charge(self, rule: Rule, *, network: str | None, name: str = "") -> None:
        """Counts one that failed."""
        if asked := self._asked(rule, network, name):
            self._counters.charge(asked, self._clock.now())

    def _asked(self, rule: Rule, address: str | None, name: str) -> list[Counter]:
        found = address_of(address)
        counted = found is not None and not any(found in known for known in self._exempt)
        whose = {
            Scope.NAME: name,
            Scope.NETWORK: str(counted_network(found)) if found is not None and counted else "",
            Scope.EVERYONE: "*",
        }
        return [
            Counter(key=self._vault.index("throttles", f"{rule}\0{scope}\0{whose[scope]}"), rate=rate)
            for scope, rate in self._rules[rule].items()
            if whose[scope]
        ]


def _refuse(wait: timedelta) -> None:
    if wait > _ZERO:
        raise TooManyAttempts(wait)
