"""Identifiers: distinct types, so that a store's cannot be passed for an item's. The text form is convert.py's."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

MerchantId = NewType("MerchantId", UUID)
AccountId = NewType("AccountId", UUID)
ProductId = NewType("ProductId", UUID)
ItemId = NewType("ItemId", UUID)
StoreId = NewType("StoreId", UUID)
MovementId = NewType("MovementId", UUID)
AttemptId = NewType("AttemptId", UUID)
ListId = NewType("ListId", UUID)
ListItemId = NewType("ListItemId", UUID)
