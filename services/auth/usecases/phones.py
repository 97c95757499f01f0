"""Verifying a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.clients import SecurityEvent
from services.auth.domain.audit import Action
from services.auth.domain.errors.people import AccountNotFound, PhoneTaken, VerificationCodeWrong, VerificationExpired
from services.auth.domain.names import Phone
from services.auth.domain.verification import MOST_TRIES
from services.auth.store import accounts
from services.auth.store.verifications import PHONE
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


def start_verification(deps: Deps, *, account_id: AccountId, phone: Phone | None) -> Verification:
    """Has a code sent to `phone`, or to the account's. Too soon after the last one, that one stands.

    Raises AccountNotFound or TooManyMessages.
    """
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        account = accounts.load_for_update(tx, account_id, vault=deps.vault)
        if account is None:
            raise AccountNotFound
        to = phone or account.phone
        verification, send = verifications.begin(tx, deps, account_id, PHONE, to=to, now=now)
        if send:
            jobs.enqueue(
                tx,
                "auth.send_phone_code",
                {"account_id": str(account_id), "verification_id": str(verification.id), "number": verification.sends},
            )
    return verification


def confirm_phone(deps: Deps, *, account_id: AccountId, code: str) -> Account:
    """Takes the code: the phone is the account's, and its sign-in name. The right code again changes nothing.

    Raises VerificationExpired, VerificationCodeWrong or PhoneTaken.
    """
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        # First, as everywhere, so that nobody waits for each other.
        account = accounts.load_for_update(tx, account_id, vault=deps.vault)
        verification, right = verifications.take(tx, deps, account_id, PHONE, code=code, now=now)
        if right and account is not None:
            return _verified(tx, deps, account, verification, now=now)
    raise VerificationCodeWrong(MOST_TRIES - verification.tries)


def _verified(tx: Connection, deps: Deps, account: Account, verification: Verification, *, now: datetime) -> Account:
    phone = verification.to
    if not isinstance(phone, Phone):
        raise VerificationExpired
    if not accounts.claim_phone(tx, account.id, index=accounts.phone_index(deps.vault, phone), now=now):
        raise PhoneTaken
    if not verifications.confirm(tx, deps, account.id, verification, now=now):
        return account
    jobs.enqueue(tx, "auth.link_phone", {"account_id": str(account.id)})
    audit.note(tx, deps, Action.PHONE_VERIFIED, account=account.id)
    saved = accounts.save_verified_phone(tx, account.id, vault=deps.vault, phone=phone, now=now)
    former = account.phone if account.phone_verify_time is not None else None
    # A new sign-in name and a new way to recover. The person is told where they were reached before, if they were.
    if former != phone and (former is not None or account.email_verify_time is not None):
        tell(tx, deps, account.id, SecurityEvent.PHONE_CHANGED, former=former)
    return saved
