"""`python -m bench.offers`: who offers what near by, ours beside a join over PostGIS, in a throw-away cluster.

Both answer the same searches over the same data, one after the other (A B A B …): eight wanted products, ten
kilometres, the hundred stores that cover most, with what each offers. Ours is what FindOffers runs, from the grid cells
to the rows fetched. The other is the query that a good developer writes first: stores within the distance by a GiST
index on geography, joined to their offers by primary key. Before anything is timed, both must find the same offers.

`--stores 20000 200000` builds several sizes and tells how the time grows.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine

from bench.offers_world import NAIVE, NAIVE_CHOICE, OFFERS_OF_A_STORE, SEED, World, build
from services.inventory.domain.ids import ProductId
from services.inventory.domain.offer import Search, Wanted
from services.inventory.store import offers
from services.kit.place import GeoPoint
from tools.cluster import THROW_AWAY, Cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

_WANTED = 8
_RADIUS_METRES = 10_000.0
_STORES = 100
_EXPLAINED = 25
# Half the memory of a small server; both contenders share it.
_SETTINGS = {
    **THROW_AWAY,
    "shared_buffers": "3GB",
    "max_wal_size": "8GB",
    "maintenance_work_mem": "512MB",
    # A search is to be answered by one processor; the others have searches of their own.
    "max_parallel_workers_per_gather": "0",
}


# What is raced: ours and the other's statement. The first is the search proper; the second adds, for the stores chosen,
# names, exact quantities and distances, which cost both the same.
_RACES = (
    (
        "choosing the stores",
        f"{offers.CHOOSE} SELECT store_key, product_key FROM chosen JOIN ranked USING (store_key)",
        NAIVE_CHOICE,
    ),
    ("with names and quantities", offers.FIND_OFFERS, NAIVE),
)


@dataclass
class Measured:
    """One contender's searches: milliseconds by the clock and on a processor, and shared buffers."""

    milliseconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    buffers: list[int] = field(default_factory=list)

    @property
    def figures(self) -> tuple[float, float, float, float, float]:
        """Median and 99th percentile by the clock, median and mean on a processor, all in ms; mean of buffers."""
        by_clock = statistics.quantiles(self.milliseconds, n=100)
        return (
            by_clock[49],
            by_clock[98],
            statistics.median(self.processor),
            statistics.fmean(self.processor),
            statistics.fmean(self.buffers),
        )


def main() -> int:
    """Builds, compares, prints."""
    arguments = _arguments()
    medians: dict[int, float] = {}
    for stores in arguments.stores:
        with tempfile.TemporaryDirectory(prefix="billmesh-bench-") as folder:
            cluster = Cluster(Path(folder, "postgres"), settings=_SETTINGS)
            try:
                measured = _measure(cluster, stores, products=arguments.products, searches=arguments.searches)
            finally:
                cluster.remove()
        medians[stores] = measured[-1][1].figures[2]
        print(
            f"\n{stores:,} stores · {OFFERS_OF_A_STORE} offers each · {_WANTED} wanted · {arguments.searches} searches"
        )
        for what, ours, naive in measured:
            _print(what, ours, naive)
    sizes = sorted(medians)
    for smaller, larger in pairwise(sizes):
        grown = medians[larger] / medians[smaller]
        print(f"\nours, {smaller:,} → {larger:,} stores: {grown:.2f} times the CPU (median)")
    return 0


def _measure(cluster: Cluster, stores: int, *, products: int, searches: int) -> list[tuple[str, Measured, Measured]]:
    begin = time.monotonic()
    world = build(cluster, stores, products=products)
    print(f"{stores:,} stores, {world.offers:,} offers built in {time.monotonic() - begin:.0f} s", file=sys.stderr)
    chance = random.Random(SEED)  # noqa: S311 - the same searches every time
    asked = [_search(world, chance) for _ in range(searches)]
    # psycopg2 fills the values in, as in the service: each search is planned with what it asks for.
    engine = create_engine(cluster.dsn("billmesh").replace("postgresql://", "postgresql+psycopg2://"))
    races = [(what, Measured(), mine, Measured(), theirs) for what, mine, theirs in _RACES]
    with engine.connect() as tx:
        tx.exec_driver_sql("SET search_path = inventory, public")
        backend = Path("/proc", str(tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()), "schedstat")
        for search in asked[:_EXPLAINED]:
            _agree(tx, world, search)
        for search in asked:
            for _, ours, mine, naive, theirs in races:
                _timed(ours, backend, partial(_ours, tx, mine, search))
                _timed(naive, backend, partial(_naive, tx, theirs, world, search))
        for search in asked[:_EXPLAINED]:
            for _, ours, mine, naive, theirs in races:
                ours.buffers.append(_buffers(tx, mine, offers.parameters(search)))
                naive.buffers.append(_buffers(tx, theirs, _naive_values(world, search)))
    engine.dispose()
    return [(what, ours, naive) for what, ours, _, naive, _ in races]


