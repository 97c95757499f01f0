"""Verifying a phone."""

from __future__ import annotations

from dataclasses import replace
from hmac import compare_digest
from typing import TYPE_CHECKING

from services.auth.domain import verification as rules
from services.auth.domain.attempts import Purpose
from services.auth.domain.errors.people import (
    AccountNotFound,
    PhoneTaken,
    TooManyMessages,
    VerificationCodeWrong,
    VerificationExpired,
)
from services.auth.domain.names import Phone, VerificationId
from services.auth.domain.verification import Verification
from services.auth.store import accounts, verifications
from services.auth.usecases.factors import count_try, subject
from services.kit import jobs

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.account import Account
    from services.auth.domain.names import AccountId
    from services.auth.usecases.deps import Deps
    from services.kit.crypto import Vault


def code_of(vault: Vault, verification_id: VerificationId) -> str:
    """The code of a verification: derived under the service's key, so a thief of the database has no code."""
    return rules.code_of(vault.index("phone_verifications.code", str(verification_id)))


def start_verification(deps: Deps, *, account_id: AccountId, phone: Phone | None) -> Verification:
    """Has a code sent to `phone`, or to the account's. Too soon after the last one, that one stands.

    Raises AccountNotFound or TooManyMessages.
    """
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        account = accounts.load_for_update(tx, account_id, vault=deps.vault)
        if account is None:
            raise AccountNotFound
        phone = phone or account.phone
        before = verifications.load_for_update(tx, account_id, vault=deps.vault)
        again = before is not None and before.resendable(phone, now)
        if before is not None and again and now < before.resend_time:
            return before
        _count(tx, deps=deps, account_id=account_id, phone=phone, now=now)
        if before is not None and again:
            verification = replace(before, sends=before.sends + 1, last_send_time=now)
        else:
            verification = Verification(
                id=VerificationId(deps.ids.new()),
                phone=phone,
                tries=0,
                sends=1,
                expire_time=now + rules.VALID_FOR,
                last_send_time=now,
            )
        verifications.save(tx, account_id, vault=deps.vault, verification=verification)
        jobs.enqueue(
            tx,
            "auth.send_phone_code",
            {"account_id": str(account_id), "verification_id": str(verification.id), "number": verification.sends},
        )
    return verification


def _count(tx: Connection, *, deps: Deps, account_id: AccountId, phone: Phone, now: datetime) -> None:
    for purpose, name in ((Purpose.MESSAGE_BY_ACCOUNT, str(account_id)), (Purpose.MESSAGE_TO_PHONE, phone.e164)):
        if wait := count_try(tx, purpose=purpose, whom=subject(deps.vault, name), now=now):
            raise TooManyMessages(wait)


def confirm_phone(deps: Deps, *, account_id: AccountId, code: str) -> Account:
    """Takes the code: the phone is the account's, and its sign-in name. The right code again changes nothing.

    Raises VerificationExpired, VerificationCodeWrong or PhoneTaken.
    """
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        verification = verifications.load_for_update(tx, account_id, vault=deps.vault)
        if verification is None or not verification.open(now):
            raise VerificationExpired
        right = compare_digest(code_of(deps.vault, verification.id), code)
        if right:
            return _verified(tx, deps=deps, account_id=account_id, verification=verification, now=now)
        tries = verification.tries + 1
        verifications.save(tx, account_id, vault=deps.vault, verification=replace(verification, tries=tries))
    raise VerificationCodeWrong(rules.MOST_TRIES - tries)


def _verified(
    tx: Connection, *, deps: Deps, account_id: AccountId, verification: Verification, now: datetime
) -> Account:
    index = accounts.phone_index(deps.vault, verification.phone)
    if not accounts.claim_phone(tx, account_id, index=index, now=now):
        raise PhoneTaken
    if verification.confirm_time is None:
        verifications.save(tx, account_id, vault=deps.vault, verification=replace(verification, confirm_time=now))
        jobs.enqueue(tx, "auth.link_phone", {"account_id": str(account_id)})
        return accounts.save_verified_phone(tx, account_id, vault=deps.vault, phone=verification.phone, now=now)
    account = accounts.load(tx, account_id, vault=deps.vault)
    if account is None:
        raise AccountNotFound
    return account
