"""What stores have, and how that changes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from services.inventory.domain.ids import AccountId, AttemptId, ItemId, MerchantId, MovementId, StoreId
    from services.kit.money import Money
    from services.kit.place import GeoPoint


class MovementReason(StrEnum):
    """Why stock changed, as the contract names it."""

    OPENING = "OPENING"
    RECEIVED = "RECEIVED"
    COUNTED = "COUNTED"
    DAMAGED = "DAMAGED"
    LOST = "LOST"
    SENT_BACK = "SENT_BACK"
    USED = "USED"
    SOLD = "SOLD"
    UNSOLD = "UNSOLD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A store as geo last told it. `key` stands for it in the offers index."""

    merchant_id: MerchantId
    store_id: StoreId
    key: int
    location: GeoPoint
    version: int
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What one store has of one item."""

    item_id: ItemId
    store_id: StoreId
    item_name: str
    unit_code: str
    quantity: Decimal
    unit_price: Money
    own_price: bool
    reorder_level: Decimal | None
    update_time: datetime

    @property
    def low(self) -> bool:
        """Whether no more than the reorder level is left."""
        return self.reorder_level is not None and self.quantity <= self.reorder_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One change of one store's stock of one item."""

    id: MovementId
    item_id: ItemId
    store_id: StoreId
    change: Decimal
    balance: Decimal
    reason: MovementReason
    note: str = ""
    reference: str = ""
    account_id: AccountId | None = None
    attempt_id: AttemptId | None = None
    create_time: datetime


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a person did: so much more or less (`change`), or so much is there (`counted`). Exactly one is given."""

    change: Decimal | None
    counted: Decimal | None
    reason: MovementReason
    note: str

    def change_from(self, quantity: Decimal) -> Decimal:
        """What it adds to a stock of `quantity`."""
        return self.counted - quantity if self.counted is not None else self.change or Decimal(0)


@dataclass(frozen=True, slots=True)
class TakenItem:
    """What a sale took of one item, and left of it."""

    item_id: ItemId
    taken: Decimal
    left: Decimal


class TakeState(StrEnum):
    """Where an attempt stands. RETURNED is for good, also for one that never arrived."""

    TAKEN = "TAKEN"
    RETURNED = "RETURNED"


def summed(lines: Iterable[tuple[ItemId, Decimal]]) -> dict[ItemId, Decimal]:
    """How much of each item, in order of item id: the order in which rows are locked, so that no two sales block
    each other.
    """
    sums: dict[ItemId, Decimal] = {}
    for item_id, quantity in lines:
        sums[item_id] = sums.get(item_id, Decimal(0)) + quantity
    return dict(sorted(sums.items()))


def shortfall(wanted: Mapping[ItemId, Decimal], there: Mapping[ItemId, Decimal]) -> dict[ItemId, Decimal]:
    """What is there of each item of which less is there than is wanted; empty when all can be taken."""
    nothing = Decimal(0)
    return {
        item_id: there.get(item_id, nothing)
        for item_id, quantity in wanted.items()
        if there.get(item_id, nothing) < quantity
    }