def _search(world: World, chance: random.Random) -> Search:
    latitude, longitude = chance.choice(world.places)
    wanted = chance.sample(list(world.keys), k=_WANTED * 4, counts=[world.weights[each] for each in world.keys])
    chosen = list(dict.fromkeys(wanted))[:_WANTED]
    return Search(
        origin=GeoPoint(latitude + chance.gauss(0, 0.01), longitude + chance.gauss(0, 0.01)),
        radius_metres=_RADIUS_METRES,
        wanted=tuple(Wanted(ProductId(product_id), Decimal(1 + chance.randrange(3))) for product_id in chosen),
        currency="EUR",
        max_stores=_STORES,
    )


def _agree(tx: Connection, world: World, search: Search) -> None:
    """Fails unless both find the same offers when neither is limited."""
    unlimited = Search(search.origin, search.radius_metres, search.wanted, search.currency, 10**6)
    found, left_out = offers.find_candidates(tx, unlimited)
    mine = {(each.store_id, each.offer.product_id, each.offer.unit_price.minor) for each in found}
    theirs = {(row.store_id, row.product_id, row.price_minor) for row in _naive(tx, NAIVE, world, unlimited)}
    if mine != theirs or left_out:
        raise SystemExit(f"the two do not agree: {len(mine)} against {len(theirs)} offers at {search.origin}")


def _naive(tx: Connection, statement: str, world: World, search: Search) -> Sequence[Any]:
    return tx.exec_driver_sql(statement, _naive_values(world, search)).all()


def _naive_values(world: World, search: Search) -> dict[str, Any]:
    return {
        "origin": f"SRID=4326;{search.origin.wkt}",
        "radius": search.radius_metres,
        "keys": [world.keys[wanted.product_id] for wanted in search.wanted],
        "currency": search.currency,
        "stores": search.max_stores,
    }


def _ours(tx: Connection, statement: str, search: Search) -> Sequence[Any]:
    return tx.exec_driver_sql(statement, offers.parameters(search)).all()


def _timed(measured: Measured, backend: Path, ask: Callable[[], object]) -> None:
    begin, worked = time.perf_counter(), _on_processor(backend)
    ask()
    measured.milliseconds.append((time.perf_counter() - begin) * 1000)
    measured.processor.append(_on_processor(backend) - worked)


def _on_processor(backend: Path) -> float:
    """Milliseconds that the database's process and this thread have run; other load on the machine hardly matters."""
    return int(backend.read_text(encoding="ascii").split()[0]) / 1e6 + time.thread_time() * 1000


def _buffers(tx: Connection, statement: str, values: dict[str, Any]) -> int:
    plan = tx.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}", values).scalar_one()
    top = plan[0]["Plan"]
    return int(top["Shared Hit Blocks"]) + int(top["Shared Read Blocks"])


def _print(what: str, ours: Measured, naive: Measured) -> None:
    print(f"{what:26}{'p50 ms':>10}{'p99 ms':>10}{'CPU p50 ms':>12}{'CPU mean ms':>13}{'buffers':>10}")
    for name, measured in (("ours", ours), ("PostGIS join", naive)):
        p50, p99, cpu, mean, buffers = measured.figures
        print(f"  {name:24}{p50:>10.2f}{p99:>10.2f}{cpu:>12.2f}{mean:>13.2f}{buffers:>10,.0f}")
    p50, p99, cpu, mean, buffers = (theirs / mine for theirs, mine in zip(naive.figures, ours.figures, strict=True))
    print(f"  {'ratio':24}{p50:>10.1f}{p99:>10.1f}{cpu:>12.1f}{mean:>13.1f}{buffers:>10.1f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.offers", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--stores", type=int, nargs="+", default=[20_000], metavar="N", help="sizes (default: 20000)")
    parser.add_argument("--products", type=int, default=20_000, help="size of the catalogue (default: 20000)")
    parser.add_argument("--searches", type=int, default=300, help="searches timed at each size (default: 300)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
