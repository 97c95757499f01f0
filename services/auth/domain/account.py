"""People who can sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.auth.domain.names import AccountId, Phone

# How long a sign-up may stay unconfirmed.
SIGN_UP_FOR = timedelta(hours=1)


class AccountState(StrEnum):
    """Where an account stands."""

    # Signed up, no code seen; nobody can sign in to it.
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person."""

    id: AccountId
    state: AccountState
    display_name: str
    phone: Phone
    phone_verify_time: datetime | None
    email: str
    locale: str
    create_time: datetime
    password_change_time: datetime
    revision: int
    email_verify_time: datetime | None = None
    recovery_codes_left: int = 0
    # From when on someone who has no second factor may replace all of them; None: nobody has asked.
    recovery_available_time: datetime | None = None

    def __repr__(self) -> str:
        """Names nobody: reprs end in logs."""
        return f"Account({self.id})"
