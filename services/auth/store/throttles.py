"""Throttles' counters. Every function has one statement that does it, so requests at the same moment add up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from services.kit.sql import later, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.throttle import Counter

_ZERO = timedelta()
# In the order of keys, so that two requests lock shared rows in the same order.
_ASKED = """
INSERT INTO throttles AS kept (key, empty_time, room, admitted)
SELECT asked.key, %(now)s + asked.cost, asked.room, true
FROM unnest(%(keys)s::bytea[], %(costs)s::interval[], %(rooms)s::interval[]) AS asked (key, cost, room)
ORDER BY asked.key
ON CONFLICT (key) DO UPDATE SET room = excluded.room,
"""
# A moment further away than any charge puts it was written by a clock that was ahead: it is not waited for.
_HELD = """
CASE WHEN kept.empty_time > %(now)s + 2 * excluded.room THEN %(now)s ELSE greatest(kept.empty_time, %(now)s) END
"""
_AT = f"{_HELD} + (excluded.empty_time - %(now)s)"
_ADMIT = f"""{_ASKED}
    admitted = {_AT} - %(now)s <= excluded.room,
    empty_time = CASE WHEN {_AT} - %(now)s <= excluded.room THEN {_AT} ELSE kept.empty_time END
RETURNING key, admitted, empty_time
"""
_CHARGE = f"""{_ASKED}
    admitted = true,
    empty_time = least({_AT}, excluded.empty_time + excluded.room)
"""
_GIVE_BACK = """
UPDATE throttles SET empty_time = empty_time - asked.cost
FROM unnest(%(keys)s::bytea[], %(costs)s::interval[]) AS asked (key, cost) WHERE throttles.key = asked.key
"""
_LOOK = "SELECT key, empty_time FROM throttles WHERE key = ANY(%(keys)s::bytea[])"
_SWEEP = "DELETE FROM throttles WHERE empty_time < %(before)s"


def admit(tx: Connection, *, counters: Sequence[Counter], now: datetime) -> timedelta:  # no tenant: of networks too
    """Charges all and answers zero; or charges none and answers how long to wait."""
    cost = {counter.key: counter.rate.step for counter in counters}
    room = {counter.key: counter.rate.per for counter in counters}
    rows = run(tx, _ADMIT, _parameters(counters, now)).all()
    wait = _ZERO
    charged = []
    for row in rows:
        key = bytes(row.key)
        if row.admitted:
            charged.append(key)
        else:
            wait = max(wait, row.empty_time + cost[key] - room[key] - now)
    if wait > _ZERO and charged:
        later(tx, _GIVE_BACK, {"keys": charged, "costs": [cost[key] for key in charged]})
    return wait


def look(tx: Connection, *, counters: Sequence[Counter], now: datetime) -> timedelta:  # no tenant: as above
    """How long to wait before the next would be let through."""
    rates = {counter.key: counter.rate for counter in counters}
    wait = _ZERO
    for row in run(tx, _LOOK, {"keys": list(rates)}):
        rate = rates[bytes(row.key)]
        held = now if row.empty_time > now + 2 * rate.per else max(row.empty_time, now)
        wait = max(wait, held + rate.step - rate.per - now)
    return wait


def charge(tx: Connection, *, counters: Sequence[Counter], now: datetime) -> None:  # no tenant: as above
    """Charges all, whether or not there is room."""
    later(tx, _CHARGE, _parameters(counters, now))


def sweep(tx: Connection, *, before: datetime) -> None:  # no tenant: as above
    """Forgets counters that have long been empty."""
    run(tx, _SWEEP, {"before": before})


def _parameters(counters: Sequence[Counter], now: datetime) -> dict[str, object]:
    return {
        "now": now,
        "keys": [counter.key for counter in counters],
        "costs": [counter.rate.step for counter in counters],
        "rooms": [counter.rate.per for counter in counters],
    }
