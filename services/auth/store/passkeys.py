"""Passkeys, whose they are, and registrations under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.names import AccountId, PasskeyId
from services.auth.domain.passkey import Credential, Passkey
from services.auth.store.tables import passkey_claims, passkey_registrations, passkeys

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

_COLUMNS = (
    passkeys.c.id,
    passkeys.c.display_name,
    passkeys.c.credential_id,
    passkeys.c.public_key,
    passkeys.c.sign_count,
    passkeys.c.portable,
    passkeys.c.backed_up,
    passkeys.c.transports,
    passkeys.c.create_time,
    passkeys.c.last_use_time,
)


def find_holder(tx: Connection, *, digest: bytes) -> AccountId | None:  # no tenant: this is how one is found
    """Whose the credential of that digest is."""
    query = select(passkey_claims.c.account_id).where(passkey_claims.c.credential_digest == digest)
    found: UUID | None = tx.execute(query).scalar_one_or_none()
    return AccountId(found) if found else None


def load_all(tx: Connection, account_id: AccountId) -> list[Passkey]:
    """All of the account's, oldest first."""
    query = select(*_COLUMNS).where(passkeys.c.account_id == account_id).order_by(passkeys.c.id)
    return [_passkey(row) for row in tx.execute(query)]


def load_for_update(tx: Connection, account_id: AccountId, *, digest: bytes) -> Passkey | None:
    """The account's of that digest, and nobody else uses it before this transaction ends."""
    query = select(*_COLUMNS).where(passkeys.c.account_id == account_id, passkeys.c.credential_digest == digest)
    row = tx.execute(query.with_for_update()).one_or_none()
    return _passkey(row) if row else None


def create(tx: Connection, account_id: AccountId, *, passkey: Passkey) -> bool:
    """Writes a new one; False if the credential is someone's already."""
    credential = passkey.credential
    claim = insert(passkey_claims).values(credential_digest=credential.digest, account_id=account_id)
    if tx.execute(claim.on_conflict_do_nothing()).rowcount == 0:
        return False
    tx.execute(
        passkeys.insert().values(
            account_id=account_id,
            id=passkey.id,
            display_name=passkey.display_name,
            credential_id=credential.credential_id,
            credential_digest=credential.digest,
            public_key=credential.public_key,
            sign_count=credential.sign_count,
            portable=credential.portable,
            backed_up=credential.backed_up,
            transports=list(credential.transports),
            create_time=passkey.create_time,
        )
    )
    return True


def note_use(
    tx: Connection, account_id: AccountId, passkey_id: PasskeyId, *, credential: Credential, now: datetime
) -> None:
    """Writes what a passkey that is loaded for update said of itself."""
    statement = update(passkeys).where(passkeys.c.account_id == account_id, passkeys.c.id == passkey_id)
    tx.execute(statement.values(sign_count=credential.sign_count, backed_up=credential.backed_up, last_use_time=now))


def remove(tx: Connection, account_id: AccountId, passkey_id: PasskeyId) -> bool:
    """Deletes one and frees its credential; False if there was none."""
    statement = delete(passkeys).where(passkeys.c.account_id == account_id, passkeys.c.id == passkey_id)
    digest = tx.execute(statement.returning(passkeys.c.credential_digest)).scalar_one_or_none()
    if digest is None:
        return False
    tx.execute(delete(passkey_claims).where(passkey_claims.c.credential_digest == digest))
    return True


def remove_all(tx: Connection, account_id: AccountId) -> None:
    """Deletes all of the account's."""
    tx.execute(delete(passkeys).where(passkeys.c.account_id == account_id))
    tx.execute(delete(passkey_claims).where(passkey_claims.c.account_id == account_id))


def begin_registration(tx: Connection, account_id: AccountId, *, digest: bytes, expire_time: datetime) -> None:
    """Writes a registration in place of any before."""
    values = {"digest": digest, "expire_time": expire_time}
    statement = insert(passkey_registrations).values(account_id=account_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=[passkey_registrations.c.account_id], set_=values))


def take_registration(tx: Connection, account_id: AccountId, *, digest: bytes, now: datetime) -> bool:
    """Uses a registration up; False if it is not, or not any more, under way."""
    statement = delete(passkey_registrations).where(
        passkey_registrations.c.account_id == account_id,
        passkey_registrations.c.digest == digest,
        passkey_registrations.c.expire_time > now,
    )
    return tx.execute(statement).rowcount == 1


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(
        id=PasskeyId(row.id),
        display_name=row.display_name,
        credential=Credential(
            credential_id=bytes(row.credential_id),
            public_key=bytes(row.public_key),
            sign_count=row.sign_count,
            portable=row.portable,
            backed_up=row.backed_up,
            transports=tuple(row.transports),
        ),
        create_time=row.create_time,
        last_use_time=row.last_use_time,
    )
