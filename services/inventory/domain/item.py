"""What a merchant sells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from services.inventory.domain.errors import CurrencyFixed, ItemChanged
from services.kit.failure import FieldViolation, InvalidRequest

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from services.inventory.domain.ids import ItemId, MerchantId, ProductId, StoreId
    from services.inventory.domain.product import Product
    from services.kit.money import Money

DEFAULT_UNIT: Final = "EA"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTerms:
    """What the merchant says of an item. Texts are empty where nothing is said."""

    product_id: ProductId | None
    name: str
    sku: str
    barcode: str
    unit_code: str
    unit_price: Money
    price_includes_tax: bool
    tax_code: str
    hsn_code: str
    uncounted: bool
    reorder_level: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item as it is kept; its name and unit are never empty."""

    merchant_id: MerchantId
    id: ItemId
    terms: ItemTerms
    deleted: bool
    version: int
    create_time: datetime
    update_time: datetime

    @property
    def etag(self) -> str:
        """The version as clients see it."""
        return f"v{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemForSale:
    """An item as a bill line wants it. `available` is None without a store, uncounted, or never in the store."""

    item: Item
    unit_price: Money
    available: Decimal | None


@dataclass(frozen=True, slots=True)
class OpeningStock:
    """What a store has of a new item; `unit_price` None: the item's."""

    store_id: StoreId
    quantity: Decimal
    unit_price: Money | None


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One item of an import; `index` is its place in the request."""

    index: int
    terms: ItemTerms
    opening_stock: tuple[OpeningStock, ...]


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing wrong with one row."""

    row: int
    field: str
    reason: str
    description: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """New ids in the order of the rows, or everything that is wrong; never both."""

    item_ids: tuple[ItemId, ...]
    faults: tuple[RowFault, ...]


def completed(terms: ItemTerms, product: Product | None) -> ItemTerms:
    """The terms with what was left out taken from the product. Raises InvalidRequest without any name."""
    if not terms.name and product is None:
        raise InvalidRequest.of("item.name", "must be given when there is no product to take it from")
    if product is None:
        return replace(terms, unit_code=terms.unit_code or DEFAULT_UNIT)
    return replace(
        terms,
        name=terms.name or product.display_name,
        unit_code=terms.unit_code or product.unit_code,
        hsn_code=terms.hsn_code or product.hsn_code,
    )


def changed(item: Item, terms: ItemTerms, *, product: Product | None) -> Item:
    """The item's next version, with new terms; `product` is the one that they name.

    Raises CurrencyFixed, InvalidRequest.
    """
    currency = item.terms.unit_price.currency
    if terms.unit_price.currency != currency:
        raise CurrencyFixed("item.unit_price.currency_code", currency)
    return replace(item, terms=completed(terms, product), version=item.version + 1)


def check_version(item: Item, etag: str) -> None:
    """Raises ItemChanged unless `etag` is empty or the item's."""
    if etag and etag != item.etag:
        raise ItemChanged


def has_check_digit(barcode: str) -> bool:
    """Whether the last digit of a GTIN is the right one (GS1: weights 3 and 1 from the right)."""
    digits = [int(digit) for digit in reversed(barcode)]
    return sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def broken_rules(terms: ItemTerms) -> tuple[FieldViolation, ...]:
    """What the contract's own rules cannot say of an item, with fields as "item.barcode"."""
    found = []
    if terms.barcode and not has_check_digit(terms.barcode):
        found.append(FieldViolation("item.barcode", "must end in its right check digit"))
    if terms.unit_price.minor < 0:
        found.append(FieldViolation("item.unit_price", "must not be negative"))
    if terms.reorder_level is not None and terms.reorder_level < 0:
        found.append(FieldViolation("item.reorder_level", "must not be negative"))
    return tuple(found)
