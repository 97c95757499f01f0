"""Support staff looking at a merchant's data, with its owner's leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from services.auth.domain.names import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportGrant:
    """An owner's leave. Staff act in the owner's name, see what a viewer sees, and change nothing."""

    account_id: AccountId
    grant_time: datetime
    expire_time: datetime
