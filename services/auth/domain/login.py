"""A sign-in under way: which factor comes next, and when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from services.auth.domain.account import SIGN_UP_FOR
from services.auth.domain.errors.sign_in import ChallengeExpired, FactorOutOfTurn

if TYPE_CHECKING:
    from services.auth.domain.client import AuthorizationRequest
    from services.auth.domain.names import AccountId, AuthenticatorId

VALID_FOR = timedelta(minutes=10)
CODE_VALID_FOR = timedelta(seconds=60)
# What both factors together are worth (`acr`), and how they are called (`amr`, RFC 8176).
ASSURANCE = "urn:billmesh:aal2"
METHODS = ("pwd", "otp")


class Factor(StrEnum):
    """A step of proving who one is."""

    PASSWORD = "password"  # noqa: S105 - the name of a factor
    TOTP = "totp"


class Stage(StrEnum):
    """What a challenge waits for."""

    PASSWORD = "password"  # noqa: S105 - the name of a stage
    TOTP = "totp"
    DONE = "done"


_ASKS = {Stage.PASSWORD: Factor.PASSWORD, Stage.TOTP: Factor.TOTP}
NEXT = {Stage.PASSWORD: Stage.TOTP, Stage.TOTP: Stage.DONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One attempt to sign in, or to finish a sign-up."""

    # SHA-256 of the token that the person's application holds.
    digest: bytes
    stage: Stage
    # Whom it is about; None if the name they gave is nobody's. Nothing that is answered differs for it.
    account_id: AccountId | None
    # Whose wrong passwords are counted: the account, or else the name that was given. A keyed digest.
    subject: bytes
    # The authenticator that a sign-up confirms; None: any confirmed one of the account answers.
    enrolling: AuthenticatorId | None
    request: AuthorizationRequest
    granted: frozenset[str]
    expire_time: datetime

    @property
    def factors(self) -> tuple[Factor, ...]:
        """What may be answered now."""
        return (_ASKS[self.stage],) if self.stage in _ASKS else ()

    def expect(self, factor: Factor, now: datetime) -> None:
        """Raises ChallengeExpired, or FactorOutOfTurn unless `factor` is asked for now."""
        if self.stage is Stage.DONE or now >= self.expire_time:
            raise ChallengeExpired
        if factor not in self.factors:
            raise FactorOutOfTurn(self.factors[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A challenge with its token, for whoever answers it."""

    token: str
    factors: tuple[Factor, ...]
    expire_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A finished sign-in."""

    code: str
    redirect_to: str
    expire_time: datetime


def lifetime(enrolling: AuthenticatorId | None) -> timedelta:
    """How long a challenge stays open; a sign-up leaves time to install an app."""
    return SIGN_UP_FOR if enrolling is not None else VALID_FOR
