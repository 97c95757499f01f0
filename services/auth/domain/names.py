"""Names of things: ids that cannot be confused with each other, and values that have been checked once."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
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

    @property
    def normalised(self) -> str:
        """The form by which addresses are the same: composed (NFC), without case, the domain as it is in DNS (IDNA).

        Dots and tags ("a.b+c@") stay: only some providers ignore them. No provider that people use tells cases apart.
        """
        local, _, domain = unicodedata.normalize("NFC", self.address.strip()).casefold().rpartition("@")
        # What is no domain has no mail; it is the same as itself.
        with suppress(UnicodeError):
            domain = domain.encode("idna").decode()
        return f"{local}@{domain}"

    def __repr__(self) -> str:
        """Hides the address: reprs end in logs."""
        return "Email(…)"


@dataclass(frozen=True, slots=True)
class SignInName:
    """What someone says who they are by: a phone, an e-mail address or an account id; exactly one is set."""

    phone: Phone | None = None
    email: Email | None = None
    account_id: AccountId | None = None

    @property
    def text(self) -> str:
        """By which tries under this name add up."""
        if self.phone is not None:
            return self.phone.e164
        return self.email.normalised if self.email is not None else str(self.account_id)

    def __repr__(self) -> str:
        """Hides who it is: reprs end in logs."""
        return "SignInName(…)"
