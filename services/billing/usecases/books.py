"""Reading the books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.books import Alarm, LedgerAccount, LedgerEntry, TrialBalance
from services.billing.store import books as store
from services.billing.store.invariants import last_check
from services.billing.usecases import settings as settings_usecases
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from services.billing.domain.ids import BillId, CustomerId, MerchantId
    from services.billing.usecases.deps import Deps
    from services.kit.paging import Page


def list_accounts(
    deps: Deps, merchant_id: MerchantId, *, code: str, party: CustomerId | None, page: Page
) -> Listed[LedgerAccount]:
    """A page of accounts."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_accounts(tx, merchant_id, code=code, party=party, after=row_after(page), limit=page.size + 1)
    return cut(rows, page, key=lambda account: (account.id,))


def list_entries(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    account: UUID | None,
    bill_id: BillId | None,
    start: date | None,
    end: date | None,
    page: Page,
) -> Listed[LedgerEntry]:
    """A page of entries, the newest first."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_entries(
            tx,
            merchant_id,
            account=account,
            bill_id=bill_id,
            start=start,
            end=end,
            before=row_after(page),
            limit=page.size + 1,
        )
    return cut(rows, page, key=lambda entry: (entry.id,))


def trial_balance(deps: Deps, merchant_id: MerchantId, *, end: date | None) -> TrialBalance:
    """All accounts at the end of a day, today's unless it is given. Raises PeerUnavailable."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        now = deps.clock.now()
        last = end or settings_usecases.settings_of(tx, merchant_id).business_day(now)
        # Before the sums: what is taken in between makes them newer than they say.
        since = store.oldest_mark(tx, merchant_id, first=None, last=last)
        return TrialBalance(last, store.account_sums(tx, merchant_id, end=last), since or now)


def list_alarms(
    deps: Deps, merchant_id: MerchantId, *, only_open: bool, page: Page
) -> tuple[Listed[Alarm], datetime | None]:
    """A page of alarms, the newest first, and when the books were last checked."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_alarms(tx, merchant_id, only_open=only_open, before=row_after(page), limit=page.size + 1)
        checked = last_check(tx, merchant_id)
    return cut(rows, page, key=lambda alarm: (alarm.id,)), checked
