"""What of this service is in the audit log; docs/audit.md says what each means."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What staff do to items and stock."""

    ITEM_CHANGED = "item.changed"
    ITEM_DELETED = "item.deleted"
    STOCK_ADJUSTED = "stock.adjusted"
    PRICE_SET = "stock.price_set"
