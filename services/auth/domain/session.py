"""What follows from a sign-in: the session, its refresh tokens, its access tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from services.auth.domain.login import METHODS
from services.auth.domain.roles import (
    MERCHANT_SCOPES,
    PARTNER_SCOPES,
    ROLE_SCOPES,
    Role,
    effective_scopes,
)

if TYPE_CHECKING:
    from services.auth.domain.client import Client
    from services.auth.domain.names import AccountId, MerchantId, SessionId
    from services.kit.money import Money

ACCESS_FOR = timedelta(minutes=10)
# A session that nobody uses ends.
IDLE_FOR = timedelta(days=30)
# How long a refresh token is still taken after its first use: the answer to that may have been lost on the way.
GRACE = timedelta(seconds=20)
# What a person's own token of a test client may say.
IDENTITY_SCOPES = frozenset(("openid", "profile", "email", "phone"))


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
    RECOVERED = "recovered"


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
    # From where it was last used, coarsely; empty: unknown. See `places`.
    network: str = ""
    country_code: str = ""

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
class Tenant:
    """The merchant that a token acts for, and as what."""

    merchant_id: MerchantId
    # None: a client acting on its own.
    role: Role | None
    # Whether it is a test tenant.
    test_mode: bool
    # The most that the member may refund at once; None: no bound of their own.
    refund_ceiling: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """On whose behalf an access token is made, and for which merchant.

    Of a person with a `session`; of the `client` itself without one; or of an owner, in whose name `staff` look.
    """

    client: Client
    session: Session | None
    tenant: Tenant | None
    staff: Staff | None = None
    # Thumbprint of the key to which its tokens are bound; empty: to none.
    jkt: str = ""
    # Until when the token is good at the most; None: as long as any.
    until: datetime | None = None

    @property
    def scopes(self) -> frozenset[str]:
        """All that a token may carry."""
        allowed = self.client.scopes
        if self.staff is not None:
            return allowed & ROLE_SCOPES[Role.VIEWER]
        if self.session is None:
            return allowed & MERCHANT_SCOPES & PARTNER_SCOPES
        granted = effective_scopes(self.session.granted & allowed, self.tenant.role if self.tenant else None)
        # A test client learns who people are, and nothing of their live data.
        return granted & IDENTITY_SCOPES if self.client.test_mode and self.tenant is None else granted

    def ends(self, now: datetime) -> datetime:
        """When an access token of now ends."""
        end = now + ACCESS_FOR
        return min(end, self.until) if self.until else end

    @property
    def merchant_id(self) -> MerchantId | None:
        """The merchant that it acts for."""
        return self.tenant.merchant_id if self.tenant else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Support staff looking at a merchant's data in the name of the owner who lets them."""

    account_id: AccountId
    # How they signed in themselves.
    methods: tuple[str, ...]
    owner_id: AccountId
