"""Items between the wire and the domain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from billmesh.inventory.v1 import item_directory_service_pb2, item_pb2, item_service_pb2

from services.inventory.convert.fields import (
    decimal_from_proto,
    decimal_to_proto,
    timestamp,
    uuid_of,
)
from services.inventory.convert.products import product_id_or_none
from services.inventory.domain.ids import ItemId, StoreId
from services.inventory.domain.item import ImportRow, ItemTerms, OpeningStock, RowFault
from services.kit.failure import FieldViolation, InvalidRequest
from services.kit.ids import to_text
from services.kit.wire import money_from_proto, money_to_proto

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from services.inventory.convert.rules import Rules
    from services.inventory.domain.item import ImportResult, Item, ItemForSale

_CHANGEABLE: Final = (
    "product_id",
    "name",
    "sku",
    "barcode",
    "unit_code",
    "unit_price",
    "price_includes_tax",
    "tax_code",
    "hsn_code",
    "reorder_level",
)
_ALWAYS_CHECKED: Final = frozenset(("id", "etag"))


def item_id_from_proto(text: str, field: str) -> ItemId:
    """An id that begins with item_."""
    return ItemId(uuid_of("item", text, field))


def terms_from_proto(item: item_pb2.Item, prefix: str) -> ItemTerms:
    """What the item says. Raises InvalidRequest naming fields from `prefix` on."""
    return ItemTerms(
        product_id=product_id_or_none(item.product_id, f"{prefix}.product_id"),
        name=item.name.strip(),
        sku=item.sku,
        barcode=item.barcode,
        unit_code=item.unit_code,
        unit_price=money_from_proto(item.unit_price, f"{prefix}.unit_price"),
        price_includes_tax=item.price_includes_tax,
        tax_code=item.tax_code,
        hsn_code=item.hsn_code,
        uncounted=item.uncounted,
        reorder_level=(
            decimal_from_proto(item.reorder_level, f"{prefix}.reorder_level")
            if item.HasField("reorder_level")
            else None
        ),
    )


def edit_from_proto(
    request: item_service_pb2.UpdateItemRequest, rules: Rules
) -> tuple[ItemId, Callable[[ItemTerms], ItemTerms]]:
    """Which item, and the change that is asked for. Raises InvalidRequest."""
    item = request.item
    paths = _paths(request)
    broken = [each for each in rules.broken(item) if _root(each.field) in paths or _root(each.field) in _ALWAYS_CHECKED]
    if broken:
        raise InvalidRequest(*(FieldViolation(f"item.{each.field}", each.description) for each in broken))
    changes: dict[str, Any] = {}
    for path in paths:
        changes[path] = _changed_value(item, path)
    return item_id_from_proto(item.id, "item.id"), lambda terms: replace(terms, **changes)


def rows_from_proto(
    request: item_service_pb2.BatchCreateItemsRequest, rules: Rules
) -> tuple[list[ImportRow], list[RowFault]]:
    """The rows that can be read, and what is wrong with the others."""
    rows: list[ImportRow] = []
    faults: list[RowFault] = []
    for index, row in enumerate(request.rows):
        broken: Sequence[FieldViolation] = rules.broken(row)
        if not broken:
            try:
                rows.append(_row(index, row))
                continue
            except InvalidRequest as refusal:
                broken = refusal.fields
        faults += [RowFault(index, each.field, InvalidRequest.reason, each.description) for each in broken]
    return rows, faults


def item_to_proto(item: Item) -> item_pb2.Item:
    """The item as its merchant sees it."""
    terms = item.terms
    return item_pb2.Item(
        id=to_text("item", item.id),
        product_id=to_text("prd", terms.product_id) if terms.product_id else "",
        name=terms.name,
        sku=terms.sku,
        barcode=terms.barcode,
        unit_code=terms.unit_code,
        unit_price=money_to_proto(terms.unit_price),
        price_includes_tax=terms.price_includes_tax,
        tax_code=terms.tax_code,
        hsn_code=terms.hsn_code,
        uncounted=terms.uncounted,
        reorder_level=decimal_to_proto(terms.reorder_level) if terms.reorder_level is not None else None,
        state=item_pb2.ITEM_STATE_DELETED if item.deleted else item_pb2.ITEM_STATE_ACTIVE,
        create_time=timestamp(item.create_time),
        update_time=timestamp(item.update_time),
        etag=item.etag,
    )


def import_to_proto(result: ImportResult) -> item_service_pb2.BatchCreateItemsResponse:
    """New ids, or everything that is wrong."""
    return item_service_pb2.BatchCreateItemsResponse(
        item_ids=[to_text("item", item_id) for item_id in result.item_ids],
        faults=[
            item_service_pb2.RowFault(
                row=fault.row, field=fault.field, reason=fault.reason, description=fault.description
            )
            for fault in result.faults
        ],
    )


def for_sale_to_proto(sale: ItemForSale) -> item_directory_service_pb2.ItemForSale:
    """The item as a bill line wants it."""
    terms = sale.item.terms
    return item_directory_service_pb2.ItemForSale(
        item_id=to_text("item", sale.item.id),
        name=terms.name,
        unit_code=terms.unit_code,
        unit_price=money_to_proto(sale.unit_price),
        price_includes_tax=terms.price_includes_tax,
        tax_code=terms.tax_code,
        hsn_code=terms.hsn_code,
        uncounted=terms.uncounted,
        available=decimal_to_proto(sale.available) if sale.available is not None else None,
    )


def _row(index: int, row: item_service_pb2.BatchCreateItemsRow) -> ImportRow:
    opening = []
    for place, each in enumerate(row.opening_stock):
        field = f"opening_stock[{place}]"
        opening.append(
            OpeningStock(
                store_id=StoreId(uuid_of("sto", each.store_id, f"{field}.store_id")),
                quantity=decimal_from_proto(each.quantity, f"{field}.quantity"),
                unit_price=money_from_proto(each.unit_price, f"{field}.unit_price")
                if each.HasField("unit_price")
                else None,
            )
        )
    return ImportRow(index, terms_from_proto(row.item, "item"), tuple(opening))


def _paths(request: item_service_pb2.UpdateItemRequest) -> tuple[str, ...]:
    asked = tuple(request.update_mask.paths)
    if asked == ("*",):
        return _CHANGEABLE
    if not asked:
        return tuple(field.name for field, _ in request.item.ListFields() if field.name in _CHANGEABLE)
    for path in asked:
        if path not in _CHANGEABLE:
            raise InvalidRequest.of("update_mask", f"{path} cannot be changed")
    return asked


def _changed_value(item: item_pb2.Item, path: str) -> object:
    if path == "product_id":
        return product_id_or_none(item.product_id, "item.product_id")
    if path == "unit_price":
        return money_from_proto(item.unit_price, "item.unit_price")
    if path == "reorder_level":
        return decimal_from_proto(item.reorder_level, "item.reorder_level") if item.HasField("reorder_level") else None
    value: object = getattr(item, path)
    return value.strip() if path == "name" and isinstance(value, str) else value


def _root(field: str) -> str:
    return field.split(".", 1)[0].split("[", 1)[0]
