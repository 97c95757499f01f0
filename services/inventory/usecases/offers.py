"""Offers: who sells near by what is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.inventory.domain import offer as rules
from services.inventory.store import offers as store

if TYPE_CHECKING:
    from services.inventory.domain.offer import Search, StoreOffers
    from services.inventory.usecases.deps import Deps


def find_offers(deps: Deps, search: Search) -> tuple[list[StoreOffers], int]:
    """Stores within the radius that have any of the wanted products, most complete first, and how many more there are
    than the limit lets through. Reserves nothing.
    """
    with deps.db.transaction() as tx:
        candidates, left_out = store.find_candidates(tx, search)
    return rules.by_store(candidates, search.wanted), left_out
