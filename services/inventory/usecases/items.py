"""Items: what the merchant sells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.inventory.domain import item as rules
from services.inventory.domain.audit import Action
from services.inventory.domain.errors import ItemDeleted, ItemNotFound
from services.inventory.domain.ids import ItemId, MerchantId, ProductId, StoreId
from services.inventory.domain.item import Item, ItemForSale, ItemTerms
from services.inventory.store import items as store
from services.inventory.store import stock as stock_store
from services.inventory.usecases.deps import item_name
from services.inventory.usecases.products import require_product
from services.inventory.usecases.stock import require_place
from services.kit import audit
from services.kit.failure import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from sqlalchemy import Connection

    from services.inventory.domain.product import Product
    from services.inventory.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.money import Money


def create_item(deps: Deps, merchant_id: MerchantId, *, terms: ItemTerms, once: Once[Item, M]) -> M:
    """Puts an item on sale. Raises ProductNotFound, SkuTaken, BarcodeTaken, InvalidRequest."""
    _check(terms)
    with deps.db.transaction(merchant=merchant_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        item = new_item(deps, merchant_id, rules.completed(terms, _product(tx, terms.product_id)))
        store.insert_items(tx, merchant_id, [item])
        return once.record(tx, item)


def get_item(deps: Deps, merchant_id: MerchantId, item_id: ItemId) -> Item:
    """The item, deleted or not. Raises ItemNotFound."""
    with deps.db.transaction() as tx:
        return _required(store.load_items(tx, merchant_id, [item_id]).get(item_id), item_id)


def list_items(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    query: str,
    sku: str,
    barcode: str,
    product_id: ProductId | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[tuple[str, Item]]:
    """Items on sale by name, each with the name as it sorts; `after` is the last of these and the last id."""
    with deps.db.transaction() as tx:
        return store.page_of_items(
            tx,
            merchant_id,
            query=query,
            sku=sku,
            barcode=barcode,
            product_id=product_id,
            after=after,
            limit=limit,
        )


def update_item(
    deps: Deps,
    merchant_id: MerchantId,
    item_id: ItemId,
    *,
    edit: Callable[[ItemTerms], ItemTerms],
    etag: str,
) -> Item:
    """Changes the item's terms by `edit`; the stores' stock follows.

    Raises ItemNotFound, ItemDeleted, ItemChanged, ProductNotFound, CurrencyFixed, SkuTaken, BarcodeTaken,
    InvalidRequest.
    """
    with deps.db.transaction(merchant=merchant_id) as tx:
        item = _required(store.lock_item(tx, merchant_id, item_id), item_id)
        rules.check_version(item, etag)
        if item.deleted:
            raise ItemDeleted((item_name(item_id),))
        terms = edit(item.terms)
        _check(terms)
        new = rules.changed(item, terms, product=_product(tx, terms.product_id))
        new = replace(new, update_time=deps.clock.now())
        store.update_item(tx, merchant_id, new)
        stock_store.follow_item(tx, merchant_id, new)
        audit.note(tx, deps, Action.ITEM_CHANGED, merchant=merchant_id, target=item_name(item_id))
        return new


def delete_item(deps: Deps, merchant_id: MerchantId, item_id: ItemId, *, etag: str) -> Item:
    """Takes the item out of the range in every store; again, it changes nothing. Raises ItemNotFound, ItemChanged."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        item = _required(store.lock_item(tx, merchant_id, item_id), item_id)
        if item.deleted:
            return item
        rules.check_version(item, etag)
        gone = replace(item, deleted=True, version=item.version + 1, update_time=deps.clock.now())
        store.update_item(tx, merchant_id, gone)
        stock_store.follow_item(tx, merchant_id, gone)
        audit.note(tx, deps, Action.ITEM_DELETED, merchant=merchant_id, target=item_name(item_id))
        return gone


def items_for_sale(
    deps: Deps, merchant_id: MerchantId, *, store_id: StoreId | None, item_ids: Sequence[ItemId]
) -> list[ItemForSale]:
    """What a bill needs of each item, in the order asked for. Raises ItemNotFound, ItemDeleted, StoreNotFound."""
    with deps.db.transaction() as tx:
        found = require_items(tx, merchant_id, item_ids)
        there = {}
        if store_id is not None:
            require_place(tx, merchant_id, store_id)
            there = stock_store.available(tx, merchant_id, store_id=store_id, item_ids=item_ids)
    return [_for_sale(found[item_id], there.get(item_id)) for item_id in item_ids]


def require_items(tx: Connection, merchant_id: MerchantId, item_ids: Sequence[ItemId]) -> dict[ItemId, Item]:
    """All of the items, on sale. Raises ItemNotFound, ItemDeleted, naming all that are meant."""
    found = store.load_items(tx, merchant_id, item_ids)
    if missing := [item_id for item_id in item_ids if item_id not in found]:
        raise ItemNotFound(map(item_name, missing))
    if deleted := [item_id for item_id in item_ids if found[item_id].deleted]:
        raise ItemDeleted(map(item_name, deleted))
    return found


def new_item(deps: Deps, merchant_id: MerchantId, terms: ItemTerms) -> Item:
    """A new item with complete terms."""
    now = deps.clock.now()
    return Item(
        merchant_id=merchant_id,
        id=ItemId(deps.ids.new()),
        terms=terms,
        deleted=False,
        version=1,
        create_time=now,
        update_time=now,
    )


def _for_sale(item: Item, there: tuple[Decimal, Money] | None) -> ItemForSale:
    quantity, price = there or (None, item.terms.unit_price)
    return ItemForSale(item=item, unit_price=price, available=quantity)


def _product(tx: Connection, product_id: ProductId | None) -> Product | None:  # no tenant: the catalogue
    return None if product_id is None else require_product(tx, product_id)


def _required(item: Item | None, item_id: ItemId) -> Item:
    if item is None:
        raise ItemNotFound((item_name(item_id),))
    return item


def _check(terms: ItemTerms) -> None:
    if broken := rules.broken_rules(terms):
        raise InvalidRequest(*broken)
