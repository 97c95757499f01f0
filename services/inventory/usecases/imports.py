"""Imports: many items with their opening stock, all or nothing, every fault told."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from services.inventory.domain import item as rules
from services.inventory.domain.errors import (
    BarcodeTaken,
    CurrencyFixed,
    ItemUncounted,
    ProductNotFound,
    SkuTaken,
    StoreNotFound,
)
from services.inventory.domain.ids import MerchantId, MovementId, ProductId, StoreId
from services.inventory.domain.item import ImportResult, ImportRow, Item, RowFault
from services.inventory.domain.stock import Movement, MovementReason
from services.inventory.store import items as store
from services.inventory.store import movements as movement_store
from services.inventory.store import places, stock
from services.inventory.store.products import load_products
from services.inventory.usecases.items import new_item
from services.kit.failure import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from services.inventory.domain.ids import AccountId
    from services.inventory.domain.product import Product
    from services.inventory.usecases.deps import Deps
    from services.kit.failure import Failure
    from services.kit.idempotency import M, Once


def batch_create_items(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    rows: Sequence[ImportRow],
    faults: Sequence[RowFault],
    validate_only: bool,
    account_id: AccountId | None,
    once: Once[ImportResult, M],
    encode: Callable[[ImportResult], M],
) -> M:
    """Writes all rows, or none and says everything that is wrong; `faults` were found while reading the request.

    An answer with faults is not remembered: the mended file may come with the same request id.
    Raises SkuTaken, BarcodeTaken if another request takes a number at the same moment.
    """
    try:
        with deps.db.transaction(merchant=merchant_id) as tx:
            # Claimed before the rows are looked at: a twin waits here instead of finding our numbers taken.
            if (answer := once.replay(tx)) is not None:
                return answer
            products = load_products(tx, {row.terms.product_id for row in rows if row.terms.product_id is not None})
            # The stores stay where they are while rows with copies of their places are written.
            stores = places.hold_places(tx, merchant_id, {each.store_id for row in rows for each in row.opening_stock})
            found = [*faults, *_faults(tx, merchant_id, rows, products, frozenset(stores))]
            if found or validate_only:
                raise _NothingWritten(found)  # noqa: TRY301 - leaves the transaction, which is the point
            items = [
                new_item(deps, merchant_id, rules.completed(row.terms, _product(products, row.terms.product_id)))
                for row in rows
            ]
            store.insert_items(tx, merchant_id, items)
            _open_stock(deps, tx, merchant_id, rows=rows, items=items, account_id=account_id)
            return once.record(tx, ImportResult(tuple(item.id for item in items), ()))
    except _NothingWritten as outcome:
        return encode(ImportResult((), outcome.faults))


class _NothingWritten(Exception):
    """Ends the transaction without a trace, the claim on the request id included."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__()
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.row, fault.field)))


def _open_stock(
    deps: Deps,
    tx: Connection,
    merchant_id: MerchantId,
    *,
    rows: Sequence[ImportRow],
    items: Sequence[Item],
    account_id: AccountId | None,
) -> None:
    now = deps.clock.now()
    opened = [(item, each) for row, item in zip(rows, items, strict=True) for each in row.opening_stock]
    if not opened:
        return
    new = [
        stock.NewStock(each.store_id, item.id, each.quantity, each.unit_price.minor if each.unit_price else None)
        for item, each in opened
    ]
    stock.insert_stock(tx, merchant_id, new, now=now)
    moved = [
        Movement(
            id=MovementId(deps.ids.new()),
            item_id=item.id,
            store_id=each.store_id,
            change=each.quantity,
            balance=each.quantity,
            reason=MovementReason.OPENING,
            account_id=account_id,
            create_time=now,
        )
        for item, each in opened
        if each.quantity
    ]
    movement_store.insert_movements(tx, merchant_id, moved)


def _faults(
    tx: Connection,
    merchant_id: MerchantId,
    rows: Sequence[ImportRow],
    products: Mapping[ProductId, Product],
    stores: frozenset[StoreId],
) -> Iterator[RowFault]:
    skus = Counter(row.terms.sku for row in rows if row.terms.sku)
    barcodes = Counter(row.terms.barcode for row in rows if row.terms.barcode)
    taken_skus, taken_barcodes = store.find_taken(tx, merchant_id, skus=list(skus), barcodes=list(barcodes))
    for row in rows:
        terms = row.terms
        for broken in rules.broken_rules(terms):
            yield RowFault(row.index, broken.field, InvalidRequest.reason, broken.description)
        if terms.product_id is not None and terms.product_id not in products:
            yield _fault(row, "item.product_id", ProductNotFound, "The catalogue has no such product.")
        elif terms.product_id is None and not terms.name:
            yield _fault(row, "item.name", InvalidRequest, "must be given when there is no product to take it from")
        if terms.sku in taken_skus:
            yield _fault(row, "item.sku", SkuTaken, "Another item has this article number.")
        elif skus[terms.sku] > 1:
            yield _fault(row, "item.sku", SkuTaken, "Another row has this article number.")
        if terms.barcode in taken_barcodes:
            yield _fault(row, "item.barcode", BarcodeTaken, "Another item has this barcode.")
        elif barcodes[terms.barcode] > 1:
            yield _fault(row, "item.barcode", BarcodeTaken, "Another row has this barcode.")
        yield from _stock_faults(row, stores)


def _stock_faults(row: ImportRow, stores: frozenset[StoreId]) -> Iterator[RowFault]:
    named = Counter(each.store_id for each in row.opening_stock)
    for place, each in enumerate(row.opening_stock):
        field = f"opening_stock[{place}]"
        if row.terms.uncounted:
            yield _fault(row, field, ItemUncounted, "The item is never counted, so it has no stock.")
        if each.store_id not in stores:
            yield _fault(row, f"{field}.store_id", StoreNotFound, "The merchant has no such store.")
        if named[each.store_id] > 1:
            yield _fault(row, f"{field}.store_id", InvalidRequest, "must be named once")
        if each.quantity < 0:
            yield _fault(row, f"{field}.quantity", InvalidRequest, "must not be negative")
        if each.unit_price is not None and each.unit_price.currency != row.terms.unit_price.currency:
            yield _fault(row, f"{field}.unit_price", CurrencyFixed, "must be in the item's currency")
        if each.unit_price is not None and each.unit_price.minor < 0:
            yield _fault(row, f"{field}.unit_price", InvalidRequest, "must not be negative")


def _fault(row: ImportRow, field: str, kind: type[Failure], description: str) -> RowFault:
    return RowFault(row.index, field, kind.reason, description)


def _product(products: Mapping[ProductId, Product], product_id: ProductId | None) -> Product | None:
    return None if product_id is None else products[product_id]
