"""A sign-in under way: which factor comes next, and when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from services.auth.domain.account import SIGN_UP_FOR
from services.auth.domain.errors.sign_in import ChallengeExpired, FactorOutOfTurn

if TYPE_CHECKING:
    from services.auth.domain.client import AuthorizationRequest, AuthorizationSummary
    from services.auth.domain.names import AccountId, AuthenticatorId, SessionId

VALID_FOR = timedelta(minutes=10)
CODE_VALID_FOR = timedelta(seconds=60)
# What both factors together are worth (`acr`).
ASSURANCE = "urn:billmesh:aal2"
# How factors are called (`amr`, RFC 8176). A recovery code is a password that is good once, too. What a
# passkey proves is its own to say.
PASSWORD_METHOD = "pwd"  # noqa: S105 - the name of a method
CODE_METHOD = "otp"
_TWO_FACTORS = "mfa"
# What sign-ins were made by before each noted its own.
METHODS = (PASSWORD_METHOD, CODE_METHOD)


class Factor(StrEnum):
    """A step of proving who one is."""

    PASSWORD = "password"  # noqa: S105 - the name of a factor
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    PASSKEY = "passkey"


class Stage(StrEnum):
    """What a challenge waits for."""

    PASSWORD = "password"  # noqa: S105 - the name of a stage
    # Nobody has said who they are: a passkey does.
    PASSKEY = "passkey"
    # The second factor. Named when an authenticator's code was the only one.
    TOTP = "totp"
    # Both factors are there; a third party's client asks the person.
    CONSENT = "consent"
    DONE = "done"


# The same for every account, whatever factors it has: a challenge tells nothing of whom it is about.
_ASKS = {
    Stage.PASSWORD: (Factor.PASSWORD, Factor.PASSKEY),
    Stage.PASSKEY: (Factor.PASSKEY,),
    Stage.TOTP: (Factor.TOTP, Factor.RECOVERY_CODE, Factor.PASSKEY),
    Stage.CONSENT: (),
    Stage.DONE: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One attempt to sign in, to finish a sign-up, or to step a session up."""

    # SHA-256 of the token that the person's application holds.
    digest: bytes
    stage: Stage
    # Whom it is about; None if the name they gave is nobody's, or if they gave none. Nothing that is answered differs.
    account_id: AccountId | None
    # Whose wrong passwords are counted: the account, or else the name that was given. A keyed digest.
    subject: bytes
    # The authenticator that a sign-up confirms; None: any confirmed one of the account answers.
    enrolling: AuthenticatorId | None
    # Where a sign-in is to lead; None: it steps `session_id` up.
    request: AuthorizationRequest | None
    granted: frozenset[str]
    expire_time: datetime
    session_id: SessionId | None = None
    # How the person has proved who they are so far.
    methods: tuple[str, ...] = ()
    # When both factors were there.
    auth_time: datetime | None = None

    @property
    def factors(self) -> tuple[Factor, ...]:
        """What may be answered now: any one of them."""
        return (Factor.TOTP,) if self.enrolling is not None and self.stage is Stage.TOTP else _ASKS[self.stage]

    def expect(self, factor: Factor, now: datetime) -> None:
        """Raises ChallengeExpired, or FactorOutOfTurn unless `factor` is asked for now."""
        self._expect_open(now)
        if factor not in self.factors:
            raise FactorOutOfTurn(self.factors[0] if self.factors else Stage.CONSENT)

    def expect_consent(self, now: datetime) -> None:
        """Raises ChallengeExpired, or FactorOutOfTurn unless it asks for consent."""
        self._expect_open(now)
        if self.stage is not Stage.CONSENT:
            raise FactorOutOfTurn(self.factors[0])

    def _expect_open(self, now: datetime) -> None:
        if self.stage is Stage.DONE or now >= self.expire_time:
            raise ChallengeExpired


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A challenge with its token, for whoever answers it."""

    token: str
    factors: tuple[Factor, ...]
    expire_time: datetime
    # PublicKeyCredentialRequestOptionsJSON, where a passkey may answer.
    passkey_options: str = ""
    # What a client asks for, where the person is to say whether it may.
    consent: AuthorizationSummary | None = None

    def __repr__(self) -> str:
        """Hides the token: reprs end in logs."""
        return f"Opened({', '.join(self.factors)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A finished sign-in."""

    code: str
    redirect_to: str
    expire_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppedUp:
    """A session whose factors were given again."""

    auth_time: datetime


# What comes of an answer: the next challenge, or the end.
Answered = Opened | Granted | SteppedUp


def lifetime(enrolling: AuthenticatorId | None) -> timedelta:
    """How long a challenge stays open; a sign-up leaves time to install an app."""
    return SIGN_UP_FOR if enrolling is not None else VALID_FOR


def both_factors(methods: tuple[str, ...]) -> tuple[str, ...]:
    """`methods` together, and that they are two factors."""
    return (*methods, _TWO_FACTORS)
