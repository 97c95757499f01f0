"""Stock: adjusting, pricing, reading, and the movements that explain it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from services.inventory.domain import quantity as quantities
from services.inventory.domain.audit import Action
from services.inventory.domain.errors import (
    CurrencyFixed,
    ItemDeleted,
    ItemNotFound,
    ItemUncounted,
    OutOfStock,
    StoreNotFound,
)
from services.inventory.domain.ids import AccountId, ItemId, MerchantId, MovementId, StoreId
from services.inventory.domain.stock import Adjustment, Movement, MovementReason, Place, Stock
from services.inventory.store import items as item_store
from services.inventory.store import movements as movement_store
from services.inventory.store import places, stock
from services.inventory.usecases.deps import item_name
from services.kit import audit
from services.kit.failure import InvalidRequest
from services.kit.ids import to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.inventory.domain.item import Item
    from services.inventory.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.money import Money
    from services.kit.place import GeoPoint


def list_stock(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    store_id: StoreId | None,
    item_id: ItemId | None,
    low: bool,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Stock]:
    """By store and item; `after` is the last store's and item's id of the page before."""
    with deps.db.transaction() as tx:
        return stock.page_of_stock(
            tx, merchant_id, store_id=store_id, item_id=item_id, low=low, after=after, limit=limit
        )


def list_movements(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    store_id: StoreId | None,
    item_id: ItemId | None,
    reference: str,
    reason: MovementReason | None,
    after: str | None,
    limit: int,
) -> list[Movement]:
    """Newest first; `after` is the last id of the page before."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        return movement_store.page_of_movements(
            tx,
            merchant_id,
            store_id=store_id,
            item_id=item_id,
            reference=reference,
            reason=reason,
            after=after,
            limit=limit,
        )


def adjust_stock(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    item_id: ItemId,
    store_id: StoreId,
    adjustment: Adjustment,
    account_id: AccountId | None,
    once: Once[Stock, M],
) -> M:
    """Brings in, takes out or counts, and notes why.

    Raises ItemNotFound, ItemDeleted, ItemUncounted, StoreNotFound, OutOfStock, InvalidRequest.
    """
    with deps.db.transaction(merchant=merchant_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        before = _locked(deps, tx, merchant_id, store_id=store_id, item_id=item_id)
        change = adjustment.change_from(before.quantity)
        balance = before.quantity + change
        if balance < 0:
            raise OutOfStock({item_name(item_id): before.quantity})
        if balance > quantities.MAXIMUM:
            raise InvalidRequest.of("change", f"must not bring the stock above {quantities.MAXIMUM}")
        now = deps.clock.now()
        stock.set_quantity(tx, merchant_id, store_id=store_id, item_id=item_id, quantity=balance, now=now)
        movement = Movement(
            id=MovementId(deps.ids.new()),
            item_id=item_id,
            store_id=store_id,
            change=change,
            balance=balance,
            reason=adjustment.reason,
            note=adjustment.note,
            account_id=account_id,
            create_time=now,
        )
        movement_store.insert_movements(tx, merchant_id, [movement])
        audit.note(
            tx,
            deps,
            Action.STOCK_ADJUSTED,
            merchant=merchant_id,
            target=item_name(item_id),
            store=to_text("sto", store_id),
            change=str(change),
        )
        return once.record(tx, _reloaded(tx, merchant_id, store_id=store_id, item_id=item_id))


def set_price(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    item_id: ItemId,
    store_id: StoreId,
    price: Money | None,
    once: Once[Stock, M],
) -> M:
    """Gives the store a price of its own, or with None the item's again.

    Raises ItemNotFound, ItemDeleted, ItemUncounted, StoreNotFound, CurrencyFixed, InvalidRequest.
    """
    if price is not None and price.minor < 0:
        raise InvalidRequest.of("unit_price", "must not be negative")
    with deps.db.transaction(merchant=merchant_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        before = _locked(deps, tx, merchant_id, store_id=store_id, item_id=item_id)
        if price is not None and price.currency != before.unit_price.currency:
            raise CurrencyFixed("unit_price.currency_code", before.unit_price.currency)
        minor = price.minor if price is not None else None
        now = deps.clock.now()
        stock.set_price(tx, merchant_id, store_id=store_id, item_id=item_id, price_minor=minor, now=now)
        audit.note(
            tx,
            deps,
            Action.PRICE_SET,
            merchant=merchant_id,
            target=item_name(item_id),
            store=to_text("sto", store_id),
            minor_units="the item's" if minor is None else str(minor),
        )
        return once.record(tx, _reloaded(tx, merchant_id, store_id=store_id, item_id=item_id))


def place_store(
    deps: Deps, merchant_id: MerchantId, *, store_id: StoreId, location: GeoPoint, version: int, is_open: bool
) -> int:
    """Takes geo's news of a store, unless it is old, and returns the version that is known afterwards."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        written = places.write_place(
            tx, merchant_id, store_id=store_id, location=location, version=version, is_open=is_open
        )
        return (written or require_place(tx, merchant_id, store_id)).version


def require_place(tx: Connection, merchant_id: MerchantId, store_id: StoreId) -> Place:
    """The merchant's store. Raises StoreNotFound."""
    place = places.load_place(tx, merchant_id, store_id)
    if place is None:
        raise StoreNotFound
    return place


def check_counted(item: Item | None, item_id: ItemId) -> None:
    """Raises ItemNotFound, ItemDeleted, ItemUncounted unless there is such an item with stock."""
    if item is None:
        raise ItemNotFound((item_name(item_id),))
    if item.deleted:
        raise ItemDeleted((item_name(item_id),))
    if item.terms.uncounted:
        raise ItemUncounted


def _locked(deps: Deps, tx: Connection, merchant_id: MerchantId, *, store_id: StoreId, item_id: ItemId) -> Stock:
    """The store's stock of the item, locked; made first, empty, if the store never had it."""
    check_counted(item_store.load_items(tx, merchant_id, [item_id]).get(item_id), item_id)
    found = stock.lock_stock(tx, merchant_id, store_id=store_id, item_id=item_id)
    if found is not None:
        return found
    # Held, so that the copies in the new row are those of the moment; then checked again.
    check_counted(item_store.hold_item(tx, merchant_id, item_id), item_id)
    if store_id not in places.hold_places(tx, merchant_id, [store_id]):
        raise StoreNotFound
    stock.insert_stock(tx, merchant_id, [stock.NewStock(store_id, item_id, Decimal(0))], now=deps.clock.now())
    found = stock.lock_stock(tx, merchant_id, store_id=store_id, item_id=item_id)
    if found is None:
        raise StoreNotFound
    return found


def _reloaded(tx: Connection, merchant_id: MerchantId, *, store_id: StoreId, item_id: ItemId) -> Stock:
    found = stock.load_stock(tx, merchant_id, store_id=store_id, item_id=item_id)
    if found is None:
        raise StoreNotFound
    return found
