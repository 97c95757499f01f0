"""The summaries behind the reports: kept by a task that looks for marked days, and rebuilt by command."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from services.billing.store import summaries as store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.billing.domain.ids import MerchantId
    from services.billing.usecases.deps import Deps

_LOG = logging.getLogger(__name__)
# So much that one transaction stays short and a round comes to an end.
_MERCHANTS = 200
_DAYS = 7


def refresh(deps: Deps) -> None:
    """Computes the days that have changed, of all merchants."""
    with deps.db.transaction() as tx:
        marked = store.marked_merchants(tx, most=_MERCHANTS)
    for merchant_id in marked:
        refresh_merchant(deps, merchant_id)


def refresh_merchant(deps: Deps, merchant_id: MerchantId) -> None:
    """Computes the days of one merchant that have changed; nothing if another process is at it."""
    while True:
        with deps.db.transaction(merchant=merchant_id) as tx:
            if not store.lock_summaries(tx, merchant_id, wait=False):
                return
            days = store.take_marked_days(tx, merchant_id, most=_DAYS)
            for day in days:
                store.compute_days(tx, merchant_id, first=day, last=day)
        if len(days) < _DAYS:
            return


def rebuild(deps: Deps, merchant_id: MerchantId) -> int:
    """Computes every day of a merchant from the ledger and the bills, and the months from the days; how many days."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        span = store.span_of_entries(tx, merchant_id)
    if span is None:
        return 0
    days = (span[1] - span[0]).days + 1
    # A day at a time: no transaction is long, however large the merchant.
    for day in (span[0] + timedelta(days=number) for number in range(days)):
        with deps.db.transaction(merchant=merchant_id) as tx:
            store.lock_summaries(tx, merchant_id, wait=True)
            store.compute_days(tx, merchant_id, first=day, last=day)
            if day == span[1] or (day + timedelta(days=1)).day == 1:
                store.sum_month(tx, merchant_id, day.replace(day=1))
    _LOG.info("summaries rebuilt", extra={"merchant": str(merchant_id), "days": days})
    return days


def every_merchant(deps: Deps) -> Iterator[MerchantId]:
    """All merchants who have settings, a few at a time."""
    after: MerchantId | None = None
    while True:
        with deps.db.transaction() as tx:
            found = store.merchants_after(tx, after, most=_MERCHANTS)
        yield from found
        if len(found) < _MERCHANTS:
            return
        after = found[-1]
