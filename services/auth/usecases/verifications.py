"""Codes that prove that a phone or an e-mail address is one's own, whichever it is."""

from __future__ import annotations

from dataclasses import replace
from hmac import compare_digest
from typing import TYPE_CHECKING

from services.auth.domain import verification as rules
from services.auth.domain.attempts import Purpose
from services.auth.domain.errors.people import TooManyMessages, VerificationExpired
from services.auth.domain.names import Email, Phone, VerificationId
from services.auth.store import verifications
from services.auth.usecases.factors import count_try, subject

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.names import AccountId
    from services.auth.domain.verification import Verification
    from services.auth.store.verifications import Kind
    from services.auth.usecases.deps import Deps
    from services.kit.crypto import Vault


def code_of(vault: Vault, verification: Verification) -> str:
    """The code of a verification: derived under the service's key, so a thief of the database has no code."""
    column = "phone_verifications.code" if isinstance(verification.to, Phone) else "email_verifications.code"
    return rules.code_of(vault.index(column, str(verification.id)))


def begin(
    tx: Connection, deps: Deps, account_id: AccountId, kind: Kind, *, to: Phone | Email, now: datetime
) -> tuple[Verification, bool]:
    """The verification under way of `to`, and whether its code is to be sent now: too soon after the last, it is not.

    Raises TooManyMessages.
    """
    before = verifications.load_for_update(tx, account_id, kind, vault=deps.vault)
    again = before is not None and before.resendable(to, now)
    if before is not None and again and now < before.resend_time:
        return before, False
    _count(tx, deps=deps, account_id=account_id, to=to, now=now)
    if before is not None and again:
        verification = rules.sent_again(before, now)
    else:
        verification = rules.begun(VerificationId(deps.ids.new()), to, now)
    verifications.save(tx, account_id, vault=deps.vault, verification=verification)
    return verification, True


def _count(tx: Connection, *, deps: Deps, account_id: AccountId, to: Phone | Email, now: datetime) -> None:
    place = (Purpose.MESSAGE_TO_PHONE, to.e164) if isinstance(to, Phone) else (Purpose.MESSAGE_TO_EMAIL, to.normalised)
    for purpose, name in ((Purpose.MESSAGE_BY_ACCOUNT, str(account_id)), place):
        if wait := count_try(tx, purpose=purpose, whom=subject(deps.vault, name), now=now):
            raise TooManyMessages(wait)


def take(
    tx: Connection, deps: Deps, account_id: AccountId, kind: Kind, *, code: str, now: datetime
) -> tuple[Verification, bool]:
    """The verification under way, and whether `code` is its code. A wrong one is counted, to be committed and told.

    Raises VerificationExpired.
    """
    verification = verifications.load_for_update(tx, account_id, kind, vault=deps.vault)
    if verification is None or not verification.open(now):
        raise VerificationExpired
    if compare_digest(code_of(deps.vault, verification), code):
        return verification, True
    verification = replace(verification, tries=verification.tries + 1)
    verifications.save(tx, account_id, vault=deps.vault, verification=verification)
    return verification, False


def confirm(tx: Connection, deps: Deps, account_id: AccountId, verification: Verification, *, now: datetime) -> bool:
    """Notes the right code; False if it came before, for an answer that was lost."""
    if verification.confirm_time is not None:
        return False
    verifications.save(tx, account_id, vault=deps.vault, verification=replace(verification, confirm_time=now))
    return True
