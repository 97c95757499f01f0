"""What a password must be, and changing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.clients import SecurityEvent
from services.auth.domain import password as policy
from services.auth.domain.attempts import Purpose
from services.auth.domain.audit import Action
from services.auth.domain.errors.people import AccountNotFound, PasswordTooWeak
from services.auth.domain.errors.sign_in import FactorRefused, TooManyAttempts
from services.auth.domain.session import EndReason
from services.auth.domain.throttle import Rule
from services.auth.store import accounts, sessions
from services.auth.usecases import audit
from services.auth.usecases.deps import network
from services.auth.usecases.factors import count_try, forget_tries, subject
from services.auth.usecases.notices import tell

if TYPE_CHECKING:
    from services.auth.domain.account import Account
    from services.auth.domain.names import AccountId, SessionId
    from services.auth.usecases.deps import Deps


def check_password(deps: Deps, password: str, *, field: str) -> None:
    """Raises PasswordTooWeak, naming `field`, for what anyone would guess."""
    policy.check(password, field=field)
    if deps.breaches.contain(password):
        raise PasswordTooWeak(field, "must not be one that is known from breaches")


def change_password(
    deps: Deps, *, account_id: AccountId, session_id: SessionId | None, current: str, new: str
) -> Account:
    """Sets a new password, ends every session but `session_id`, and tells the person.

    Raises AccountNotFound, PasswordTooWeak, TooManyAttempts, FactorRefused or SignInBusy.
    """
    deps.throttle.admit(Rule.PASSWORD, network=network())
    now = deps.clock.now()
    whom = subject(deps.vault, str(account_id))
    check_password(deps, new, field="new_password")
    with deps.db.transaction(account=account_id) as tx:
        account = accounts.load(tx, account_id, vault=deps.vault)
        if account is None:
            raise AccountNotFound
        policy.check_of(
            new,
            phone=account.phone,
            display_name=account.display_name,
            email=account.email,
            field="new_password",
        )
        if wait := count_try(tx, purpose=Purpose.PASSWORD, whom=whom, now=now):
            raise TooManyAttempts(wait)
        stored = accounts.load_password_hash(tx, account_id)
    if not deps.passwords.matches(current, stored):
        with deps.db.transaction(account=account_id) as tx:
            audit.note(tx, deps, Action.FACTOR_REFUSED, account=account_id, factor="password")
        raise FactorRefused
    password_hash = deps.passwords.hash(new)
    with deps.db.transaction(account=account_id) as tx:
        # Locked and compared: of two changes at once, the second one's current password is not current any more.
        accounts.load_for_update(tx, account_id, vault=deps.vault)
        if accounts.load_password_hash(tx, account_id) != stored:
            raise FactorRefused
        forget_tries(tx, purpose=Purpose.PASSWORD, whom=whom, now=now)
        sessions.end_others(tx, account_id, keep=session_id, reason=EndReason.PASSWORD_CHANGED, now=now)
        audit.note(tx, deps, Action.PASSWORD_CHANGED, account=account_id)
        tell(tx, deps, account_id, SecurityEvent.PASSWORD_CHANGED)
        return accounts.save_password(tx, account_id, vault=deps.vault, password_hash=password_hash, now=now)
