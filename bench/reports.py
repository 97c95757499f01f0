"""`python -m bench.reports`: the reports of a large merchant over a year, and the first and a far page of its lists.

One merchant with a million bills (`--bills`) in a throw-away cluster. The summaries are rebuilt as the command does,
then every report is asked as the handlers ask, over all 365 days, one after the other. Told are the median and the
slowest by the clock, and the time of processor and the shared buffers of one call. A page of a list is to cost the same
wherever it is.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from bench.large_merchant import MERCHANT, LargeMerchant, large_merchant
from services.billing.domain.reports import Grouping
from services.billing.store.summaries import mark_day
from services.billing.usecases import bills, books, gstr1, invariants, reports, summaries
from services.billing.usecases.bills import BillQuery
from services.kit.paging import Page
from tools.cluster import THROW_AWAY, Cluster

if TYPE_CHECKING:
    from services.billing.usecases.deps import Deps

_TIMES = 7
_FAR = 10_000
_SIZE = 50
_HEADINGS = f"{'p50 ms':>10}{'max ms':>10}{'CPU ms':>10}{'buffers':>12}"
_SETTINGS = {**THROW_AWAY, "shared_buffers": "2GB", "max_wal_size": "8GB", "maintenance_work_mem": "512MB"}
# Heap, indexes and what is stored beside, of all tables of ours.
_BUFFERS = """
SELECT pg_stat_clear_snapshot(), sum(coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0)
    + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0)
    + coalesce(toast_blks_read, 0) + coalesce(toast_blks_hit, 0)
    + coalesce(tidx_blks_read, 0) + coalesce(tidx_blks_hit, 0))::bigint
