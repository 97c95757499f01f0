"""Identifiers, each of its own type. Their text form exists only in convert.py."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

StoreId = NewType("StoreId", UUID)
MerchantId = NewType("MerchantId", UUID)
AccountId = NewType("AccountId", UUID)
ProductId = NewType("ProductId", UUID)
ItemId = NewType("ItemId", UUID)
ShoppingListId = NewType("ShoppingListId", UUID)
