"""Phone verifications under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.names import AccountId, Phone, VerificationId
from services.auth.domain.verification import Verification
from services.auth.store.accounts import phone_index
from services.auth.store.tables import phone_verifications

if TYPE_CHECKING:
    from services.kit.crypto import Vault

_PHONE = "phone_verifications.phone"


def load_for_update(tx: Connection, account_id: AccountId, *, vault: Vault) -> Verification | None:
    """The account's, and nobody else changes it before this transaction ends."""
    query = select(phone_verifications).where(phone_verifications.c.account_id == account_id)
    row = tx.execute(query.with_for_update()).one_or_none()
    if row is None:
        return None
    return Verification(
        id=VerificationId(row.id),
        phone=Phone(vault.open(tx, account_id, _PHONE, row.id, bytes(row.phone_sealed))),
        tries=row.tries,
        sends=row.sends,
        expire_time=row.expire_time,
        last_send_time=row.last_send_time,
        confirm_time=row.confirm_time,
    )


def save(tx: Connection, account_id: AccountId, *, vault: Vault, verification: Verification) -> None:
    """Writes it in place of any before."""
    values = {
        "id": verification.id,
        "phone_sealed": vault.seal(tx, account_id, _PHONE, verification.id, verification.phone.e164),
        "phone_index": phone_index(vault, verification.phone),
        "tries": verification.tries,
        "sends": verification.sends,
        "expire_time": verification.expire_time,
        "last_send_time": verification.last_send_time,
        "confirm_time": verification.confirm_time,
    }
    statement = insert(phone_verifications).values(account_id=account_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=[phone_verifications.c.account_id], set_=values))
