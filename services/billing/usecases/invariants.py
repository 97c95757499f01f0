"""Whether the books hold what they must: once a day of every merchant, and by command. A breach raises an alarm."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from services.billing.store import books, gateways
from services.billing.store import invariants as store
from services.billing.usecases.summaries import every_merchant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from services.billing.domain.books import Breach
    from services.billing.domain.ids import MerchantId
    from services.billing.usecases.deps import Deps

_LOG = logging.getLogger(__name__)
# Somewhat less than a day, so that the hour stays the same; and no more often, however often workers start.
_BETWEEN = timedelta(hours=20)
# More say nothing new, and a merchant's alarms are read by people.
_MOST = 1_000


def check_all(deps: Deps) -> None:
    """Checks every merchant's books that no worker has checked today; one that fails holds up no other."""
    for merchant_id in every_merchant(deps):
        now = deps.clock.now()
        try:
            with deps.db.transaction(merchant=merchant_id) as tx:
                due = store.begin_check(tx, merchant_id, now=now, unless_since=now - _BETWEEN)
            if due:
                check(deps, merchant_id)
        except Exception:  # noqa: BLE001 - whatever befalls one merchant's
            _LOG.exception("books could not be checked", extra={"merchant": str(merchant_id)})


def check(deps: Deps, merchant_id: MerchantId) -> Sequence[Breach]:
    """Checks one merchant's books from end to end; raises alarms for what is broken and resolves those that are not."""
    broken: list[Breach] = list(_of_all(deps, merchant_id))
    for one in store.CHECKS:
        for breaches in _batches(deps, merchant_id, one):
            broken += breaches
            if len(broken) > _MOST:
                break
    now = deps.clock.now()
    with deps.db.transaction(merchant=merchant_id) as tx:
        raised = [
            breach
            for breach in broken[:_MOST]
            if books.raise_alarm(tx, merchant_id, breach, new_id=deps.ids.new(), now=now)
        ]
        if len(broken) <= _MOST:
            # Otherwise not everything was looked at.
            books.resolve_alarms(tx, merchant_id, broken, now=now)
        store.begin_check(tx, merchant_id, now=now, unless_since=now)
        store.end_check(tx, merchant_id, now=now)
    for breach in raised:
        _LOG.error(
            "books broken", extra={"merchant": str(merchant_id), "rule": breach.rule.value, "subject": breach.subject}
        )
    return broken


def _of_all(deps: Deps, merchant_id: MerchantId) -> Sequence[Breach]:
    """What is few enough to be looked at as a whole."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        store.take_time(tx)
        return [*store.find_broken_series(tx, merchant_id), *gateways.find_missing_refunds(tx, merchant_id)]


def _batches(deps: Deps, merchant_id: MerchantId, one: store.Check) -> Iterator[Sequence[Breach]]:
    """Each in a transaction of its own, so that none is long."""
    after: UUID | None = None
    while True:
        with deps.db.transaction(merchant=merchant_id) as tx:
            store.take_time(tx)
            last = store.next_batch(tx, merchant_id, one, after=after)
            if last is None:
                return
            found = store.find_breaches(tx, merchant_id, one, after=after, last=last)
        yield found
        after = last
