"""What follows from a sign-in: the session, its refresh tokens, its access tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from services.auth.domain.login import METHODS
from services.auth.domain.roles import Role, effective_scopes

if TYPE_CHECKING:
    from services.auth.domain.names import AccountId, MerchantId, SessionId

ACCESS_FOR = timedelta(minutes=10)
# A session that nobody uses ends.
IDLE_FOR = timedelta(days=30)
# How long a refresh token is still taken after its first use: the answer to that may have been lost on the way.
GRACE = timedelta(seconds=20)


class EndReason(StrEnum):
    """Why a session was ended."""

    REVOKED = "revoked"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason
    CODE_REUSED = "code_reused"
    REFRESH_REUSED = "refresh_reused"
    # The client gave it up (RFC 7009).
    CLIENT_REVOKED = "client_revoked"
    CLIENT_DELETED = "client_deleted"
    CONSENT_REVOKED = "consent_revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in; the family of its refresh tokens."""

    id: SessionId
    account_id: AccountId
    client_id: str
    device_name: str
    granted: frozenset[str]
    auth_time: datetime
    last_use_time: datetime
    expire_time: datetime
    end_time: datetime | None = None
    # How its person proved who they are (`amr`, RFC 8176).
    methods: tuple[str, ...] = METHODS
    # Thumbprint of the key that its refresh tokens are bound to (RFC 9449, section 5); empty: to none.
    dpop_jkt: str = ""

    def alive(self, now: datetime) -> bool:
        """Whether tokens may still be had from it."""
        return self.end_time is None and now < self.expire_time


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """What a sign-in ended in; redeemed once."""

    digest: bytes
    account_id: AccountId
    # Of the session that its redemption starts.
    session_id: SessionId
    client_id: str
    redirect_uri: str
    code_challenge: str
    device_name: str
    granted: frozenset[str]
    auth_time: datetime
    expire_time: datetime
    use_time: datetime | None = None
    methods: tuple[str, ...] = METHODS
    # Handed back in the ID token; empty: none.
    nonce: str = ""
    # Thumbprint of the key that must redeem it; empty: any.
    dpop_jkt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A member of a session's family. Only its SHA-256 is kept."""

    digest: bytes
    account_id: AccountId
    session_id: SessionId
    client_id: str
    # The merchant that the token before it was for; a refresh that names none stays there.
    merchant_id: MerchantId | None
    use_time: datetime | None = None


class Verdict(StrEnum):
    """What a refresh token that was presented is worth."""

    # Never used, or used a moment ago by the same client, whose answer was lost: it gets the same successor.
    GOOD = "good"
    # Used a moment ago, and its successor too: nothing was lost, nothing is given.
    STALE = "stale"
    # Used long ago: someone has a copy. The session ends.
    STOLEN = "stolen"


def judge(token: RefreshToken, *, successor_used: bool, now: datetime) -> Verdict:
    """What to do with a token of a living session that its own client presents."""
    if token.use_time is None:
        return Verdict.GOOD
    if now - token.use_time > GRACE:
        return Verdict.STOLEN
    return Verdict.STALE if successor_used else Verdict.GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """On whose behalf an access token is made, and for which merchant."""

    session: Session
    merchant_id: MerchantId | None
    role: Role | None

    def scopes(self, asked: frozenset[str]) -> frozenset[str]:
        """What the token carries of what was asked for."""
        return effective_scopes(asked & self.session.granted, self.role)
