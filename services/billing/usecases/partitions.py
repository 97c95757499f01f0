"""Room for the bills of the months to come."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from services.billing.store.partitions import make_partitions

if TYPE_CHECKING:
    from services.billing.usecases.deps import Deps

_LOG = logging.getLogger(__name__)
# Far enough that the job may fail for a year before anything lands in the default partition.
_MONTHS_AHEAD = 12


def make_ahead(deps: Deps) -> None:
    """Makes the partitions of this month and the next ones that are not there yet."""
    with deps.db.transaction() as tx:
        made = make_partitions(tx, first_month=deps.clock.now().date(), months=_MONTHS_AHEAD + 1)
    if made:
        _LOG.info("partitions made", extra={"count": made})