FROM pg_statio_user_tables WHERE schemaname = 'billing'
"""

Call = Callable[[], object]


def main() -> None:
    """Builds, measures, prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.reports", description=__doc__)
    parser.add_argument("--bills", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY", help="where the merchant is kept for the next run")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
        _run(arguments.keep, arguments.bills)
        return
    with tempfile.TemporaryDirectory(prefix="billmesh-bench-") as folder:
        try:
            _run(Path(folder), arguments.bills)
        finally:
            Cluster(Path(folder) / "cluster").remove()


def _run(folder: Path, count: int) -> None:
    cluster = Cluster(folder / "cluster", settings=_SETTINGS)
    try:
        began = time.perf_counter()
        with large_merchant(cluster, folder, bills=count) as merchant:
            print(f"{count:,} bills there after {time.perf_counter() - began:.0f} s", flush=True)
            measure(merchant, count)
    finally:
        cluster.stop()


def measure(merchant: LargeMerchant, count: int) -> None:
    """Rebuilds the summaries, then asks everything in turn."""
    began = time.perf_counter()
    days = summaries.rebuild(merchant.deps, MERCHANT)
    print(f"summaries of {days} days rebuilt in {time.perf_counter() - began:.0f} s", flush=True)
    with merchant.superuser.cursor() as rows:
        rows.execute("VACUUM ANALYZE")
    began = time.perf_counter()
    summaries_of_one_day(merchant.deps)
    print(f"one day refreshed in {(time.perf_counter() - began) * 1000:.0f} ms", flush=True)
    print(f"\n{'over 365 days':<40}{_HEADINGS}")
    for name, call in the_reports(merchant.deps).items():
        tell(name, call, merchant)
    print(f"\n{'pages of ' + str(_SIZE):<40}{_HEADINGS}")
    for name, call in the_pages(merchant, count).items():
        tell(name, call, merchant)
    began = time.perf_counter()
    broken = invariants.check(merchant.deps, MERCHANT)
    print(f"\nall rules of the books checked in {time.perf_counter() - began:.0f} s: {len(broken)} broken")


def the_reports(deps: Deps) -> dict[str, Call]:
    """Every report over the last 365 days, by name."""
    today = deps.clock.now().date()
    year = reports.Asked(today - timedelta(days=365), today)
    month = today.replace(day=1) - timedelta(days=1)
    found: dict[str, Call] = {"home": lambda: reports.home(deps, MERCHANT)}
    for by in Grouping:
        if by is not Grouping.METHOD:
            found[f"sales by {by.lower()}"] = partial(reports.sales, deps, MERCHANT, asked=year, by=by, store_id=None)
        found[f"collections by {by.lower()}"] = partial(
            reports.collections, deps, MERCHANT, asked=year, by=by, store_id=None
        )
    return found | {
        "taxes by rate and by code": lambda: reports.taxes(deps, MERCHANT, asked=year),
        "aging, of open bills": lambda: reports.aging(deps, MERCHANT),
        "top customers": lambda: reports.top_customers(deps, MERCHANT, asked=year, limit=50),
        "top items": lambda: reports.top_items(deps, MERCHANT, asked=year, limit=50),
        "trial balance": lambda: books.trial_balance(deps, MERCHANT, end=None),
        "GSTR-1 of one month": lambda: gstr1.build(deps, MERCHANT, year=month.year, month=month.month),
    }


def the_pages(merchant: LargeMerchant, count: int) -> dict[str, Call]:
    """The first and a far page of each list, by name."""
    deps = merchant.deps
    far = min(_FAR, count // _SIZE)
    start = (far - 1) * _SIZE

    def after(statement: str) -> tuple[str, ...]:
        with merchant.superuser.cursor() as rows:
            rows.execute(statement, {"offset": start - 1})
            return tuple(str(part) for part in rows.fetchone() or ())

    every = BillQuery(customer_id=None, states=(), overdue=False, number="")
    last_bill = after("SELECT id FROM bills ORDER BY id DESC OFFSET %(offset)s LIMIT 1")
    last_entry = after("SELECT id FROM ledger_entries ORDER BY id DESC OFFSET %(offset)s LIMIT 1")
    on_sales = after("""
        SELECT entry_id FROM ledger_postings p JOIN ledger_accounts a ON a.id = p.account_id AND a.code = 'SALES'
        ORDER BY entry_id DESC OFFSET %(offset)s LIMIT 1
    """)
    (sales,) = after("SELECT id FROM ledger_accounts WHERE code = 'SALES' AND %(offset)s IS NOT NULL")

    def entries(account: UUID | None, key: tuple[str, ...] | None) -> object:
        return books.list_entries(deps, MERCHANT, account=account, bill_id=None, start=None, end=None, page=_page(key))

    def numbers(key: tuple[str, ...] | None) -> object:
        return reports.numbers(deps, MERCHANT, series=None, only_gaps=False, page=_page(key))

    return {
        "bills, page 1": lambda: bills.list_page(deps, MERCHANT, query=every, page=_page(None)),
        f"bills, page {far:,}": lambda: bills.list_page(deps, MERCHANT, query=every, page=_page(last_bill)),
        "entries, page 1": lambda: entries(None, None),
        f"entries, page {far:,}": lambda: entries(None, last_entry),
        "entries of one account, page 1": lambda: entries(UUID(sales), None),
        f"entries of one account, page {far:,}": lambda: entries(UUID(sales), on_sales),
        "numbers, page 1": lambda: numbers(None),
        f"numbers, page {far:,}": lambda: numbers(("1", "INV", "ALL", str(start))),
    }


def summaries_of_one_day(deps: Deps) -> None:
    """What an event causes: its day is computed anew."""
    day = deps.clock.now().date() - timedelta(days=100)
    with deps.db.transaction(merchant=MERCHANT) as tx:
        mark_day(tx, MERCHANT, day, now=deps.clock.now())
    summaries.refresh_merchant(deps, MERCHANT)


def tell(name: str, call: Call, merchant: LargeMerchant) -> None:
    """Calls so often, and prints a line."""
    call()
    milliseconds = []
    before, used = buffers(merchant), processor(merchant)
    for _ in range(_TIMES):
        began = time.perf_counter()
        call()
        milliseconds.append((time.perf_counter() - began) * 1000)
    processor_each = (processor(merchant) - used) * 1000 / _TIMES
    buffers_each = (buffers(merchant) - before) // _TIMES
    p50, slowest = statistics.median(milliseconds), max(milliseconds)
    print(f"{name:<40}{p50:>10.1f}{slowest:>10.1f}{processor_each:>10.0f}{buffers_each:>12,}", flush=True)


def processor(merchant: LargeMerchant) -> float:
    """Seconds of processor that the calls' session and this process have taken so far."""
    with merchant.deps.db.transaction() as tx:
        process = tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    # After the name, which may have blanks: the 12th and the 13th are times in user and in system mode.
    fields = Path("/proc", str(process), "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def buffers(merchant: LargeMerchant) -> int:
    """Shared buffers that all tables have asked for so far."""
    with merchant.deps.db.transaction() as tx:
        # The calls' own session: it tells what it has counted when this ends.
        tx.exec_driver_sql("SELECT pg_stat_force_next_flush()")
    with merchant.superuser.cursor() as rows:
        rows.execute(_BUFFERS)
        return int((rows.fetchone() or (0, 0))[1])


def _page(after: tuple[str, ...] | None) -> Page:
    return Page(_SIZE, after, b"")


if __name__ == "__main__":
    main()
