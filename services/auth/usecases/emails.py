"""Verifying the account's e-mail address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.clients import SecurityEvent
from services.auth.domain.audit import Action
from services.auth.domain.errors.people import (
    AccountNotFound,
    EmailMissing,
    EmailTaken,
    VerificationCodeWrong,
    VerificationExpired,
)
from services.auth.domain.names import Email
from services.auth.domain.verification import MOST_TRIES
from services.auth.store import accounts
from services.auth.store.verifications import EMAIL
from services.auth.usecases import audit, verifications
from services.auth.usecases.notices import tell
from services.kit import jobs

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.account import Account
    from services.auth.domain.names import AccountId
    from services.auth.domain.verification import Verification
    from services.auth.usecases.deps import Deps


def start_verification(deps: Deps, *, account_id: AccountId) -> Verification:
    """Has a code sent to the account's address. Too soon after the last one, that one stands.

    Raises AccountNotFound, EmailMissing or TooManyMessages.
    """
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        account = accounts.load_for_update(tx, account_id, vault=deps.vault)
        if account is None:
            raise AccountNotFound
        if not account.email:
            raise EmailMissing
        verification, send = verifications.begin(tx, deps, account_id, EMAIL, to=Email(account.email), now=now)
        if send:
            jobs.enqueue(
                tx,
                "auth.send_email_code",
                {"account_id": str(account_id), "verification_id": str(verification.id), "number": verification.sends},
            )
    return verification


def confirm_email(deps: Deps, *, account_id: AccountId, code: str) -> Account:
    """Takes the code: the address is the account's, and a sign-in name. The right code again changes nothing.

    Raises VerificationExpired, VerificationCodeWrong or EmailTaken.
    """
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        # First, as everywhere: whoever changes the address locks it, too.
        account = accounts.load_for_update(tx, account_id, vault=deps.vault)
        if account is None:
            raise AccountNotFound
        verification, right = verifications.take(tx, deps, account_id, EMAIL, code=code, now=now)
        if right:
            return _verified(tx, deps, account, verification, now=now)
    raise VerificationCodeWrong(MOST_TRIES - verification.tries)


def _verified(tx: Connection, deps: Deps, account: Account, verification: Verification, *, now: datetime) -> Account:
    email = verification.to
    if not isinstance(email, Email) or email.normalised != Email(account.email).normalised:
        raise VerificationExpired
    if not accounts.claim_email(tx, account.id, index=accounts.email_index(deps.vault, email), now=now):
        raise EmailTaken
    if not verifications.confirm(tx, deps, account.id, verification, now=now):
        return account
    audit.note(tx, deps, Action.EMAIL_VERIFIED, account=account.id)
    # A new sign-in name and a new way to recover. The person is told where they were reached before, if they were.
    if account.phone_verify_time is not None:
        tell(tx, deps, account.id, SecurityEvent.EMAIL_CHANGED)
    return accounts.save_verified_email(tx, account.id, vault=deps.vault, now=now)
