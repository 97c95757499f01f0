"""Names of things: ids that cannot be confused with each other, and values that have been checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

AccountId = NewType("AccountId", UUID)
AuthenticatorId = NewType("AuthenticatorId", UUID)
SessionId = NewType("SessionId", UUID)
MerchantId = NewType("MerchantId", UUID)
MemberId = NewType("MemberId", UUID)
VerificationId = NewType("VerificationId", UUID)
ApiClientId = NewType("ApiClientId", UUID)
PasskeyId = NewType("PasskeyId", UUID)


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number that can exist. Made by `services.auth.phones.parse`."""

    # E.164, "+919845012345".
    e164: str

    def __repr__(self) -> str:
        """Hides the number: reprs end in logs."""
        return "Phone(…)"


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address, as its owner wrote it."""

    address: str

    def __repr__(self) -> str:
        """Hides the address: reprs end in logs."""
        return "Email(…)"


@dataclass(frozen=True, slots=True)
class SignInName:
    """What someone says who they are by: a phone number or an account id; exactly one is set."""

    phone: Phone | None = None
    account_id: AccountId | None = None
