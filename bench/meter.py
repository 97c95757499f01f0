"""What the contenders of a race use: processor time of processes and of their sessions in PostgreSQL, and time."""

from __future__ import annotations

import os
import statistics
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Measured:
    """One contender's figures over all rounds."""

    chains: int = 0
    cpu_seconds: float = 0.0
    database_cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    def row(self, name: str) -> str:
        """One line of the table."""
        cuts = statistics.quantiles(self.latencies, n=100)
        return (
            f"{name:<22}{self.chains / self.cpu_seconds:>12.1f}{self.cpu_seconds / self.chains * 1000:>12.2f}"
            f"{self.database_cpu_seconds / self.chains * 1000:>12.2f}{self.chains / self.wall_seconds:>10.1f}"
            f"{cuts[49] * 1000:>10.1f}{cuts[98] * 1000:>10.1f}"
        )


@dataclass
class Contender:
    """Someone who can do the chain, and the processes that do it."""

    name: str
    chain: Callable[[], None]
    processes: Callable[[], list[int]]
    # Which sessions of PostgreSQL are its requests', as a condition on pg_stat_activity.
    sessions: str
    measured: Measured = field(default_factory=Measured)
    # Chains, those of uncounted rounds among them.
    made: int = 0


class Meter:
    """Processor time of a contender's requests, and of their sessions in PostgreSQL."""

    def __init__(self, run: dict[str, Any]) -> None:
        self._run = run

    @contextmanager
    def measuring(self, contender: Contender, found: Measured) -> Iterator[None]:
        """Adds what is used within the block to `found`."""
        before, began = self._read(contender), time.perf_counter()
        yield
        found.wall_seconds += time.perf_counter() - began
        cpu, database = (after - then for after, then in zip(self._read(contender), before, strict=True))
        found.cpu_seconds += cpu
        found.database_cpu_seconds += database

    def _read(self, contender: Contender) -> tuple[float, float]:
        return cpu_seconds(contender.processes()), cpu_seconds(self._sessions(contender.sessions))

    def _sessions(self, condition: str) -> list[int]:
        connection = psycopg2.connect(self._run["database"]["superuser_dsn"])
        try:
            with connection.cursor() as cursor:
                # Constants alone make this text.
                cursor.execute(f"SELECT pid FROM pg_stat_activity WHERE {condition}")
                return [pid for (pid,) in cursor]
        finally:
            connection.close()


def postmaster(run: dict[str, Any]) -> int:
    """PostgreSQL's first process."""
    return int(run["supervisor"]["pids"]["postgres"])


def family(pid: int) -> list[int]:
    """A process and its descendants; some may be over meanwhile."""
    found = [pid]
    for parent in found:
        with suppress(FileNotFoundError, ProcessLookupError):
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
            found += [int(child) for child in children]
    return found


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of processes, and of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(ticks) for ticks in fields[11:15])
    return total / _TICKS


def add(total: Measured, found: Measured) -> None:
    """Adds a round."""
    total.chains += found.chains
    total.cpu_seconds += found.cpu_seconds
    total.database_cpu_seconds += found.database_cpu_seconds
    total.wall_seconds += found.wall_seconds
    total.latencies += found.latencies
