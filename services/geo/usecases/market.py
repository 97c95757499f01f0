"""The list that is looked for, and who near the person offers any of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.geo.domain.errors import ListTooLong, NothingWanted
from services.geo.domain.shopping import MOST_LINES, Market, ShoppingList, market, nearest_currency
from services.geo.store.stores import StoreKey, load_open_stores

if TYPE_CHECKING:
    from services.geo.domain.identity import AccountId, ShoppingListId, StoreId
    from services.geo.domain.store import Store
    from services.geo.usecases.deps import TripDeps
    from services.kit.place import GeoPoint


def read_list(account_id: AccountId, source: ShoppingList | ShoppingListId, *, deps: TripDeps) -> ShoppingList:
    """The list given, or the person's list of that id. Raises NothingWanted, ListTooLong."""
    shopping = source if isinstance(source, ShoppingList) else deps.inventory.wanted(account_id, source)
    if not shopping.wanted:
        raise NothingWanted
    if len(shopping.wanted) > MOST_LINES:
        raise ListTooLong(MOST_LINES)
    return shopping


def read_market(
    shopping: ShoppingList, *, around: GeoPoint, radius_metres: int, currency: str | None, deps: TripDeps
) -> tuple[Market, dict[StoreId, Store]]:
    """The offers within the radius in one currency, and the open stores that make them.

    Without a currency it is that of the nearest store; empty if nobody offers anything.
    """
    # All currencies, so that what is sold only in another one can be told from what is not sold.
    found, unseen = deps.inventory.find_offers(around, radius_metres, shopping.wanted, None)
    with deps.db.transaction() as tx:
        stores = load_open_stores(tx, [StoreKey(offers.merchant, offers.store) for offers in found])
    # A store that closed a moment ago may still be offered; where a store is, is for us to say.
    known = [
        replace(offers, location=stores[offers.store].details.location) for offers in found if offers.store in stores
    ]
    chosen = currency or nearest_currency(known, around) or ""
    return market(known, chosen, unseen=unseen), stores
