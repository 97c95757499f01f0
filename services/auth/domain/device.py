"""Devices without a keyboard that want in (RFC 8628): a person enters the code that the device shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from services.auth.domain.names import AccountId, MerchantId, SessionId

VALID_FOR = timedelta(minutes=10)
# Seconds between two polls, and how much longer they get each time a device does not wait.
INTERVAL = 5
SLOWER_BY = 5
# No vowels, so that no code is a word; nothing that is read as something else.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
CODE_LETTERS = 8


class DeviceState(StrEnum):
    """Where a device stands."""

    PENDING = "PENDING"
    ALLOWED = "ALLOWED"
    DENIED = "DENIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who let a device in, for which merchant, and how they had signed in."""

    account_id: AccountId
    merchant_id: MerchantId | None
    # Of the session that the device's tokens start.
    session_id: SessionId
    auth_time: datetime
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGrant:
    """One device's request."""

    # SHA-256 of the device code.
    digest: bytes
    client_id: str
    granted: frozenset[str]
    # From where the device asked, coarsely; empty: unknown.
    network: str
    state: DeviceState
    expire_time: datetime
    interval: int = INTERVAL
    last_poll_time: datetime | None = None
    # Set while the state is ALLOWED.
    approval: Approval | None = None
    use_time: datetime | None = None

    def open(self, now: datetime) -> bool:
        """Whether a person may still decide."""
        return self.state is DeviceState.PENDING and now < self.expire_time

    def too_fast(self, now: datetime) -> bool:
        """Whether a poll comes sooner than the device was told."""
        return self.last_poll_time is not None and now - self.last_poll_time < timedelta(seconds=self.interval)


def normal(user_code: str) -> str:
    """A code as it is compared: capital letters alone."""
    return "".join(letter for letter in user_code.upper() if letter.isascii() and letter.isalpha())


def shown(user_code: str) -> str:
    """A code as people read it: "WDJB-MJHT"."""
    plain = normal(user_code)
    return f"{plain[: CODE_LETTERS // 2]}-{plain[CODE_LETTERS // 2 :]}"
