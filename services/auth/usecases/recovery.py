"""Getting back into an account whose password was forgotten, with the second factor or, after three days, without.

Whether there is such an account shows in no answer and in no statement. The password is hashed whether or not the code
is right, so the time tells nothing either.
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING

from services.auth.clients import SecurityEvent
from services.auth.domain import recovery as rules
from services.auth.domain import verification
from services.auth.domain.attempts import Purpose
from services.auth.domain.audit import Action
from services.auth.domain.errors.people import AccountNotFound, VerificationCodeWrong, VerificationExpired
from services.auth.domain.errors.sign_in import FactorRefused
from services.auth.domain.password import check_of
from services.auth.domain.recovery import Channel, Recovery
from services.auth.domain.session import EndReason
from services.auth.domain.throttle import Rule
from services.auth.store import accounts, authenticators, passkeys, recoveries, recovery_codes, sessions
from services.auth.usecases import audit
from services.auth.usecases.authenticators import FIRST_AUTHENTICATOR, Shown, new_enrolment, shown
from services.auth.usecases.challenges import NOBODY, end_recovery
from services.auth.usecases.deps import digest, network, new_secret
from services.auth.usecases.factors import Outcome, SecondFactor, check_second_factor, forget_tries, subject
from services.auth.usecases.later import note_later
from services.auth.usecases.logins import find_account
from services.auth.usecases.notices import tell
from services.auth.usecases.passwords import check_password
from services.kit import jobs
from services.kit.db import become

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from services.auth.domain.account import Account
    from services.auth.domain.names import AccountId, SignInName
    from services.auth.usecases.deps import Deps
    from services.kit.crypto import Vault
    from services.kit.failure import Failure

_FIELD = "new_password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A recovery under way, for whoever finishes it."""

    token: str
    expire_time: datetime

    def __repr__(self) -> str:
        """Hides the token: reprs end in logs."""
        return "Started(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of one: it waits until a moment; or the password is set, with a new authenticator if all went."""

    waiting_until: datetime | None = None
    enrolment: Shown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What finishes a recovery."""

    token: str
    code: str
    new_password: str
    # None: the person has none any more.
    second_factor: SecondFactor | None

    def __repr__(self) -> str:
        """Hides everything: reprs end in logs."""
        return "Form(…)"


def recovery_code_of(vault: Vault, recovery_id: UUID) -> str:
    """The code of a recovery: derived under the service's key, so a thief of the database has no code."""
    return verification.code_of(vault.index("recoveries.code", str(recovery_id)))


def start_recovery(deps: Deps, *, name: SignInName) -> Started:
    """Begins one and has its code sent, if the name is anyone's: a job finds out. Raises TooManyAttempts."""
    deps.throttle.admit(Rule.RECOVERY, network=network(), name=name.text)
    token = new_secret()
    with deps.db.transaction() as tx:
        account_id = find_account(tx, deps, name)
        begun = Recovery(
            digest=digest(token),
            id=deps.ids.new(),
            account_id=account_id,
            channel=Channel.PHONE if name.phone is not None else Channel.EMAIL,
            tries=0,
            expire_time=deps.clock.now() + rules.VALID_FOR,
        )
        recoveries.create(tx, recovery=begun)
        note_later(tx, deps, Action.RECOVERY_STARTED, account=account_id, channel=begun.channel.value)
        jobs.enqueue(tx, "auth.send_recovery_code", {"recovery_id": str(begun.id)})
    return Started(token=token, expire_time=begun.expire_time)


def finish_recovery(deps: Deps, *, form: Form) -> Finished:
    """Takes the code and a second factor: sets the password, ends every session. Without one: see `_without`.

    Raises VerificationExpired, VerificationCodeWrong, FactorRefused, PasswordTooWeak, TooManyAttempts or SignInBusy.
    """
    deps.throttle.admit(Rule.RECOVERY_ANSWER, network=network())
    check_password(deps, form.new_password, field=_FIELD)
    now = deps.clock.now()
    with deps.db.transaction() as tx:
        _open(recoveries.load(tx, digest=digest(form.token)), now)
    password_hash = deps.passwords.hash(form.new_password)
    with deps.db.transaction() as tx:
        found = _open(recoveries.load_for_update(tx, digest=digest(form.token)), now)
        account_id = found.account_id or NOBODY
        become(tx, account=account_id)
        right = compare_digest(recovery_code_of(deps.vault, found.id), form.code)
        # Read only then: opening it may ask for its key, and nobody has none.
        account = accounts.load_for_update(tx, account_id, vault=deps.vault) if right and found.account_id else None
        if account is not None:
            finished = _proceed(tx, deps, account, found, form=form, password_hash=password_hash, now=now)
        else:
            recoveries.count_wrong(tx, recovery=found)
            note_later(tx, deps, Action.FACTOR_REFUSED, account=found.account_id, factor="recovery")
            finished = VerificationCodeWrong(rules.MOST_TRIES - found.tries - 1)
    if not isinstance(finished, Finished):
        raise finished
    return finished


