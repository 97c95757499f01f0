"""What the use cases work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.geo.clients import Inventory, Roads
    from services.geo.solver.planner import Planner
    from services.kit.clock import Clock
    from services.kit.db import Database
    from services.kit.ids import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreDeps:
    """For a merchant's stores."""

    db: Database
    clock: Clock
    ids: Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class TripDeps:
    """For matches and trips."""

    db: Database
    inventory: Inventory
    # Asked in this order; the last one always answers.
    roads: tuple[Roads, ...]
    planner: Planner
    # Seconds from any fixed moment; for how long things take.
    monotonic: Callable[[], float]
    # Seconds left of the present call, None for as many as it takes.
    remaining: Callable[[], float | None]
    # The most stores that one plan chooses among.
    most_stores: int
