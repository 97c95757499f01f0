"""Which stores near a person have how much of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from services.geo.domain.matches import MatchKind, StoreMatch, matches, unmatched
from services.geo.usecases.market import read_list, read_market

if TYPE_CHECKING:
    from services.geo.domain.identity import AccountId, ShoppingListId
    from services.geo.domain.shopping import ShoppingList
    from services.geo.domain.trip import Unfilled
    from services.geo.usecases.deps import TripDeps
    from services.kit.place import GeoPoint


class Matches(NamedTuple):
    """All matches, the best first, what none of them has, and the currency; empty if nobody offers anything."""

    stores: list[StoreMatch]
    unfilled: tuple[Unfilled, ...]
    currency: str


def list_matches(
    account_id: AccountId,
    source: ShoppingList | ShoppingListId,
    *,
    start: GeoPoint,
    radius_metres: int,
    currency: str | None,
    kind: MatchKind | None,
    deps: TripDeps,
) -> Matches:
    """Stores within the radius that have any of the list."""
    shopping = read_list(account_id, source, deps=deps)
    market, stores = read_market(shopping, around=start, radius_metres=radius_metres, currency=currency, deps=deps)
    found = matches(shopping, market, stores, start)
    kept = [match for match in found if kind is None or match.kind is kind]
    return Matches(kept, unmatched(shopping, market), market.currency)
