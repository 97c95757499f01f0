"""What use cases are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.kit import ids as id_text

if TYPE_CHECKING:
    from uuid import UUID

    from services.kit.clock import Clock
    from services.kit.db import Database
    from services.kit.ids import Ids


@dataclass(frozen=True, slots=True)
class Deps:
    """The database, the time, and new identifiers."""

    db: Database
    clock: Clock
    ids: Ids


def item_name(item_id: UUID) -> str:
    """An item's id as error metadata tells it."""
    return id_text.to_text("item", item_id)
