"""Questions about balances; what customers wrote is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.billing.domain.balance import Answer, Confirmation, ConfirmationState
from services.billing.domain.customer import Balance
from services.billing.domain.ids import AccountId, ConfirmationId, CustomerId, MerchantId
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from services.kit.crypto import Vault

_COLUMNS = """
    id, customer_id, currency, owed_minor, credit_minor, balance_date, create_time, create_account_id, expire_time,
    answer, answer_note, answer_time
"""
_LOAD = f"SELECT {_COLUMNS} FROM balance_confirmations WHERE merchant_id = %(merchant_id)s AND id = %(id)s"  # noqa: S608
_LOCK = f"{_LOAD} FOR NO KEY UPDATE"
_INSERT = """
WITH link AS (
    INSERT INTO balance_links (token_hash, merchant_id, confirmation_id)
    VALUES (%(token_hash)s, %(merchant_id)s, %(id)s)
)
INSERT INTO balance_confirmations (merchant_id, id, customer_id, currency, owed_minor, credit_minor, balance_date,
    create_time, create_account_id, expire_time)
VALUES (%(merchant_id)s, %(id)s, %(customer_id)s, %(currency)s, %(owed)s, %(credit)s, %(day)s, %(create_time)s,
    %(creator)s, %(expire_time)s)
"""
_ANSWER = """
UPDATE balance_confirmations SET answer = %(answer)s, answer_note = %(note)s, answer_time = %(answer_time)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND answer IS NULL
"""
_LIST = f"""
SELECT {_COLUMNS} FROM balance_confirmations
WHERE merchant_id = %(merchant_id)s
    AND (%(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s)
    AND (%(answer)s::text IS NULL OR answer = %(answer)s)
    AND (%(open)s::boolean IS NULL OR (answer IS NULL AND (expire_time > %(now)s) = %(open)s))
    AND (%(before)s::uuid IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants alone
_FIND_LINK = "SELECT merchant_id, confirmation_id FROM balance_links WHERE token_hash = %(token_hash)s"


def load_confirmation(
    tx: Connection, merchant_id: MerchantId, confirmation_id: ConfirmationId, vault: Vault
) -> Confirmation | None:
    """One question."""
    return _one(tx, merchant_id, _LOAD, confirmation_id, vault)


def lock_confirmation(
    tx: Connection, merchant_id: MerchantId, confirmation_id: ConfirmationId, vault: Vault
) -> Confirmation | None:
    """One question, which nobody else answers until `tx` ends."""
    return _one(tx, merchant_id, _LOCK, confirmation_id, vault)


def insert_confirmation(
    tx: Connection, merchant_id: MerchantId, confirmation: Confirmation, *, token_hash: bytes
) -> None:
    """Keeps a new question and lets the holder of the token answer it."""
    balance = confirmation.balance
    values = {
        "merchant_id": merchant_id,
        "id": confirmation.id,
        "customer_id": confirmation.customer_id,
        "currency": balance.owed.currency,
        "owed": balance.owed.minor,
        "credit": balance.credit.minor,
        "day": confirmation.day,
        "create_time": confirmation.create_time,
        "creator": confirmation.creator_id,
        "expire_time": confirmation.expire_time,
        "token_hash": token_hash,
    }
    run(tx, _INSERT, values)


def keep_answer(tx: Connection, merchant_id: MerchantId, confirmation: Confirmation, vault: Vault) -> None:
    """Keeps the answer to a question that has none."""
    note = confirmation.note
    values = {
        "merchant_id": merchant_id,
        "id": confirmation.id,
        "answer": confirmation.answer,
        "note": vault.seal(tx, merchant_id, "balance_confirmations.answer_note", confirmation.id, note)
        if note
        else None,
        "answer_time": confirmation.answer_time,
    }
    run(tx, _ANSWER, values)


def list_confirmations(
    tx: Connection,
    merchant_id: MerchantId,
    *,
    customer_id: CustomerId | None,
    state: ConfirmationState | None,
    now: datetime,
    before: UUID | None,
    limit: int,
    vault: Vault,
) -> Sequence[Confirmation]:
    """The newest first, from below the id `before`; of one customer, in one state as of `now`, if given."""
    answered = state in {ConfirmationState.CONFIRMED, ConfirmationState.DISPUTED}
    key = {
        "merchant_id": merchant_id,
        "customer_id": customer_id,
        "answer": state.value if state and answered else None,
        "open": None if state is None or answered else state is ConfirmationState.OPEN,
        "now": now,
        "before": before,
        "limit": limit,
    }
    return [_confirmation(tx, merchant_id, row, vault) for row in run(tx, _LIST, key)]


def find_balance_link(  # no tenant: who has the link has no sign-in
    tx: Connection, token_hash: bytes
) -> tuple[MerchantId, ConfirmationId] | None:
    """Whose question, and which, the token opens."""
    row = run(tx, _FIND_LINK, {"token_hash": token_hash}).one_or_none()
    return None if row is None else (MerchantId(row.merchant_id), ConfirmationId(row.confirmation_id))


def _one(
    tx: Connection, merchant_id: MerchantId, sql: str, confirmation_id: ConfirmationId, vault: Vault
) -> Confirmation | None:
    row = run(tx, sql, {"merchant_id": merchant_id, "id": confirmation_id}).one_or_none()
    return None if row is None else _confirmation(tx, merchant_id, row, vault)


def _confirmation(tx: Connection, merchant_id: MerchantId, row: Any, vault: Vault) -> Confirmation:
    note = ""
    if row.answer_note is not None:
        column = "balance_confirmations.answer_note"
        note = vault.open(tx, merchant_id, column, row.id, bytes(row.answer_note))
    return Confirmation(
        id=ConfirmationId(row.id),
        merchant_id=merchant_id,
        customer_id=CustomerId(row.customer_id),
        balance=Balance(Money(row.owed_minor, row.currency), Money(row.credit_minor, row.currency)),
        day=row.balance_date,
        create_time=row.create_time,
        creator_id=row.create_account_id and AccountId(row.create_account_id),
        expire_time=row.expire_time,
        answer=row.answer and Answer(row.answer),
        note=note,
        answer_time=row.answer_time,
    )