def cancel_recovery(deps: Deps, *, account_id: AccountId) -> Account:
    """Ends a recovery that waits; nothing if none does. Raises AccountNotFound."""
    with deps.db.transaction(account=account_id) as tx:
        end_recovery(tx, deps, account_id)
        account = accounts.load(tx, account_id, vault=deps.vault)
    if account is None:
        raise AccountNotFound
    return account


def _open(found: Recovery | None, now: datetime) -> Recovery:
    if found is None or not found.open(now):
        raise VerificationExpired
    return found


def _proceed(
    tx: Connection, deps: Deps, account: Account, found: Recovery, *, form: Form, password_hash: str, now: datetime
) -> Finished | Failure:
    """The code is right. A wrong second factor is answered, not raised: its count is to be committed."""
    check_of(
        form.new_password, phone=account.phone, display_name=account.display_name, email=account.email, field=_FIELD
    )
    if form.second_factor is None:
        recoveries.use(tx, recovery=found, now=now)
        return _without(tx, deps, account, password_hash=password_hash, now=now)
    given = form.second_factor
    if check_second_factor(tx, account.id, deps=deps, given=given, now=now, unlocking=True) is Outcome.WRONG:
        audit.note(tx, deps, Action.FACTOR_REFUSED, account=account.id, factor=given.factor.value)
        return FactorRefused()
    recoveries.use(tx, recovery=found, now=now)
    end_recovery(tx, deps, account.id)
    _set_password(tx, deps, account, password_hash=password_hash, now=now)
    audit.note(tx, deps, Action.RECOVERY_FINISHED, account=account.id, factor=given.factor.value)
    tell(tx, deps, account.id, SecurityEvent.PASSWORD_CHANGED)
    return Finished()


def _without(tx: Connection, deps: Deps, account: Account, *, password_hash: str, now: datetime) -> Finished:
    """The first time, the three days begin and the person is told. When they are over, all factors are replaced."""
    wait = recoveries.load_wait_for_update(tx, account.id)
    if wait is None or wait.stale(now):
        wait = rules.new_wait(now)
        recoveries.save_wait(tx, account.id, wait=wait)
        audit.note(tx, deps, Action.RECOVERY_WAITING, account=account.id)
        tell(tx, deps, account.id, SecurityEvent.RECOVERY_STARTED, available_time=wait.available_time)
    if not wait.over(now):
        return Finished(waiting_until=wait.available_time)
    recoveries.end_wait(tx, account.id)
    _set_password(tx, deps, account, password_hash=password_hash, now=now)
    shown = _replace_factors(tx, deps, account, now=now)
    audit.note(tx, deps, Action.FACTORS_RESET, account=account.id)
    tell(tx, deps, account.id, SecurityEvent.FACTORS_RESET)
    return Finished(enrolment=shown)


def _set_password(tx: Connection, deps: Deps, account: Account, *, password_hash: str, now: datetime) -> None:
    accounts.save_password(tx, account.id, vault=deps.vault, password_hash=password_hash, now=now)
    sessions.end_others(tx, account.id, keep=None, reason=EndReason.RECOVERED, now=now)
    forget_tries(tx, purpose=Purpose.PASSWORD, whom=subject(deps.vault, str(account.id)), now=now)


def _replace_factors(tx: Connection, deps: Deps, account: Account, *, now: datetime) -> Shown:
    """Every second factor goes, and the count of wrong codes. A new authenticator comes; signing in confirms it."""
    before = authenticators.load_all(tx, account.id)
    authenticators.remove(tx, account.id, [authenticator.id for authenticator in before])
    passkeys.remove_all(tx, account.id)
    recovery_codes.remove_all(tx, account.id)
    forget_tries(tx, purpose=Purpose.TOTP, whom=subject(deps.vault, str(account.id)), now=now)
    enrolment = new_enrolment(deps, FIRST_AUTHENTICATOR, now=now)
    authenticators.create(tx, account.id, vault=deps.vault, enrolment=enrolment, request_id=enrolment.authenticator.id)
    return shown(deps, account, enrolment)
