"""The authenticators of an account, and its recovery codes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.auth import authenticator_apps
from services.auth.clients import SecurityEvent
from services.auth.domain import recovery, totp
from services.auth.domain.audit import Action
from services.auth.domain.errors.authenticators import (
    AuthenticatorAlreadyConfirmed,
    AuthenticatorNotFound,
    LastAuthenticator,
    TooManyAuthenticators,
)
from services.auth.domain.errors.people import AccountNotFound
from services.auth.domain.names import AuthenticatorId
from services.auth.domain.totp import Authenticator, AuthenticatorState, Enrolment
from services.auth.store import accounts, authenticators, recovery_codes
from services.auth.usecases import audit
from services.auth.usecases.factors import Outcome, check_code
from services.auth.usecases.notices import tell
from services.kit.idempotency import RequestIdReused
from services.kit.ids import to_text

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from services.auth.domain.account import Account
    from services.auth.domain.names import AccountId
    from services.auth.usecases.deps import Deps

# What the one is called that comes with a sign-up, or in place of those that were lost.
FIRST_AUTHENTICATOR = "Authenticator"


@dataclass(frozen=True, slots=True)
class Shown:
    """A new authenticator, for the one time its secret is shown."""

    enrolment: Enrolment
    otpauth_uri: str

    def __repr__(self) -> str:
        """Hides the secret: reprs end in logs."""
        return "Shown(…)"


def new_enrolment(deps: Deps, display_name: str, *, now: datetime) -> Enrolment:
    """A pending authenticator with a new secret. Nothing is written."""
    authenticator = Authenticator(
        id=AuthenticatorId(deps.ids.new()),
        display_name=display_name,
        state=AuthenticatorState.PENDING,
        create_time=now,
    )
    return Enrolment(authenticator, authenticator_apps.new_secret())


def list_authenticators(deps: Deps, *, account_id: AccountId) -> list[Authenticator]:
    """The account's, oldest first, without those that were never confirmed in time."""
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        return [found for found in authenticators.load_all(tx, account_id) if not found.lapsed(now)]


def create_authenticator(deps: Deps, *, account_id: AccountId, display_name: str, request_id: UUID) -> Shown:
    """Makes a pending one. Raises AccountNotFound, TooManyAuthenticators, RequestIdReused, or
    AuthenticatorAlreadyConfirmed for a repeat whose secret must not be shown again.
    """
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        account = _lock(tx, account_id, deps=deps)
        if before := authenticators.find_enrolment(tx, account_id, vault=deps.vault, request_id=request_id):
            return _repeat(deps, account, before, display_name)
        kept = _drop_lapsed(tx, account_id, now=now)
        if len(kept) >= totp.MOST:
            raise TooManyAuthenticators(totp.MOST)
        enrolment = new_enrolment(deps, display_name, now=now)
        authenticators.create(tx, account_id, vault=deps.vault, enrolment=enrolment, request_id=request_id)
    return shown(deps, account, enrolment)


def confirm_authenticator(
    deps: Deps, *, account_id: AccountId, authenticator_id: AuthenticatorId, code: str
) -> Authenticator:
    """Takes its first code and uses it up.

    Raises AuthenticatorNotFound, AuthenticatorAlreadyConfirmed, FactorRefused, TooManyAttempts or AuthenticatorsLocked.
    """
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        _lock(tx, account_id, deps=deps)
        found = _find(tx, account_id, authenticator_id, now=now)
        if found.state is AuthenticatorState.CONFIRMED:
            raise AuthenticatorAlreadyConfirmed
        pending = [
            enrolment
            for enrolment in authenticators.load_enrolments(
                tx, account_id, vault=deps.vault, state=AuthenticatorState.PENDING
            )
            if enrolment.authenticator.id == authenticator_id
        ]
        outcome = check_code(tx, account_id, deps=deps, enrolments=pending, code=code, now=now)
        confirmed = _find(tx, account_id, authenticator_id, now=now)
        if outcome is Outcome.RIGHT:
            audit.note(
                tx, deps, Action.AUTHENTICATOR_ADDED, account=account_id, target=to_text("atn", authenticator_id)
            )
            tell(tx, deps, account_id, SecurityEvent.AUTHENTICATOR_ADDED)
    outcome.raise_if_wrong()
    return confirmed


def delete_authenticator(deps: Deps, *, account_id: AccountId, authenticator_id: AuthenticatorId) -> None:
    """Removes one. Raises AuthenticatorNotFound or LastAuthenticator."""
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        # Locked, so that two deletions at once do not each leave the other's.
        _lock(tx, account_id, deps=deps)
        found = _find(tx, account_id, authenticator_id, now=now)
        confirmed = [
            other for other in authenticators.load_all(tx, account_id) if other.state is AuthenticatorState.CONFIRMED
        ]
        if confirmed == [found]:
            raise LastAuthenticator
        authenticators.remove(tx, account_id, [found.id])
        if found.state is AuthenticatorState.CONFIRMED:
            audit.note(
                tx, deps, Action.AUTHENTICATOR_REMOVED, account=account_id, target=to_text("atn", authenticator_id)
            )
            tell(tx, deps, account_id, SecurityEvent.AUTHENTICATOR_REMOVED)


def regenerate_recovery_codes(deps: Deps, *, account_id: AccountId) -> list[str]:
    """Makes ten new ones and voids those before; they are never shown again. Raises AccountNotFound."""
    codes = [recovery.spelled(secrets.randbits(recovery.CODE_BITS)) for _ in range(recovery.CODES)]
    with deps.db.transaction(account=account_id) as tx:
        _lock(tx, account_id, deps=deps)
        recovery_codes.replace(tx, account_id, vault=deps.vault, codes=codes, now=deps.clock.now())
        audit.note(tx, deps, Action.RECOVERY_CODES_MADE, account=account_id)
        tell(tx, deps, account_id, SecurityEvent.RECOVERY_CODES_REPLACED)
    return codes


def _lock(tx: Connection, account_id: AccountId, *, deps: Deps) -> Account:
    account = accounts.load_for_update(tx, account_id, vault=deps.vault)
    if account is None:
        raise AccountNotFound
    return account


def _find(tx: Connection, account_id: AccountId, authenticator_id: AuthenticatorId, *, now: datetime) -> Authenticator:
    for found in authenticators.load_all(tx, account_id):
        if found.id == authenticator_id and not found.lapsed(now):
            return found
    raise AuthenticatorNotFound


def _drop_lapsed(tx: Connection, account_id: AccountId, *, now: datetime) -> list[Authenticator]:
    everyone = authenticators.load_all(tx, account_id)
    authenticators.remove(tx, account_id, [found.id for found in everyone if found.lapsed(now)])
    return [found for found in everyone if not found.lapsed(now)]


def _repeat(deps: Deps, account: Account, before: Enrolment, display_name: str) -> Shown:
    if before.authenticator.display_name != display_name:
        raise RequestIdReused
    if before.authenticator.state is AuthenticatorState.CONFIRMED:
        raise AuthenticatorAlreadyConfirmed
    return shown(deps, account, before)


def shown(deps: Deps, account: Account, enrolment: Enrolment) -> Shown:
    """With what the account's app scans."""
    uri = authenticator_apps.otpauth_uri(
        enrolment.secret, account_name=account.phone.e164, issuer_name=deps.issuer_name
    )
    return Shown(enrolment, uri)
