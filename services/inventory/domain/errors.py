"""How inventory says no. Each class is a value of the contract's ErrorReason."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from services.inventory.domain import quantity
from services.kit.failure import Failure, FieldViolation, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

# A store is known here as soon as geo's job has run.
_STORE_MAY_COME = timedelta(seconds=1)
# What of a list fits into the trailers of an answer.
_NAMED: Final = 50


class ItemNotFound(Failure):
    """No such item of this merchant. `names`: the missing ids as text."""

    kind = Kind.NOT_FOUND
    reason = "ITEM_NOT_FOUND"

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__("The merchant has no such item.", item_ids=_joined(names))


class ItemDeleted(Failure):
    """Out of the range. `names`: the ids as text."""

    kind = Kind.PRECONDITION
    reason = "ITEM_DELETED"

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__("The item was deleted.", item_ids=_joined(names))


class ItemChanged(Failure):
    """The etag is not the newest."""

    kind = Kind.CONFLICT
    reason = "ITEM_CHANGED"

    def __init__(self) -> None:
        super().__init__("The item was changed meanwhile. Read it again.")


class ItemUncounted(Failure):
    """It has no stock to change."""

    kind = Kind.PRECONDITION
    reason = "ITEM_UNCOUNTED"

    def __init__(self) -> None:
        super().__init__("The item is never counted, so it has no stock.")


class SkuTaken(Failure):
    """Another item has the article number."""

    kind = Kind.EXISTS
    reason = "SKU_TAKEN"

    def __init__(self) -> None:
        super().__init__(
            "Another item has this article number.", fields=(FieldViolation("item.sku", "must be no other item's"),)
        )


class BarcodeTaken(Failure):
    """Another item has the barcode."""

    kind = Kind.EXISTS
    reason = "BARCODE_TAKEN"

    def __init__(self) -> None:
        super().__init__(
            "Another item has this barcode.", fields=(FieldViolation("item.barcode", "must be no other item's"),)
        )


class CurrencyFixed(Failure):
    """A price in another currency than the item's."""

    kind = Kind.INVALID
    reason = "CURRENCY_FIXED"

    def __init__(self, field: str, currency: str) -> None:
        super().__init__(
            f"The item is priced in {currency}.",
            fields=(FieldViolation(field, f"must be {currency}"),),
            currency_code=currency,
        )


class ProductNotFound(Failure):
    """Not in the catalogue."""

    kind = Kind.NOT_FOUND
    reason = "PRODUCT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("The catalogue has no such product.")


class StoreNotFound(Failure):
    """No such store of this merchant, or not yet known here."""

    kind = Kind.NOT_FOUND
    reason = "STORE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("The merchant has no such store here.", retry_after=_STORE_MAY_COME)


class OutOfStock(Failure):
    """Less is there than is to be taken. `left`: what is left of each item that fell short, by its id as text."""

    kind = Kind.PRECONDITION
    reason = "OUT_OF_STOCK"

    def __init__(self, left: Mapping[str, Decimal]) -> None:
        named = (f"{name}={quantity.to_text(value)}" for name, value in sorted(left.items()))
        super().__init__("The store has less than is to be taken.", items=_joined(named))


class AttemptCancelled(Failure):
    """The attempt was returned."""

    kind = Kind.PRECONDITION
    reason = "ATTEMPT_CANCELLED"

    def __init__(self) -> None:
        super().__init__("The attempt was returned and will not be taken.")


class AttemptReused(Failure):
    """The attempt had other lines."""

    kind = Kind.INVALID
    reason = "ATTEMPT_REUSED"

    def __init__(self) -> None:
        super().__init__(
            "The attempt was made before with another content.",
            fields=(FieldViolation("attempt_id", "must be new for other lines"),),
        )


class ShoppingListNotFound(Failure):
    """No such list of this person."""

    kind = Kind.NOT_FOUND
    reason = "SHOPPING_LIST_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such shopping list.")


class ShoppingListItemNotFound(Failure):
    """No such line on the list."""

    kind = Kind.NOT_FOUND
    reason = "SHOPPING_LIST_ITEM_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("The shopping list has no such line.")


class ShoppingListLimit(Failure):
    """Too many lists, or too many lines."""

    kind = Kind.EXHAUSTED
    reason = "SHOPPING_LIST_LIMIT"

    def __init__(self, limit: str) -> None:
        super().__init__(f"There may be no more: {limit}.", limit=limit)


def _joined(names: Iterable[str]) -> str:
    return ",".join(islice(names, _NAMED))
