"""Passkeys: WebAuthn credentials that prove a key and the presence of its person at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.auth.domain.names import PasskeyId

MOST = 20
REGISTER_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What its maker says of a passkey."""

    credential_id: bytes
    # COSE.
    public_key: bytes
    # How often it signed; 0 if it does not count.
    sign_count: int
    # Whether it may be copied to other devices, and whether it has been.
    portable: bool
    backed_up: bool
    transports: tuple[str, ...] = ()

    @property
    def digest(self) -> bytes:
        """By which it is found."""
        return hashlib.sha256(self.credential_id).digest()

    @property
    def methods(self) -> tuple[str, ...]:
        """What signing with it proves (RFC 8176): a key, in hardware or not, and that its person was there."""
        return ("swk" if self.portable else "hwk", "user")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One of an account's."""

    id: PasskeyId
    display_name: str
    credential: Credential
    create_time: datetime
    last_use_time: datetime | None = None

    def cloned(self, sign_count: int) -> bool:
        """Whether a count of `sign_count` tells of a copy: makers who count, count up (WebAuthn 6.1.1)."""
        known = self.credential.sign_count
        return (known > 0 or sign_count > 0) and sign_count <= known


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What a browser answered, not verified."""

    credential_id: bytes
    user_handle: bytes | None
    json: str

    @property
    def digest(self) -> bytes:
        """By which its credential is found."""
        return hashlib.sha256(self.credential_id).digest()
